"""How many rows a page of groups reads: of a busy user, of one who fell silent, and at one time."""

import datetime as dt
from functools import partial

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from follow.utils import follow
from stream.streams import actor_stream, any_stream, user_stream
from stream.utils import action
from tests.plan.test_plans import assert_reads_by_index, handler_reads, rows_read

pytestmark = pytest.mark.django_db

NOW = timezone.now().replace(hour=12, minute=0, second=0)
MINUTE = dt.timedelta(minutes=1)
MOST = 50
COUNT = 2500
CLUMP = 200


@pytest.fixture
def user(history):
    """A user with so many actions, at some time of a history that others have too."""
    return User.objects.get(username="user")


@pytest.fixture(scope="module", params=["busy", "silent", "clumped"])
def history(request, committed):
    with committed(partial(make_history, request.param)):
        yield


def make_history(kind):
    user, other = (User.objects.create(username=name) for name in ("user", "other"))
    verbs = ["liked", "read", "sang"]
    step = 0 if kind == "clumped" else 1
    count = CLUMP if kind == "clumped" else COUNT
    begin = COUNT if kind == "silent" else 0
    action.send_many(
        {"actor": user, "verb": verbs[n % 3], "datetime": NOW - (begin + n * step) * MINUTE}
        for n in range(count)
    )
    action.send_many(
        {"actor": other, "verb": "liked", "datetime": NOW - n * MINUTE} for n in range(COUNT)
    )
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {'TABLE ' * (connection.vendor == 'mysql')}stream_action")


def home(user):
    """The home feed of who follows the user and others."""
    fan = User.objects.create(username="fan")
    for name in ("other", "user"):
        follow(fan, User.objects.get(username=name))
    return user_stream(fan)


def initial(action):
    return action.verb[0]


STREAMS = {"actor": actor_stream, "any": any_stream, "home": home}


@pytest.mark.parametrize("stream", STREAMS)
def test_a_page_reads_few_actions_of_a_long_stream(user, stream):
    rows = STREAMS[stream](user)
    for key in (("verb",), ("verb", "day"), (initial, "week")):
        assert_pages_read_few(rows.grouped(*key, most_rows=MOST))


def assert_pages_read_few(feed):
    pages = [feed.page()]
    while pages[-1].next and len(pages) < 3:
        pages.append(feed.page(after=pages[-1].next))
    assert not all(each.is_exact for page in pages for each in page)
    for page in pages:
        assert_reads_few(feed, {"after": page.next})
        if page.previous:
            assert_reads_few(feed, {"before": page.previous})


@pytest.mark.parametrize("stream", STREAMS)
def test_a_page_of_what_nobody_does_ends_and_goes_on(user, stream, monkeypatch):
    monkeypatch.setattr("stream.plan.pages.ROWS_LOOKED_AT", MOST)
    feed = STREAMS[stream](user).filter(verb="slept").grouped("verb", most_rows=MOST)
    page = feed.page()
    assert (len(page), page.previous) == (0, None)
    assert page.next
    older = feed.page(after=page.next)
    for cursor in ({}, {"after": page.next}, {"before": older.previous}):
        assert len(feed.page(**cursor)) == 0
        assert_reads_few(feed, cursor)


def assert_reads_few(feed, asked):
    with CaptureQueriesContext(connection) as captured:
        feed.page(**asked)
    queries = [each for each in captured.captured_queries if "stream_action" in each["sql"]]
    # Three times most_rows, and some for what is not public: of each of the two ranges, and once
    # more of those that are shown.
    bound = 9 * (MOST + MOST // 8 + 2)
    if connection.vendor == "postgresql":
        assert rows_read(queries) <= bound
    elif connection.vendor == "mysql":
        nothing = handler_reads(lambda: None)  # what asking for the counters reads
        read = handler_reads(lambda: feed.page(**asked)) - nothing
        assert read <= 6 * bound  # it counts follows, steps in an index and what is sorted, too
    else:
        for each in queries:
            assert_reads_by_index(each["sql"])
