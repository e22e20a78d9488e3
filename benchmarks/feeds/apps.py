from django.apps import AppConfig


class BenchFeedsConfig(AppConfig):
    name = "benchmarks.feeds"
    label = "bench_feeds"
