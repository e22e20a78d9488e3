"""Query plans of the admin: each page reads an index, and no more rows than it needs."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from stream.models import Action
from tests.plan.test_plans import assert_reads_by_index, busy, long_tables, rows_read  # noqa: F401

pytestmark = pytest.mark.django_db

LIST = "/admin/stream/action/"
# A hundred rows, one to see whether there are more, that of the cursor, and some for those that
# conditions leave out: each is found in an index, and then read.
PAGE = 2 * (102 + 13)
LEFT_OUT = 2 * 1000  # by conditions, at most
VERBS = 1000  # the newest, asked for their verbs


def assert_reads_at_most(client, url, rows):
    """Assert that a page reads this many actions at most, or, on SQLite, by indexes alone."""
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    asked = [each for each in queries.captured_queries if "stream_action" in each["sql"]]
    assert asked
    if connection.vendor == "postgresql":
        assert rows_read(asked) <= rows
        return
    for each in asked:
        assert_reads_by_index(each["sql"])


@pytest.mark.parametrize(
    "query", ["", "?verb=played", "?target=early.band", "?actor=auth.user", "?public__exact=1"]
)
def test_a_page_reads_its_rows(admin_client, busy, query):  # noqa: F811
    # Every second action is by the same user, and so on: all filters are met often.
    assert_reads_at_most(admin_client, LIST + query, VERBS + PAGE)


def test_a_deep_page_reads_its_rows(admin_client, busy):  # noqa: F811
    cursor = Action.objects.page(4000).next
    assert_reads_at_most(admin_client, f"{LIST}?after={cursor}", VERBS + PAGE)
    assert_reads_at_most(admin_client, f"{LIST}?before={cursor}", VERBS + PAGE)


def test_the_actions_of_one_object_read_its_index(admin_client, busy):  # noqa: F811
    assert_reads_at_most(admin_client, f"{LIST}?actor=auth.user:{busy.pk}", VERBS + PAGE)
    assert_reads_at_most(admin_client, f"{LIST}?q=user8", VERBS + LEFT_OUT + PAGE)


def test_days_read_their_part_of_the_index(admin_client, busy):  # noqa: F811
    assert_reads_at_most(admin_client, f"{LIST}?until=2000-01-01", VERBS + 1)
