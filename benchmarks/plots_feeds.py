"""The plots of timelines and notifications."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from benchmarks.plots import bars, save
from benchmarks.report import NAMES
from benchmarks.results import FEEDS, Results

# Each plot: its title, how its cases begin, and what is left out of their titles.
PLOTS = {
    "fanout": ("Fan-out", "fanout", (" followers",)),
    "timeline": ("Home feed, stored and joined", "timeline", (" of a home feed", " follows")),
    "notify": ("Notifications", "notify", ()),
}


def write(results: Results, folder: Path) -> list[Path]:
    """Write the plots of each engine; return the files."""
    results = results.of(FEEDS)
    figures: dict[str, Figure | None] = {}
    for engine, actions in results.runs():
        cases = [each for each in results.cases(engine, actions) if each.unit == "ms"]
        for name, (title, kind, strip) in PLOTS.items():
            figures[f"bench-{name}-{engine}"] = bars(
                [each for each in cases if each.kind == kind], f"{title}: {NAMES[engine]}", strip
            )
    return save(figures, folder)
