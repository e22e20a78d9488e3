"""Metrics for Prometheus, as docs/timelines.md shows them."""

from prometheus_client import Counter, Histogram

from stream.metrics import Metrics

LABELS = {
    "reads": ["source"],
    "read": ["source"],
    "jobs": ["kind", "outcome"],
    "job": ["kind"],
    "lag": ["kind"],
    "rows": ["kind"],
}


class PrometheusMetrics(Metrics):
    def __init__(self):
        self.counters = {
            name: Counter(f"stream_timelines_{name}", name, LABELS[name])
            for name in ("reads", "jobs", "rows")
        }
        self.timers = {
            name: Histogram(f"stream_timelines_{name}_seconds", name, LABELS[name])
            for name in ("read", "job", "lag")
        }

    def count(self, name, amount=1, **labels):
        self.counters[name].labels(**labels).inc(amount)

    def time(self, name, seconds, **labels):
        self.timers[name].labels(**labels).observe(seconds)
