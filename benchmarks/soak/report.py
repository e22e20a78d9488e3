"""The result of the soak of timelines as a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmarks.machine import machine
from benchmarks.soak.chaos import Chaos
from benchmarks.soak.site import Site
from tests.scale.feeds import Sources

RESULTS = Path(__file__).resolve().parent.parent / "results"


def rows(
    site: Site, chaos: Chaos, lags: list[float], drained: float, differences: int
) -> Iterator[tuple[str, object]]:
    options = site.options
    yield "timeline, broker", f"{options.timeline}, {options.broker}"
    yield "minutes", f"{options.minutes:g}"
    yield "users", options.users
    yield from ((what, f"{count:,}") for what, count in sorted(site.counts.items()))
    for source, count in sorted(Sources.pages.items()):
        yield f"pages read from: {source}", f"{count:,}"
    for what, count in sorted(chaos.kills.items()):
        yield f"kills: {what}", count
    yield "jobs", f"{len(lags):,}"
    for share in (50, 90, 99, 100) if lags else ():
        at = min(len(lags) - 1, len(lags) * share // 100)
        yield f"lag, {share} %" if share < 100 else "lag, most", f"{sorted(lags)[at]:.2f} s"
    yield "until the last job was done", f"{drained:.1f} s"
    yield "wrong pages while people were busy", len(site.faults)
    yield "timelines that differ from the join in the end", differences
    yield from ((what, text) for what, text in machine().items() if "django-" not in what)


def write(timeline: str, found: Iterable[tuple[str, object]]) -> None:
    """Print the table, and write it to the results."""
    lines = [f"# Soak of {timeline} timelines", "", "| what | |", "|---|---|"]
    lines += [f"| {what} | {value} |" for what, value in found]
    text = "\n".join(lines) + "\n"
    print(text)
    (RESULTS / f"soak-{timeline}.md").write_text(text, encoding="utf-8")
