"""The result as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.machine import machine
from benchmarks.soak.metrics import Sources
from benchmarks.soak.options import Options
from benchmarks.soak.site import Site

RESULTS = Path(__file__).resolve().parent.parent / "results"
SHOWN = 20  # faults


@dataclass
class Outcome:
    options: Options
    site: Site
    kills: Counter[str]
    lags: list[float]
    drained: float  # seconds
    differences: list[str] = field(default_factory=list)


def rows(outcome: Outcome) -> Iterator[tuple[str, object]]:
    options, site = outcome.options, outcome.site
    yield "timeline, broker", f"{options.timeline}, {options.broker}"
    yield "minutes", f"{options.minutes:g}"
    yield "users", options.users
    for what, count in sorted(site.counts.items()):
        yield what, f"{count:,}"
    for source, count in sorted(Sources.pages.items()):
        yield f"pages read from: {source}", f"{count:,}"
    for what, count in sorted(outcome.kills.items()):
        yield f"kills: {what}", count
    lags = sorted(outcome.lags)
    yield "jobs", f"{len(lags):,}"
    for share in (50, 90, 99, 100) if lags else ():
        at = min(len(lags) - 1, len(lags) * share // 100)
        yield f"lag, {share} %" if share < 100 else "lag, most", f"{lags[at]:.2f} s"
    yield "until the last job was done", f"{outcome.drained:.1f} s"
    yield "wrong pages while people were busy", len(site.faults)
    yield "timelines that differ from the join in the end", len(outcome.differences)


def write(outcome: Outcome) -> None:
    """Print the table and what was wrong; write the table to the results."""
    about = {name: text for name, text in machine().items() if not name.startswith("django-")}
    lines = [f"# Soak of {outcome.options.timeline} timelines", "", "| what | |", "|---|---|"]
    lines += [f"| {what} | {value} |" for what, value in rows(outcome)]
    lines += [f"| {what} | {value} |" for what, value in about.items()]
    text = "\n".join(lines) + "\n"
    print(text)
    for each in [*outcome.site.faults, *outcome.differences][:SHOWN]:
        print(each)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"soak-{outcome.options.timeline}.md").write_text(text, encoding="utf-8")
