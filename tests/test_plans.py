"""Query plans: the stream of one object reads its partial index, and no more rows than it shows."""

import json

import pytest
from django.contrib.auth.models import User
from django.db import connection

from follow.models import Follow
from stream.models import Action
from stream.utils import action
from tests.early.models import Band

# ANALYZE ends a transaction on MariaDB, so these tests cannot run inside one.
pytestmark = pytest.mark.django_db(transaction=True)

TABLES = ("stream_action", "follow_follow")


@pytest.fixture
def busy():
    """A user among others, with enough rows that reading a whole table does not pay."""
    users = User.objects.bulk_create([User(username=f"user{number}") for number in range(100)])
    bands = Band.objects.bulk_create([Band(name=str(number)) for number in range(20)])
    action.send_many(
        {
            "actor": users[0 if number % 2 else number % 100],
            "verb": "played",
            "target": bands[number % 20],
            "action_object": users[number % 7],
        }
        for number in range(5000)
    )
    Follow.objects.bulk_create(Follow(user=user, target=band) for user in users for band in bands)
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"ANALYZE {'TABLE ' * (connection.vendor == 'mysql')}{table}")
    return users[0]


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
    with connection.schema_editor(collect_sql=True) as editor:
        sql = str(index.create_sql(Action, editor)).rstrip(";")
    # MariaDB ignores the condition.
    assert sql.endswith("IS NOT NULL") is connection.features.supports_partial_indexes
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, "stream_action")
    found = constraints["stream_actor_user_idx"]
    assert found["columns"] == ["actor_user_id", "datetime", "id"]
    assert found["orders"] == ["ASC", "DESC", "DESC"]


def test_no_other_index_than_the_declared_ones(busy):
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, "stream_action")
    indexes = {
        name
        for name, each in constraints.items()
        if each["index"] and not each["primary_key"] and not each["foreign_key"]
    }
    assert indexes == {index.name for index in Action._meta.indexes}


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
