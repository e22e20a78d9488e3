"""How many rows a page of groups reads: of a busy user, of one who fell silent, and at one time."""

import datetime as dt
import re

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from stream.streams import actor_stream
from stream.utils import action
from tests.test_plans import assert_reads_by_index, handler_reads, rows_read

# ANALYZE ends a transaction on MariaDB, so these tests cannot run inside one.
pytestmark = pytest.mark.django_db(transaction=True)

NOW = timezone.now().replace(hour=12, minute=0, second=0)
MINUTE = dt.timedelta(minutes=1)
MOST = 50
COUNT = 3000
CLUMP = 200


@pytest.fixture(params=["busy", "silent", "clumped"])
def user(request):
    """A user with so many actions, at some time of a history that others have too."""
    user, other = (User.objects.create(username=name) for name in ("user", "other"))
    verbs = ["liked", "read", "sang"]
    step = 0 if request.param == "clumped" else 1
    count = CLUMP if request.param == "clumped" else COUNT
    begin = 2 * COUNT if request.param == "silent" else 0
    action.send_many(
        {"actor": user, "verb": verbs[n % 3], "datetime": NOW - (begin + n * step) * MINUTE}
        for n in range(count)
    )
    action.send_many(
        {"actor": other, "verb": "liked", "datetime": NOW - n * MINUTE} for n in range(2 * COUNT)
    )
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {'TABLE ' * (connection.vendor == 'mysql')}stream_action")
    return user


def initial(action):
    return action.verb[0]


@pytest.mark.parametrize("key", [("verb",), ("verb", "day"), ("month",), (initial, "week")])
def test_a_page_reads_three_times_most_rows_at_the_most(user, key):
    feed = actor_stream(user).grouped(*key, most_rows=MOST)
    pages = [feed.page()]
    while pages[-1].next and len(pages) < 3:
        pages.append(feed.page(after=pages[-1].next))
    assert not all(each.is_exact for page in pages for each in page)
    for page in pages:
        assert_reads_few(feed, {"after": page.next})
        if page.previous:
            assert_reads_few(feed, {"before": page.previous})


def assert_reads_few(feed, asked):
    with CaptureQueriesContext(connection) as captured:
        feed.page(**asked)
    queries = [each for each in captured.captured_queries if "stream_action" in each["sql"]]
    limits = [re.search(r"LIMIT (\d+)", each["sql"]) for each in queries]
    # And the action of the cursor, whether there is one more, and some for those not public.
    bound = 3 * MOST * 9 // 8 + 2 + 2 * len(queries)
    assert sum(int(limit[1]) if limit else 1 for limit in limits) <= bound
    if connection.vendor == "postgresql":
        assert rows_read(queries) <= bound
    elif connection.vendor == "mysql":
        nothing = handler_reads(lambda: None)  # what asking for the counters reads
        assert handler_reads(lambda: feed.page(**asked)) - nothing <= 3 * bound
    else:
        for each in queries:
            assert_reads_by_index(each["sql"])
