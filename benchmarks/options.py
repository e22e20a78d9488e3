"""The command line, shared by the command and by the processes that it starts."""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path

from benchmarks.dataset import Dataset
from benchmarks.feeds.dataset import FeedsDataset
from benchmarks.results import FEEDS, SUITES

ENGINES = ("sqlite", "postgresql", "mariadb")
MODEL_COUNTS = (5, 20, 50, 100)
FOLLOWERS = (1_000, 10_000, 100_000)
MARIADB_MODELS = 20  # three keys for each, of the 64 that MariaDB allows a table


def parser() -> argparse.ArgumentParser:
    about = "Measure this project beside others and SQL by hand."
    parser = argparse.ArgumentParser("python -m benchmarks", description=about)
    add = parser.add_argument
    add("--engine", nargs="+", choices=ENGINES, default=["sqlite"], help="default: sqlite")
    add("--actions", nargs="+", type=int, default=[100_000], help="default: 100000")
    add("--only", choices=SUITES, help="streams, or timelines and notifications; default: both")
    add("--followers", nargs="+", type=int, default=FOLLOWERS, help="of who acts, to fan out to")
    add("--case", nargs="+", metavar="NAME", help="such as home-100 'deep-*' models-page disk")
    add("--json", type=Path, metavar="FILE", help="write the results there, beside older ones")
    add("--tables", type=Path, metavar="DIR", help="write Markdown tables and plans there")
    add("--plots", type=Path, metavar="DIR", help="write SVG plots there")
    add("--models", nargs="+", type=int, default=MODEL_COUNTS, help="registered models to compare")
    add("--rounds", type=int, help="of each case; by default as many as fit into --budget")
    add("--budget", type=float, default=5, metavar="SECONDS", help="for each case; default: 5")
    add("--profile", action="store_true", help="print where this project's pages spend their time")
    add("--seed", type=int, default=1)
    add("--prefix", default="bench_stream", help="of the databases' names; default: bench_stream")
    add("--offline", action="store_true", help="install nothing: peers may be missing")
    add("--drop", action="store_true", help="drop the databases instead of keeping them")
    add("--report", action="store_true", help="measure nothing, show what --json holds")
    add("--child", action="store_true", help=argparse.SUPPRESS)
    return parser


def database_name(options: argparse.Namespace, engine: str, what: object) -> str:
    """Return the name of a database, which on SQLite is a file in ``BENCH_DIR``."""
    name = f"{options.prefix}_{what}"
    if engine != "sqlite":
        return name
    folder = os.environ.get("BENCH_DIR", os.path.join(tempfile.gettempdir(), "stream-benchmarks"))
    return str(Path(folder) / f"{name}.sqlite3")


def environment(options: argparse.Namespace, engine: str, models: int = 0) -> dict[str, str]:
    """Return the variables that ``benchmarks.settings`` reads."""
    is_feeds = options.only == FEEDS
    what = f"{models}_models" if models else FEEDS if is_feeds else options.actions[0]
    return {
        "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
        "BENCH_ENGINE": engine,
        "BENCH_NAME": database_name(options, engine, what),
        "BENCH_MODELS": str(models),
        "BENCH_FEEDS": "1" if is_feeds else "",
        "BENCH_PREFIX": options.prefix,
    }


def dataset(options: argparse.Namespace) -> Dataset:
    return Dataset(options.actions[0], options.seed)


def feeds_dataset(options: argparse.Namespace) -> FeedsDataset:
    return FeedsDataset(2 * max(options.followers), options.seed, tuple(options.followers))
