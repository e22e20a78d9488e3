"""The queries of a page and their plans, as the database tells them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks.contenders import ours
from benchmarks.contenders.page import GetPage
from benchmarks.dataset import Dataset
from benchmarks.results import Result

EXPLAIN = {
    "postgresql": "EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF, SUMMARY OFF) ",
    "sqlite": "EXPLAIN QUERY PLAN ",
    "mysql": "EXPLAIN ",
}


def results(engine: str, dataset: Dataset) -> Iterator[Result]:
    """The plans of an object's stream and of home feeds, as notes of results without figures."""
    users = {each.name: each.user for each in dataset.follow_sets}
    pages = {
        "explain-actor": ("stream of a hot actor", ours.of_object("actor", "user", 1)),
        "explain-home-100-busy": ("home feed, 100 busy follows", ours.home(users["100-busy"])),
        "explain-home-2-quiet": ("home feed, 2 quiet follows", ours.home(users["2-quiet"])),
    }
    for case, (title, get_page) in pages.items():
        notes = [f"{sql}\n\n{plan}" for sql, plan in _plans(get_page)]
        yield Result(engine, dataset.actions, case, title, unit="", notes=notes)


def _plans(get_page: GetPage) -> Iterator[tuple[str, str]]:
    get_page()  # what is cached after the first time is no part of a page
    with CaptureQueriesContext(connection) as queries:
        get_page()
    with connection.cursor() as cursor:
        for each in queries.captured_queries:
            if "stream_action" not in each["sql"]:
                continue  # the objects on the page, by their keys
            # No parameters: the captured SQL holds its values.
            cursor.execute(EXPLAIN[connection.vendor] + each["sql"].replace("%", "%%"), [])
            rows = cursor.fetchall()
            yield _shortened(each["sql"]), "\n".join(_line(row) for row in rows)


def _line(row: tuple[object, ...]) -> str:
    if connection.vendor == "sqlite":
        return str(row[3])
    return "  ".join("" if each is None else str(each) for each in row)


def _shortened(sql: str) -> str:
    """Leave out the list of the columns, which says nothing."""
    return re.sub(r'(SELECT )["`\w.,\s]{200,}?( FROM)', r"\1…\2", sql)
