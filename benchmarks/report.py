"""Results as Markdown: tables, targets and plans."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from benchmarks.results import (
    CONTENDERS,
    FEEDS,
    FLOOR,
    OURS,
    PLAIN,
    STREAMS,
    SUITES,
    Result,
    Results,
)
from benchmarks.targets import TIMES, judge

NAMES = {"postgresql": "PostgreSQL", "sqlite": "SQLite", "mariadb": "MariaDB"}
FENCE = "```"
BESIDE = {FLOOR: "by hand", PLAIN: PLAIN}
NOTED = ("without", "recorded", OURS)  # how notes begin that are shown under a table
# The tables of timelines and notifications, by the kinds of their cases.
FEED_TABLES = {
    "Fan-out": "fanout",
    "Reading a home feed": "timeline",
    "Groups": "groups",
    "Notifications": "notify",
}


def full(results: Results) -> str:
    """Return all of it, as the command prints it."""
    parts = []
    for suite in SUITES:
        of_suite = results.of(suite)
        for engine, actions in of_suite.runs():
            parts.append(f"### {NAMES[engine]}, {actions:,} actions")
            cases = of_suite.cases(engine, actions)
            parts.append(feed_tables(cases, "####") if suite == FEEDS else table(cases))
    parts += ["### Targets", *(targets(results.of(suite), suite) for suite in SUITES)]
    parts += ["### Measured on", machines(results)]
    return "\n\n".join(part for part in parts if part)


def write(results: Results, folder: Path) -> None:
    """Write the files that the documentation includes."""
    folder.mkdir(parents=True, exist_ok=True)
    streams, feeds = results.of(STREAMS), results.of(FEEDS)
    sizes: dict[str, str] = {}
    for engine, actions in streams.runs():
        cases = table(streams.cases(engine, actions))
        sizes[engine] = f"{sizes.get(engine, '')}#### {actions:,} actions\n\n{cases}\n\n"
    parts = {
        "tables.md": "\n".join(f"### {NAMES[each]}\n\n{text}" for each, text in sizes.items()),
        "targets.md": targets(streams, STREAMS),
        "machines.md": machines(results),
        "feeds.md": "\n\n".join(
            f"### {NAMES[engine]}, {actions:,} actions\n\n"
            f"{feed_tables(feeds.cases(engine, actions), '####')}"
            for engine, actions in feeds.runs()
        ),
        "feeds-targets.md": targets(feeds, FEEDS),
        **{f"explain-{engine}.md": explain(streams, engine) for engine in sizes},
    }
    for name, text in parts.items():
        if text:
            (folder / name).write_text(f"{text.strip()}\n", encoding="utf-8")


def feed_tables(cases: Sequence[Result], level: str) -> str:
    """Return a table for each kind of case, under a heading."""
    parts = []
    for title, kind in FEED_TABLES.items():
        if of_kind := [each for each in cases if each.kind == kind]:
            beside = PLAIN if kind == "groups" else FLOOR
            parts.append(f"{level} {title}\n\n{table(of_kind, beside)}")
    return "\n\n".join(parts)


def table(cases: Iterable[Result], beside: str = FLOOR) -> str:
    """Return a table of the cases: medians (90th percentiles), and ratios of medians."""
    measured = [each for each in cases if each.median]
    present = [name for name in CONTENDERS if any(name in each.median for each in measured)]
    header = ["case", *present, "peer / this project", f"this project / {BESIDE[beside]}"]
    has_queries = any(each.queries for each in measured)
    header += ["queries: this project, peer"] if has_queries else []
    rows = []
    for each in measured:
        peer = each.peer() or ""
        cells = [f"{each.title}{', ms' if each.unit == 'ms' else ''}"]
        cells += [_figure(each, name) for name in present]
        cells += [_ratio(each.ratio(peer)), _ratio(each.ratio(OURS, beside))]
        queries = [str(each.queries[name]) for name in (OURS, peer) if name in each.queries]
        rows.append([*cells, ", ".join(queries)] if has_queries else cells)
    notes = dict.fromkeys(
        note for each in measured for note in each.notes if note.startswith(NOTED)
    )
    return "\n".join([*_lines(header, rows), *(f"\n*{note}.*" for note in notes)])


def targets(results: Results, suite: str = STREAMS) -> str:
    """Return a table of a suite's targets; the figure is that of the case furthest from it."""
    rows = []
    for target, engine, actions, worst in judge(results, suite):
        row = [target.title, f"{NAMES[engine]}, {actions:,}", target.to_reach]
        if worst is None:
            rows.append([*row, "", "", "not measured", ""])
        else:
            verdict = "reached" if target.is_reached(worst.ratio) else "**not reached**"
            figures = [_ratio(worst.ratio, target.unit), _ratio(worst.by_hand)]
            rows.append([*row, *figures, verdict, worst.title])
    header = ["case", "engine, actions", "to reach", "worst figure", "by hand", "", "of"]
    return "\n".join(_lines(header, rows)) if rows else ""


def machines(results: Results) -> str:
    """Return what the engines were measured on."""
    keys = list(dict.fromkeys(key for each in results.machine.values() for key in each))
    return "\n".join(
        _lines(keys, [[each.get(key, "") for key in keys] for each in results.machine.values()])
    )


def explain(results: Results, engine: str) -> str:
    """Return the plans of an engine at the largest size that has them."""
    sizes = [actions for name, actions in results.runs() if name == engine]
    for actions in sorted(sizes, reverse=True):
        plans = [each for each in results.cases(engine, actions) if each.case.startswith("explain")]
        if plans:
            return "\n\n".join(_plan(each) for each in plans)
    return ""


def _plan(result: Result) -> str:
    blocks = [f"{FENCE}text\n{note}\n{FENCE}" for note in result.notes]
    return "\n\n".join([f"**{result.title}, {result.actions:,} actions**", *blocks])


def _figure(result: Result, name: str) -> str:
    if name not in result.median:
        return ""
    text = _short(result.median[name])
    return f"{text} ({_short(result.p90[name])})" if name in result.p90 else text


def _ratio(value: float | None, unit: str = TIMES) -> str:
    return "" if value is None else f"{_short(value)}{unit}"


def _short(value: float) -> str:
    """Return three digits, and no exponent."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"


def _lines(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield f"|{'---|' * len(header)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"
