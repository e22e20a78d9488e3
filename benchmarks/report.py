"""Results as Markdown: tables and targets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.results import (
    CONTENDERS,
    ENGINES,
    FEEDS,
    FLOOR,
    KINDS,
    MODELS,
    OURS,
    PLAIN,
    STREAMS,
    TIMES,
    Result,
    Results,
)
from benchmarks.targets import judge

STREAM_SUITES = (STREAMS, MODELS)
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
    for suites, tables in ((STREAM_SUITES, stream_table), ((FEEDS,), feed_tables)):
        for engine, actions in results.runs(*suites):
            parts.append(f"### {ENGINES[engine]}, {actions:,} actions")
            parts.append(tables(results, engine, actions))
    parts += ["### Targets", targets(results), "### Measured on", machines(results)]
    return "\n\n".join(part for part in parts if part)


def write(results: Results, folder: Path) -> None:
    """Write the files that the documentation includes."""
    folder.mkdir(parents=True, exist_ok=True)
    sizes: dict[str, str] = {}
    for engine, actions in results.runs(*STREAM_SUITES):
        cases = stream_table(results, engine, actions)
        sizes[engine] = f"{sizes.get(engine, '')}#### {actions:,} actions\n\n{cases}\n\n"
    parts = {
        "tables.md": "\n".join(f"### {ENGINES[each]}\n\n{text}" for each, text in sizes.items()),
        "targets.md": targets(results),
        "machines.md": machines(results),
        "feeds.md": "\n\n".join(
            f"### {ENGINES[engine]}, {actions:,} actions\n\n{feed_tables(results, engine, actions)}"
            for engine, actions in results.runs(FEEDS)
        ),
    }
    for name, text in parts.items():
        if text:
            (folder / name).write_text(f"{text.strip()}\n", encoding="utf-8")


def stream_table(results: Results, engine: str, actions: int) -> str:
    kinds = [kind for suite in STREAM_SUITES for kind in KINDS[suite]]
    return table(results.cases(engine, actions, *kinds))


def feed_tables(results: Results, engine: str, actions: int) -> str:
    """Return a table for each kind of case, under a heading."""
    cases = {title: results.cases(engine, actions, kind) for title, kind in FEED_TABLES.items()}
    return "\n\n".join(f"#### {title}\n\n{table(each)}" for title, each in cases.items() if each)


def table(cases: Iterable[Result]) -> str:
    """Return a table of the cases: medians (90th percentiles), and ratios of medians."""
    measured = [each for each in cases if each.median]
    present = [name for name in CONTENDERS if any(name in each.median for each in measured)]
    beside = PLAIN if PLAIN in present else FLOOR
    under = {FLOOR: "by hand"}.get(beside, beside)
    header = ["case", *present, "peer / this project", f"this project / {under}"]
    has_queries = any(each.queries for each in measured)
    header += ["queries: this project, peer"] if has_queries else []
    rows = []
    for each in measured:
        peer = each.peer()
        cells = [f"{each.title}{', ms' if each.unit == 'ms' else ''}"]
        cells += [_figure(each, name) for name in present]
        cells += [_ratio(each.ratio(peer)), _ratio(each.ratio(OURS, beside))]
        queries = [str(each.queries[name]) for name in (OURS, peer) if name in each.queries]
        rows.append([*cells, ", ".join(queries)] if has_queries else cells)
    notes = [note for each in measured for note in each.notes if note.startswith("without")]
    return "\n".join([_table(header, rows), *(f"\n*{note}.*" for note in dict.fromkeys(notes))])


def targets(results: Results) -> str:
    """Return a table of the targets; the figure is that of the case furthest from it."""
    rows = []
    for target, engine, actions, worst in judge(results):
        row = [target.title, f"{ENGINES[engine]}, {actions:,}", target.to_reach]
        if worst is None:
            rows.append([*row, "", "", "not measured", ""])
        else:
            verdict = "reached" if target.is_reached(worst.ratio) else "**not reached**"
            figures = [_ratio(worst.ratio, target.unit), _ratio(worst.by_hand)]
            rows.append([*row, *figures, verdict, worst.title])
    header = ["case", "engine, actions", "to reach", "worst figure", "by hand", "", "of"]
    return _table(header, rows) if rows else ""


def machines(results: Results) -> str:
    """Return what the engines were measured on."""
    keys = list(dict.fromkeys(key for each in results.machine.values() for key in each))
    return _table(keys, [[each.get(k, "") for k in keys] for each in results.machine.values()])


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


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head, *body = (f"| {' | '.join(line)} |" for line in (header, *rows))
    return "\n".join([head, f"|{'---|' * len(header)}", *body])
