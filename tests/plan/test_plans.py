"""Query plans: the stream of one object reads its partial index, and no more rows than it shows."""

import datetime as dt
import json

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from follow.models import Follow
from follow.utils import follow
from stream.arc.reading import ArcReader
from stream.models import Action
from stream.plan import pages as plans
from stream.streams import user_stream
from stream.utils import action
from tests.early.models import Band

pytestmark = pytest.mark.django_db

TABLES = ("stream_action", "follow_follow")


@pytest.fixture
def busy(long_tables):
    """A user among others, with enough rows that reading a whole table does not pay."""
    return User.objects.get(username="user0")


@pytest.fixture(scope="module")
def long_tables(committed):
    with committed(fill_tables):
        yield


def fill_tables():
    users = User.objects.bulk_create([User(username=f"user{number}") for number in range(100)])
    bands = Band.objects.bulk_create([Band(name=str(number)) for number in range(50)])
    action.send_many(
        {
            "actor": users[number % 50],
            "verb": "played",
            "target": bands[number % 50],
            "action_object": users[number % 50],
        }
        for number in range(5000)
    )
    Follow.objects.bulk_create(Follow(user=user, target=band) for user in users for band in bands)
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ANALYZE {'TABLE ' * (connection.vendor == 'mysql')}{table}")


def plan(queryset):
    """Return the plan of a queryset as text that names the indexes."""
    if connection.vendor == "postgresql":
        return json.dumps(json.loads(queryset.explain(format="json", analyze=True)))
    return queryset.explain()


def sorts(text):
    return any(word in text.lower() for word in ('"sort"', "temp b-tree", "filesort"))


def test_streams_of_one_object_read_their_index(busy):
    streams = [
        (Action.objects.get_for_actor(busy), "stream_actor_user_idx"),
        (Action.objects.get_for_target(Band.objects.first()), "stream_target_band_idx"),
        (Action.objects.get_for_action_object(busy), "stream_action_object_user_idx"),
        (busy.actor_actions.all(), "stream_actor_user_idx"),
    ]
    if connection.vendor != "mysql":  # MariaDB sorts a table of this size
        streams.append((Action.objects.all(), "stream_newest_idx"))
    for queryset, index in streams:
        text = plan(queryset[:25])
        assert index in text
        assert not sorts(text), text


def test_the_index_holds_only_rows_with_the_column(busy):
    (index,) = (each for each in Action._meta.indexes if each.name == "stream_actor_user_idx")
    sql = str(index.create_sql(Action, connection.schema_editor(collect_sql=True))).rstrip(";")
    # MariaDB ignores the condition.
    assert sql.endswith("IS NOT NULL") is connection.features.supports_partial_indexes
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, "stream_action")
    found = constraints["stream_actor_user_idx"]
    assert found["columns"] == ["actor_user_id", "datetime", "id"]
    assert found["orders"] == ["ASC", "ASC", "ASC"]


def test_no_other_index_than_the_declared_ones(busy):
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, "stream_action")
    indexes = {
        name
        for name, each in constraints.items()
        if each["index"] and not each["primary_key"] and not each["foreign_key"]
    }
    declared = [*Action._meta.indexes]
    if connection.features.supports_partial_indexes:
        declared += [
            each for each in Action._meta.constraints if each.name.startswith("stream_origin")
        ]
    assert indexes == {each.name for each in declared}


def test_deleting_reads_the_indexes(busy):
    quiet = User.objects.get(username="user8")
    text = plan(Action.objects.filter(actor_user__in=[quiet.pk]).order_by())
    assert "stream_actor_user_idx" in text


def test_follows_read_their_indexes(busy):
    band = Band.objects.first()
    text = plan(Follow.objects.filter(user=busy, target_band=band, flag="").order_by()[:1])
    # SQLite has a name of its own for the index of a unique constraint.
    assert "follow_target_band_once" in text or "user_id=? AND target_band_id=? AND flag=?" in text
    text = plan(Follow.objects.get_follows(band)[:10])
    assert "follow_target_band_idx" in text
    assert not sorts(text), text


# The home feed


@pytest.fixture
def fan(busy, monkeypatch):
    """A user who follows one quiet user; the window is small."""
    monkeypatch.setattr(plans, "ROWS_TESTED", 100)
    quiet = User.objects.create(username="quiet")
    action.send(quiet, "slept", datetime=timezone.now() - dt.timedelta(days=9))
    fan = User.objects.create(username="fan")
    follow(fan, quiet)
    return fan


def rows_read(queries):
    """Count the rows of actions that PostgreSQL reads for these queries."""
    total = 0

    def count(node):
        nonlocal total
        if node.get("Relation Name") == "stream_action":
            removed = node.get("Rows Removed by Filter", 0)
            total += (node["Actual Rows"] + removed) * node["Actual Loops"]
        for child in node.get("Plans", []):
            count(child)

    with connection.cursor() as cursor:
        for query in queries:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {query['sql']}")
            (plans,) = cursor.fetchone()
            plans = json.loads(plans) if isinstance(plans, str) else plans
            count(plans[0]["Plan"])
    return total


@pytest.mark.parametrize("name", ["quiet", "user0", "user8"])
def test_a_page_of_the_feed_reads_no_more_than_the_window_and_the_page(fan, name):
    if name != "quiet":
        follow(fan, User.objects.get(username=name))
    with CaptureQueriesContext(connection) as queries:
        rows = list(user_stream(fan)[:10])
    assert 1 <= len(rows) <= 10
    assert all(each.actor.username in {"quiet", name} for each in rows)
    assert len(queries) <= 7
    # The end of the window, the window, the newest action of each followee, their rows, the page.
    bound = 100 + 100 + 2 + 2 * 10 + 10
    if connection.vendor == "postgresql":
        assert rows_read(queries.captured_queries) <= bound
    elif connection.vendor == "mysql":
        nothing = handler_reads(lambda: None)  # what asking for the counters reads
        read = handler_reads(lambda: list(user_stream(fan)[:10])) - nothing
        assert read <= 3 * bound  # it counts follows, users and steps in an index too
    else:
        for query in queries.captured_queries:
            if "stream_action" in query["sql"]:
                assert_reads_by_index(query["sql"])


def test_a_deep_page_of_many_followees_reads_little(fan):
    """Each followee has 100 actions, and the page is in the midst of them."""
    for number in range(1, 16):
        follow(fan, User.objects.get(username=f"user{number}"))
    page = user_stream(fan).page(10)
    for _ in range(40):
        page = user_stream(fan).page(10, after=page.next)
    with CaptureQueriesContext(connection) as queries:
        assert len(user_stream(fan).page(10, after=page.next)) == 10
    if connection.vendor == "postgresql":
        # The first action of each, and the rows among which the page is; some are looked at twice.
        assert rows_read(queries.captured_queries) <= 2 * 16 + 3 * 8 * 11


def handler_reads(function):
    """Count the rows of all tables that MariaDB reads while a function runs."""

    def count():
        with connection.cursor() as cursor:
            cursor.execute("SHOW SESSION STATUS LIKE 'Handler_read%'")
            return sum(int(number) for _, number in cursor.fetchall())

    before = count()
    function()
    return count() - before


def assert_reads_by_index(sql):
    """Assert that SQLite searches actions by an index in each step of a query."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        for *_, step in cursor.fetchall():
            if "stream_action" in step:  # not the few rows of a subquery
                assert "USING" in step, step


def test_only_home_feeds_of_many_columns_begin_with_the_newest_actions(fan, monkeypatch):
    monkeypatch.setattr("stream.arc.reading.ArcReader.of", ArcReader)
    monkeypatch.setattr("stream.arc.reading.WIDE", 0)
    tested = []
    usual = plans.Plan.tested
    monkeypatch.setattr(
        plans.Plan, "tested", lambda plan, sizes: tested.append(plan) or usual(plan, sizes)
    )
    assert list(user_stream(fan).page()) == list(user_stream(fan))
    assert len(tested) == 1
    assert tested[0].node.fields == {Action.actor.field_for(User)}
    Action.objects.get_for_actor(fan).page()
    Action.objects.page()
    assert len(tested) == 1
