"""The benchmarks at a tiny size, on the engine of the tests: same pages, and a report of them."""

import json
import os
import subprocess
import sys
import uuid
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks.contenders.page import Line
from benchmarks.dataset import Dataset
from benchmarks.equality import DifferentPageError, PageCase
from benchmarks.report import full
from benchmarks.results import FLOOR, OURS, PEER, Result, Results
from tests.conftest import ENGINE

ROOT = Path(__file__).resolve().parent.parent
HAS_PEER = find_spec("actstream") is not None

PAGES = {
    *("home-2-quiet", "home-100-quiet", "home-100-busy", "home-10", "home-100"),
    *("deep-100-busy", "deep-10", "deep-100"),
    *("actor-hot", "actor-cold", "target-hot", "target-cold"),
    *("action_object-hot", "action_object-cold"),
}
WRITES = {"send", "send-atomic", "send-many"}
MODELS = {"models-page-2", "models-page-3", "models-create-2", "models-create-3"}


def bench(*arguments, folder, prefix):
    """Run the command; return what it prints on both streams."""
    command = [sys.executable, "-m", "benchmarks", "--engine", ENGINE, "--actions", "2000"]
    command += ["--rounds", "1", "--models", "2", "3", "--prefix", prefix]
    done = subprocess.run(
        [*command, *arguments],
        cwd=ROOT,
        env={**os.environ, "BENCH_DIR": str(folder)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run of everything, then one of a few cases on the same databases, which it drops."""
    folder = tmp_path_factory.mktemp("benchmarks")
    prefix = f"bench_test_{uuid.uuid4().hex}"
    file, tables = folder / "results.json", folder / "tables"
    again = ["--case", "disk", "models-page", "--drop"]
    try:
        first = bench("--json", file, "--tables", tables, folder=folder, prefix=prefix)
    finally:
        second = bench(*again, folder=folder, prefix=prefix)
    return first, second, json.loads(file.read_text()), tables


def test_all_contenders_show_the_same_pages(runs):
    """The run ends with an error where they do not, so that it ends well is the test."""
    results = {each["case"]: each for each in runs[2]["results"]}
    assert {name for name in results if not name.startswith(("disk", "explain"))} == (
        PAGES | WRITES | MODELS
    )
    for name in PAGES:
        assert any(note.endswith(" rows") for note in results[name]["notes"])


def test_every_case_has_a_figure_of_every_contender(runs):
    for each in runs[2]["results"]:
        case = each["case"]
        if case in PAGES | WRITES:
            expected = {OURS, FLOOR} | ({PEER} if HAS_PEER and case != "send-many" else set())
            assert expected <= set(each["median"]) == set(each["p90"])
            assert all(value > 0 for value in each["median"].values())
            assert each["rounds"] == 1


def test_it_says_where_the_peer_is_missing(runs):
    said = f"without {PEER}: it is not installed"
    assert (said in runs[0].stdout) is not HAS_PEER
    assert all((said in each["notes"]) is not HAS_PEER for each in runs[2]["results"])


def test_the_report_is_a_table_for_each_run(runs):
    printed = runs[0].stdout
    assert ", 2,000 actions\n\n| case | django-stream |" in printed
    assert "| home feed, 100 busy follows, ms | " in printed
    lines = [line for line in printed.splitlines() if line.startswith("| ")]
    assert all(line.endswith(" |") for line in lines)
    names = {file.name for file in runs[3].iterdir()}
    assert names == {"tables.md", "targets.md", "machines.md", f"explain-{ENGINE}.md"}
    assert "stream_actor_user_idx" in (runs[3] / f"explain-{ENGINE}.md").read_text()


def test_a_second_run_finds_the_data_loaded(runs):
    assert "Loading" in runs[0].stderr
    assert "Loading" not in runs[1].stderr


def test_pages_that_differ_are_an_error():
    case = PageCase("feed", {FLOOR: lambda: [Line(1, "a")], OURS: lambda: [Line(2, "a")]})
    with pytest.raises(DifferentPageError, match="feed: django-stream differs from SQL by hand"):
        case.check()
    with pytest.raises(DifferentPageError, match="SQL by hand differs from the plain definition"):
        PageCase("feed", {FLOOR: lambda: [Line(1, "a")]}, reference=[2]).check()


def test_the_data_is_the_same_every_time():
    rows = list(Dataset(2000).action_rows())
    assert rows == list(Dataset(2000).action_rows())
    assert rows != list(Dataset(2000, seed=2).action_rows())
    assert len({row.datetime for row in rows}) == len(rows) == 2000
    assert [row.datetime for row in rows] == sorted(row.datetime for row in rows)
    assert {row.actor[0] for row in rows} == {"user", "repository"}
    assert {row.target and row.target[0] for row in rows} == {"user", "repository", None}
    assert {row.action_object and row.action_object[0] for row in rows} == (
        {"commit", "comment", None}
    )


def test_nobody_follows_anything_twice():
    data = Dataset(2000)
    follows = [(row.user, row.target) for row in data.follow_rows()]
    assert len(set(follows)) == len(follows)
    for each in data.follow_sets:
        assert sum(user == each.user for user, _ in follows) == (
            len(each.users) + len(each.repositories)
        )


@pytest.mark.parametrize(("peer", "verdict"), [(50.0, "reached"), (5.0, "**not reached**")])
def test_targets_are_judged_by_their_worst_case(peer, verdict):
    results = Results()
    for case, slower in (("deep-10", 500.0), ("deep-100", peer)):
        median = {OURS: 1.0, PEER: slower, FLOOR: 1.0}
        results.add([Result("postgresql", 1_000_000, case, f"page {case}", median=median)])
    (line,) = (each for each in full(results).splitlines() if "home feed, deep page" in each)
    assert f"| {verdict} | page deep-100 |" in line
    assert "| disk | PostgreSQL, 1,000,000 | " in full(results)
    assert "|  |  | not measured |  |" in full(results)
