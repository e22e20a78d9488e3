"""The plots of the documentation, as SVG that is the same for the same results."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, log10
from pathlib import Path
from textwrap import wrap

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from benchmarks.results import (
    ENGINES,
    FLOOR,
    KINDS,
    OURS,
    OURS_JOIN,
    OURS_REDIS,
    PEERS,
    TIMES,
    Result,
    Results,
)

matplotlib.rcParams.update(
    {
        "svg.hashsalt": "django-stream",
        "svg.fonttype": "none",
        "font.family": "sans-serif",
        "font.size": 10,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.grid.axis": "y",
        "axes.axisbelow": True,
        "grid.color": "#8886",
        "figure.facecolor": "white",
    }
)
# Told apart without colour too: by lightness, and in the order of the legend.
COLOURS = {
    OURS: "#1b6ca8",
    OURS_REDIS: "#5da3d9",
    OURS_JOIN: "#a9d0ee",
    **dict.fromkeys(PEERS, "#e08e45"),
    FLOOR: "#9aa5ad",
}


# The plots for each engine: title, kinds of cases, and what the titles of these leave out.
OBJECTS = ("actor", "target", "action_object", "any", "actors")
PLOTS = {
    "home": ("Home feed, first page", ["home"], ["home feed, ", " follows"]),
    "deep": ("Home feed, deep page", ["deep"], ["home feed, "]),
    "objects": ("Streams of objects", OBJECTS, ["stream of a ", "stream of an ", "stream of "]),
    "models": (
        "Registered models",
        ["models"],
        [" registered models", ", in one transaction", " feed, first page"],
    ),
    "disk": ("Disk, a million actions", ["disk"], ["disk, ", ", MB a million actions"]),
    "fanout": ("Fan-out", ["fanout"], [" followers"]),
    "timeline": ("Home feed, stored and joined", ["timeline"], [" of a home feed", " follows"]),
    "notify": ("Notifications", ["notify"], []),
}


def write(results: Results, folder: Path) -> None:
    """Write a plot for each thing that was measured, of the largest size of each engine."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (title, kinds, strip) in PLOTS.items():
        sizes = dict(run for run in results.runs(*KINDS) if results.cases(*run, *kinds))
        for engine, actions in sizes.items():  # sorted: the largest
            cases = [e for e in results.cases(engine, actions, *kinds) if e.unit != TIMES]
            figure = bars(cases, f"{title}: {ENGINES[engine]}, {actions:,} actions", strip)
            file = folder / f"bench-{name}-{engine}.svg"
            figure.savefig(file, metadata={"Date": None, "Creator": None}, bbox_inches="tight")
            # matplotlib leaves spaces at the ends of lines
            lines = file.read_text(encoding="utf-8").splitlines()
            text = "\n".join(line.rstrip() for line in lines)
            file.write_text(f"{text}\n", encoding="utf-8")


def bars(cases: Sequence[Result], title: str, strip: Sequence[str]) -> Figure:
    """Draw the contenders of each case side by side."""
    figure = Figure(figsize=(8, 3.6))
    axes = figure.add_subplot()
    axes.set_title(title, loc="left", fontsize=11)
    is_time = cases[0].unit == "ms"
    axes.set_ylabel("ms, median and p90" if is_time else cases[0].unit)
    names = [name for name in COLOURS if any(name in each.median for each in cases)]
    width = 0.8 / len(names)
    for number, name in enumerate(names):
        places = [n for n, each in enumerate(cases) if name in each.median]
        heights = [cases[n].median[name] for n in places]
        over = [max(0, cases[n].p90.get(name, 0) - cases[n].median[name]) for n in places]
        axes.bar(
            [n + (number - (len(names) - 1) / 2) * width for n in places],
            heights,
            width,
            yerr=[[0] * len(over), over],
            error_kw={"elinewidth": 0.8, "ecolor": "#444"},
            label=name.removeprefix(f"{OURS}, "),
            color=COLOURS[name],
        )
    labels = [each.title for each in cases]
    for part in strip:
        labels = [label.replace(part, "") for label in labels]
    axes.set_xticks(range(len(cases)), ["\n".join(wrap(label, 11)) for label in labels])
    if is_time:
        axes.set_yscale("log")
        axes.set_ylim(bottom=10 ** floor(log10(axes.dataLim.minpos[1])))
        axes.yaxis.set_minor_formatter(NullFormatter())
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.legend(frameon=False, ncols=len(names), loc="lower left", bbox_to_anchor=(0, -0.32))
    return figure
