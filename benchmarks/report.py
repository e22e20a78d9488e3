"""Results as Markdown: tables, targets and plans."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from benchmarks.results import CONTENDERS, FLOOR, OURS, PEER, Result, Results
from benchmarks.targets import TIMES, judge

NAMES = {"postgresql": "PostgreSQL", "sqlite": "SQLite", "mariadb": "MariaDB"}
FENCE = "```"


def full(results: Results) -> str:
    """Return all of it, as the command prints it."""
    parts = []
    for engine, actions in results.runs():
        parts += [
            f"### {NAMES[engine]}, {actions:,} actions",
            table(results.cases(engine, actions)),
        ]
    parts += ["### Targets", targets(results), "### Measured on", machines(results)]
    return "\n\n".join(part for part in parts if part)


def write(results: Results, folder: Path) -> None:
    """Write the files that the documentation includes."""
    folder.mkdir(parents=True, exist_ok=True)
    sizes: dict[str, str] = {}
    for engine, actions in results.runs():
        cases = table(results.cases(engine, actions))
        sizes[engine] = f"{sizes.get(engine, '')}#### {actions:,} actions\n\n{cases}\n\n"
    parts = {
        "tables.md": "\n".join(f"### {NAMES[each]}\n\n{text}" for each, text in sizes.items()),
        "targets.md": targets(results),
        "machines.md": machines(results),
        **{f"explain-{engine}.md": explain(results, engine) for engine in sizes},
    }
    for name, text in parts.items():
        (folder / name).write_text(f"{text.strip()}\n", encoding="utf-8")


def table(cases: Iterable[Result]) -> str:
    """Return a table of the cases: medians (90th percentiles), and ratios of medians."""
    measured = [each for each in cases if each.median]
    present = [name for name in CONTENDERS if any(name in each.median for each in measured)]
    header = ["case", *present, "peer / this project", "this project / by hand"]
    has_queries = any(each.queries for each in measured)
    header += ["queries: this project, peer"] if has_queries else []
    rows = []
    for each in measured:
        cells = [f"{each.title}{'' if each.unit == 'MB' else ', ms'}"]
        cells += [_figure(each, name) for name in present]
        cells += [_ratio(each.ratio(PEER)), _ratio(each.ratio(OURS, FLOOR))]
        queries = [str(each.queries[name]) for name in (OURS, PEER) if name in each.queries]
        rows.append([*cells, ", ".join(queries)] if has_queries else cells)
    notes = dict.fromkeys(
        note for each in measured for note in each.notes if note.startswith(("without", OURS))
    )
    return "\n".join([*_lines(header, rows), *(f"\n*{note}.*" for note in notes)])


def targets(results: Results) -> str:
    """Return a table of the targets; the figure is that of the case furthest from it."""
    rows = []
    for target, engine, actions, worst in judge(results):
        row = [target.title, f"{NAMES[engine]}, {actions:,}", target.to_reach]
        if worst is None:
            rows.append([*row, "", "", "not measured", ""])
        else:
            verdict = "reached" if target.is_reached(worst.ratio) else "**not reached**"
            figures = [_ratio(worst.ratio), _ratio(worst.by_hand)]
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


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{_short(value)}{TIMES}"


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
