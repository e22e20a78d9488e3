"""The benchmarks at a tiny size, on the engine of the tests: same pages, and a report of them."""

import json
import os
import subprocess
import sys
import uuid
from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks.case import Case, DifferentError
from benchmarks.dataset import Dataset
from benchmarks.report import full
from benchmarks.results import (
    FLOOR,
    HQ,
    OURS,
    OURS_JOIN,
    OURS_REDIS,
    PEER,
    STREAM_FRAMEWORK,
    TIMES,
    Result,
    Results,
)
from tests.conftest import ENGINE

pytestmark = pytest.mark.each_engine

ROOT = Path(__file__).resolve().parents[2]
HAS_PEER = find_spec("actstream") is not None
HAS_PLOTS = find_spec("matplotlib") is not None
HAS_HQ = find_spec("notifications") is not None

PAGES = {
    *("home-2-quiet", "home-100-quiet", "home-100-busy", "home-10", "home-100"),
    *("home-1-busy", "home-silent", "deep-1-busy", "deep-silent", "deep-100-busy", "deep-100"),
    *("actor-hot", "actor-cold", "target-hot", "target-cold"),
    *("action_object-hot", "action_object-cold"),
    *("any-hot", "any-silent", "actors-silent", "actor-at-once", "verb-rare"),
}
HOMES = ("2-quiet", "100-quiet", "100-busy", "1-busy", "10", "100", "silent")
GUARDED = {f"guarded-{home}" for home in HOMES}  # beside this project itself, and no other
WRITES = {"send", "send-atomic", "send-many"}
FAN_OUTS = {"fanout-10", "fanout-100", "fanout-send-10", "fanout-send-100"}
TIMELINES = {"timeline-rows-10", "timeline-page-10"}
NOTIFYING = {"notify-send-100", "notify-list", "notify-badge", "notify-count", "notify-mark"}
GROUPS = {
    *("groups-10", "groups-10-month", "groups-10-all"),
    *("groups-actor", "groups-actor-all", "notify-groups"),
}
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
    again = ["--only", "streams", "--case", "disk", "models-page", "--drop"]
    whole = ["--only", "streams", "--json", file, "--tables", tables]
    try:
        first = bench(*whole, folder=folder, prefix=prefix)
    finally:
        second = bench(*again, folder=folder, prefix=prefix)
    return first, second, json.loads(file.read_text()), tables


def test_all_contenders_show_the_same_pages(runs):
    """The run ends with an error where they do not, so that it ends well is the test."""
    results = {each["case"]: each for each in runs[2]["results"]}
    assert {name for name in results if not name.startswith("disk")} == (
        PAGES | GUARDED | WRITES | MODELS
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
    results = [each for each in runs[2]["results"] if each["case"] not in MODELS | GUARDED]
    assert all((said in each["notes"]) is not HAS_PEER for each in results)


def test_the_report_is_a_table_for_each_run(runs):
    printed = runs[0].stdout
    assert ", 2,000 actions\n\n| case | django-stream |" in printed
    assert "| home feed, 100 busy follows, ms | " in printed
    lines = [line for line in printed.splitlines() if line.startswith("| ")]
    assert all(line.endswith(" |") for line in lines)
    names = {file.name for file in runs[3].iterdir()}
    assert names == {"tables.md", "targets.md", "machines.md"}


@pytest.fixture(scope="module")
def feeds(tmp_path_factory):
    """A run of timelines and notifications, which drops its database."""
    folder = tmp_path_factory.mktemp("benchmarks_feeds")
    file, tables, plots = (folder / name for name in ("results.json", "tables", "plots"))
    done = bench(
        *("--only", "feeds", "--followers", "10", "100", "--offline", "--drop"),
        *("--json", file, "--tables", tables),
        *(("--plots", plots) if HAS_PLOTS else ()),
        folder=folder,
        prefix=f"bench_test_{uuid.uuid4().hex}",
    )
    results = {each["case"]: each for each in json.loads(file.read_text())["results"]}
    return done, results, tables, plots


def test_feeds_reach_the_same_recipients_by_every_contender(feeds):
    """The run ends with an error where they do not, so that it ends well is the test."""
    done, results, *_ = feeds
    ours = {OURS} if "without Redis" in done.stdout else {OURS, OURS_REDIS}
    # SQLite may be compiled without the means to tell the size of a table.
    assert results.keys() - {"notify-growth"} == (FAN_OUTS | TIMELINES | NOTIFYING | GROUPS)
    for name in FAN_OUTS:
        assert results[name]["median"].keys() - {STREAM_FRAMEWORK} == {*ours, FLOOR}
    for name in TIMELINES:
        contenders = results[name]["median"].keys() - {STREAM_FRAMEWORK}
        assert contenders == {*ours, OURS_JOIN, FLOOR}
        assert any(note.endswith(" rows") for note in results[name]["notes"])
    for name in NOTIFYING:
        assert set(results[name]["median"]) == ({OURS, HQ} if HAS_HQ else {OURS})
        assert results[name]["queries"][OURS] < 10
    if HAS_HQ:
        assert results["notify-send-100"]["queries"][HQ] >= 100


def test_feeds_have_tables_of_their_own(feeds):
    printed = feeds[0].stdout
    for title in ("Fan-out", "Reading a home feed", "Groups", "Notifications"):
        assert f"#### {title}\n\n| case | django-stream |" in printed
    assert "| send and fan-out, 100 followers, ms | " in printed
    assert {file.name for file in feeds[2].iterdir()} == {"feeds.md", "machines.md"}


def test_feeds_have_plots_where_they_can_be_drawn(feeds):
    names = {f"bench-{name}-{ENGINE}.svg" for name in ("fanout", "timeline", "notify")}
    assert {file.name for file in feeds[3].glob("*")} == (names if HAS_PLOTS else set())


def test_a_second_run_finds_the_data_loaded(runs):
    assert "Loading" in runs[0].stderr
    assert "Loading" not in runs[1].stderr


def test_pages_that_differ_are_an_error():
    pages = {FLOOR: lambda: ["a", "b"], OURS: lambda: ["a", "c"]}
    with pytest.raises(DifferentError, match="feed: django-stream differs from SQL by hand: row 2"):
        Case("home-1", "feed", pages).check()


def test_every_case_that_was_kept_is_in_the_report():
    kept = Results.read(ROOT / "benchmarks" / "results" / "results.json")
    printed = full(kept)
    assert {
        each.title for each in kept.by_key.values() if f"| {each.title}" not in printed
    } == set()


def test_the_data_is_the_same_every_time():
    rows = list(Dataset(2000).action_rows())
    assert rows == list(Dataset(2000).action_rows())
    assert rows != list(Dataset(2000, seed=2).action_rows())
    clump = [row for row in rows if row.actor == ("user", Dataset(2000).clumped_user)]
    assert len(rows) == 2000
    assert len({row.datetime for row in rows}) == 2000 - len(clump) + 1
    assert len({row.datetime for row in clump}) == 1
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


@pytest.mark.parametrize(("peer", "verdict"), [(2.0, "reached"), (0.5, "**not reached**")])
def test_targets_are_judged_by_their_worst_case(peer, verdict):
    results = Results()
    for case, slower in (("deep-10", 500.0), ("any-hot", peer), ("send", 0.1)):
        median = {OURS: 1.0, PEER: slower, FLOOR: 1.0}
        results.put([Result("postgresql", 1_000_000, case, f"page {case}", median=median)])
    targets = full(results).splitlines()
    (line,) = (each for each in targets if each.startswith(f"| {PEER} / any page |"))
    assert (
        f"≥ 1{TIMES} | {peer:.2f}{TIMES} | {peer:.2f}{TIMES} | {verdict} | page any-hot |" in line
    )
    (line,) = (each for each in targets if each.startswith(f"| {PEER} / send one by one |"))
    assert "**not reached** | page send |" in line
    assert "|  |  | not measured |  |" in full(results)


def test_ten_times_as_many_actions_are_compared_case_by_case():
    results = Results()
    for actions, case, taken in (
        *((1_000_000, "home-10", 1.0), (10_000_000, "home-10", 1.2)),
        *((1_000_000, "verb-rare", 1.0), (10_000_000, "verb-rare", 1.4)),
    ):
        results.put([Result("postgresql", actions, case, case, median={OURS: taken})])
    (line,) = (each for each in full(results).splitlines() if "ten times" in each)
    assert f"≤ 1.3{TIMES} | 1.40{TIMES} |  | **not reached** | verb-rare: 10,000,000" in line


def test_stars_have_as_many_followers_as_they_are_to():
    data = Dataset(200, followers=(10, 100))
    follows = list(data.follow_rows())
    assert len({(row.user, row.target) for row in follows}) == len(follows)
    assert len({row.id for row in follows}) == len(follows)
    for count, star in data.stars.items():
        followers = [row.user for row in follows if row.target == ("user", star)]
        assert followers == list(range(1, count + 1))
    notified = data.notifications()
    assert len(notified) == 100
    assert all(row.public for row in notified)
