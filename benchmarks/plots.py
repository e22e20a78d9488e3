"""The plots of the documentation, as SVG that is the same for the same results."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, log10
from pathlib import Path
from textwrap import wrap

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from benchmarks.results import (
    ENGINES,
    FEEDS,
    FLOOR,
    HQ,
    MODELS,
    OURS,
    OURS_JOIN,
    OURS_REDIS,
    PEER,
    STREAM_FRAMEWORK,
    STREAMS,
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
    **dict.fromkeys((PEER, STREAM_FRAMEWORK, HQ), "#e08e45"),
    FLOOR: "#9aa5ad",
}
MARKERS = {"postgresql": "o", "sqlite": "s", "mariadb": "^"}


# The plots with bars for each engine: title, kinds of cases, what the titles of these leave out.
OBJECTS = ("actor", "target", "action_object", "any", "actors")
BARS = {
    "home": ("Home feed, first page", ("home",), ("home feed, ", " follows")),
    "deep": ("Home feed, deep page", ("deep",), ("home feed, ",)),
    "objects": ("Streams of objects", OBJECTS, ("stream of a ", "stream of an ", "stream of ")),
    "fanout": ("Fan-out", ("fanout",), (" followers",)),
    "timeline": (
        *("Home feed, stored and joined", ("timeline",)),
        (" of a home feed", " follows"),
    ),
    "notify": ("Notifications", ("notify",), ()),
}


def write(results: Results, folder: Path) -> None:
    """Write a plot for each thing that was measured, of the largest size of each engine."""
    figures = {"bench-models": _models(results), "bench-disk": _disk(results)}
    for name, (title, kinds, strip) in BARS.items():
        for engine, actions in largest(results, *kinds).items():
            cases = [e for e in results.cases(engine, actions, *kinds) if e.unit == "ms"]
            about = f"{title}: {ENGINES[engine]}, {actions:,} actions"
            figures[f"bench-{name}-{engine}"] = bars(cases, about, strip)
    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in figures.items():
        if figure:
            file = folder / f"{name}.svg"
            figure.savefig(file, metadata={"Date": None, "Creator": None}, bbox_inches="tight")
            # matplotlib leaves spaces at the ends of lines
            lines = file.read_text(encoding="utf-8").splitlines()
            text = "\n".join(line.rstrip() for line in lines)
            file.write_text(f"{text}\n", encoding="utf-8")


def largest(results: Results, *kinds: str) -> dict[str, int]:
    """Return for each engine the largest size at which such cases were measured."""
    runs = results.runs(STREAMS, MODELS, FEEDS)
    return dict(run for run in runs if results.cases(*run, *kinds))  # sorted: the last one stays


def _axes(title: str, ylabel: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(8, 3.6))
    axes = figure.add_subplot()
    axes.set_title(title, loc="left", fontsize=11)
    axes.set_ylabel(ylabel)
    return figure, axes


def _log(axes: Axes) -> None:
    axes.set_yscale("log")
    axes.set_ylim(bottom=10 ** floor(log10(axes.dataLim.minpos[1])))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))


def bars(cases: Sequence[Result], title: str, strip: Sequence[str]) -> Figure | None:
    """Draw the contenders of each case side by side."""
    if not cases:
        return None
    figure, axes = _axes(title, "ms, median and p90")
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
    _log(axes)
    axes.legend(frameon=False, ncols=len(names), loc="lower left", bbox_to_anchor=(0, -0.32))
    return figure


def _models(results: Results) -> Figure | None:
    """Draw how a page and a create grow with the number of registered models."""
    figure = Figure(figsize=(8, 3.6))
    found = False
    for number, (order, title) in enumerate((("page", "first page"), ("create", "send")), 1):
        axes = figure.add_subplot(1, 2, number)
        axes.set_title(f"{title}, by registered models", loc="left", fontsize=11)
        axes.set_ylabel("ms, median")
        prefix = f"models-{order}-"
        for engine, actions in largest(results, "models").items():
            points = sorted(
                (int(each.case.removeprefix(prefix)), each.median[OURS])
                for each in results.cases(engine, actions, "models")
                if each.case.startswith(prefix)
            )
            if points:
                found = True
                marker, label = MARKERS[engine], ENGINES[engine]
                axes.plot(*zip(*points, strict=True), marker=marker, label=label)
        axes.set_ylim(bottom=0)
        axes.set_xlabel("models in all three roles")
        if axes.lines:
            axes.legend(frameon=False)
    figure.tight_layout()
    return figure if found else None


def _disk(results: Results) -> Figure | None:
    """Draw the tables and the indexes of both projects."""
    runs = largest(results, "disk").items()
    if not runs:
        return None
    figure, axes = _axes("Disk, a million actions", "MB")
    labels, place = [], 0
    for run in runs:
        table, indexes = (
            results.by_key.get((*run, case)) for case in ("disk-table", "disk-indexes")
        )
        for name in (OURS, PEER):
            if table and indexes and name in table.median:
                colour = COLOURS[name]
                axes.bar(place, table.median[name], color=colour)
                bottom = table.median[name]
                axes.bar(place, indexes.median[name], bottom=bottom, color=colour, alpha=0.55)
                labels.append(f"{name.removeprefix('django-')}\n{ENGINES[run[0]]}")
                place += 1
    axes.set_xticks(range(place), labels)
    axes.set_xlabel("lower part: the table; upper part: its indexes")
    return figure
