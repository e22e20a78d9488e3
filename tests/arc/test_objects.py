"""Finding actions, loading and deleting their objects."""

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import Group, User
from django.db import connection
from django.db.models import Count

from follow.models import Follow
from stream.arc import NotRegistered
from stream.arc.loading import load_objects
from stream.models import Action
from stream.utils import action
from tests.early.models import Band
from tests.testapp.models import Crew, Orchestra, Song, Tag

pytestmark = pytest.mark.django_db


# Finding


def test_finders_of_the_original(lennon, hendrix):
    editors = Group.objects.create(name="editors")
    first = Action.objects.create(lennon, "a", hendrix, editors)
    second = Action.objects.create(editors, "b", lennon, hendrix)
    assert list(Action.objects.get_for_actor(lennon)) == [first]
    assert list(Action.objects.get_for_actors([editors, lennon])) == [second, first]
    assert list(Action.objects.get_for_target(lennon)) == [second]
    assert list(Action.objects.get_for_targets([lennon, hendrix])) == [second, first]
    assert list(Action.objects.get_for_action_object(editors)) == [first]
    assert list(Action.objects.get_for_action_objects([editors])) == [first]
    assert not Action.objects.get_for_actors([])
    assert not Action.objects.get_for_targets([])
    assert not Action.objects.get_for_action_objects([])


def test_finders_chain(lennon, hendrix):
    made = Action.objects.create(lennon, "a", hendrix)
    Action.objects.create(lennon, "a")
    found = Action.objects.filter(verb="a").get_for_actor(lennon).get_for_target(hendrix)
    assert found.exclude(verb="b").get() == made
    assert Action.objects.filter(verb="a").create(lennon, "c").verb == "c"


def test_public_leaves_the_others_out(lennon):
    seen = action.send(lennon, "sang")
    action.send(lennon, "wept", public=False)
    assert list(Action.objects.public()) == [seen]


def test_unregistered_objects_cannot_be_looked_for():
    with pytest.raises(NotRegistered, match="testapp.Orchestra is not registered as actor"):
        Action.objects.get_for_actor(Orchestra(pk=1))


# Objects of many rows


def test_with_objects_takes_one_query_a_model(lennon, hendrix, django_assert_num_queries):
    band, tag = Band.objects.create(name="x"), Tag.objects.create(name="rock")
    for _ in range(5):
        action.send(lennon, "a", tag, hendrix)
        action.send(band, "b", hendrix)
    with django_assert_num_queries(4):  # the actions, users, bands, tags
        rows = [(a.actor, a.target, a.action_object) for a in Action.objects.with_objects()]
    assert rows[:2] == [(band, hendrix, None), (lennon, tag, hendrix)]


def test_with_objects_of_some_roles(lennon, hendrix, django_assert_num_queries):
    band, song = Band.objects.create(name="x"), Song.objects.create(title="rock")
    action.send(band, "a", hendrix, song)
    with django_assert_num_queries(2):
        (row,) = Action.objects.with_objects("target")
        assert row.target == hendrix
    with django_assert_num_queries(3):
        (row,) = Action.objects.with_objects("target", "actor", User.objects.all()).page()
        assert (row.actor, row.target) == (band, hendrix)
    with django_assert_num_queries(4):
        (row,) = Action.objects.with_objects("target").with_objects()
        assert (row.actor, row.target, row.action_object) == (band, hendrix, song)
    with pytest.raises(ValueError, match=r"^with_objects\('tarket'\): the roles are actor, target"):
        Action.objects.with_objects("tarket")


def test_the_model_and_key_of_a_role_are_known_unloaded(lennon, django_assert_num_queries):
    sent = action.send(lennon, "a", Band.objects.create(name="x"))
    row = Action.objects.get(pk=sent.pk)
    with django_assert_num_queries(0):
        assert Action.target.model_and_key(row) == (Band, sent.target.pk)
        assert Action.action_object.model_and_key(row) is None


def test_with_objects_survives_chaining_and_slicing(lennon, django_assert_num_queries):
    action.send(lennon, "a", lennon)
    with django_assert_num_queries(2):
        (row,) = Action.objects.with_objects().filter(verb="a")[:3]
        assert row.actor is row.target
    with django_assert_num_queries(1):
        assert list(Action.objects.with_objects().values_list("verb")) == [("a",)]


def test_with_objects_reads_missing_objects_as_none(lennon, django_assert_num_queries):
    row = Action(actor_user_id=4711, verb="x", pk=1)
    row._state.adding, row._state.db = False, "default"
    load_objects([row])
    with django_assert_num_queries(0):
        assert row.actor is None


def test_with_objects_from_querysets(lennon, django_assert_num_queries):
    lennon.groups.add(Group.objects.create(name="x"))
    band = Band.objects.create(name="y")
    action.send(lennon, "joined", band)
    with django_assert_num_queries(4):  # the actions, users, their groups, bands
        users = User.objects.prefetch_related("groups")
        (row,) = Action.objects.with_objects(users).with_objects(Band.objects.exclude(name="y"))
        assert [group.name for group in row.actor.groups.all()] == ["x"]
        assert row.target is None
    with pytest.raises(NotRegistered, match="testapp.Orchestra is not registered"):
        Action.objects.with_objects(Orchestra.objects.all())
    with pytest.raises(TypeError, match=r"with_objects\(.*pass querysets, one for a model"):
        Action.objects.with_objects(User)


def test_with_objects_in_chunks(lennon, django_assert_num_queries):
    action.send_many([{"actor": lennon, "verb": "a", "target": lennon}] * 5)
    with django_assert_num_queries(1 + 3):  # users for each of the chunks
        rows = Action.objects.with_objects().iterator(chunk_size=2)
        assert {each.target for each in rows} == {lennon}

    async def scenario():
        rows = Action.objects.with_objects().aiterator(chunk_size=2)
        return [each.actor async for each in rows]

    assert async_to_sync(scenario)() == [lennon] * 5


def test_with_objects_of_deferred_columns(lennon, django_assert_num_queries):
    action.send_many([{"actor": lennon, "verb": "a", "target": lennon}] * 5)
    with django_assert_num_queries(3):  # the actions, their columns, users
        rows = Action.objects.only("verb").with_objects()
        assert {(each.actor, each.action_object) for each in rows} == {(lennon, None)}


# Deleting


@pytest.mark.parametrize("count", [1, 300])
def test_deleting_an_object_takes_few_queries(lennon, count, django_assert_max_num_queries):
    band = Band.objects.create(name="The Quarrymen")
    action.send_many([{"actor": band, "verb": "x", "target": lennon}] * count)
    action.send_many([{"actor": lennon, "verb": "x", "target": band}] * count)
    # The follows, the actions and the band; MariaDB looks up first what goes along.
    with django_assert_max_num_queries(5 if connection.vendor == "mysql" else 3):
        band.delete()
    assert not Action.objects.exists()


def test_on_delete_set_null_keeps_the_action():
    crew = Crew.objects.create(name="x")
    sent = action.send(crew, "packed")
    crew.delete()
    sent = Action.objects.get(pk=sent.pk)
    assert sent.actor is None
    sent.description = "and left"
    sent.save()


# Querysets of objects


QUERYSETS = {
    "all": lambda users: users.all(),
    "slice": lambda users: users.order_by("pk")[:2],
    "middle": lambda users: users.order_by("-username")[:2],
    "union": lambda users: users.filter(username="lennon").union(users.filter(username="hendrix")),
    "union of all": lambda users: users.union(users.all(), all=True),
    "intersection": lambda users: users.intersection(users.all()),
    "difference": lambda users: users.difference(users.filter(username="x")),
    "slice of a union": lambda users: users.union(users.all()).order_by("pk")[:2],
    "values": lambda users: users.values("pk"),
    "values of a slice": lambda users: users.order_by("pk").values_list("id", flat=True)[:2],
    "distinct": lambda users: users.distinct(),
    "ordered": lambda users: users.order_by("groups__name", "username").distinct(),
    "annotated": lambda users: users.annotate(n=Count("groups")).filter(n=0),
}


@pytest.mark.parametrize("kind", QUERYSETS)
def test_calls_take_querysets_of_any_kind(kind, lennon, hendrix):
    users = QUERYSETS[kind](User.objects.all())
    Action.objects.create(lennon, "a", hendrix, lennon)
    Follow.objects.create(hendrix, lennon)
    assert Action.objects.get_for_actors(users).count() == 1
    assert Action.objects.get_for_targets(users).count() == 1
    assert [each.verb for each in Action.objects.get_for_action_objects(users)] == ["a"]
    assert Follow.objects.get_follows(users).get().user == hendrix


@pytest.mark.parametrize("kind", ["none", "empty slice", "empty union"])
def test_a_queryset_of_nothing_finds_nothing(kind, lennon):
    users = User.objects.none() if kind == "none" else User.objects.order_by("pk")[:0]
    if kind == "empty union":
        users = User.objects.filter(pk=0).union(User.objects.filter(pk=-1))
    Action.objects.create(lennon, "a")
    assert not Action.objects.get_for_actors(users)


def test_a_queryset_is_a_subquery_where_it_can_be(lennon, django_assert_num_queries):
    with django_assert_num_queries(0):
        found = Action.objects.get_for_actors(User.objects.filter(username="lennon"))
    with django_assert_num_queries(1):
        assert not found


def test_querysets_of_values_are_refused(lennon):
    said = "a queryset of the username of auth.User: pass one of objects, without values"
    for call in (Action.objects.get_for_actors, Follow.objects.get_follows):
        with pytest.raises(TypeError, match=said):
            call(User.objects.values_list("username"))


@pytest.mark.parametrize("kind", ["slice", "union", "values"])
def test_with_objects_refuses_what_cannot_be_restricted(kind):
    with pytest.raises(
        TypeError, match=r"^with_objects\(a queryset of auth.User\): it is filtered"
    ):
        Action.objects.with_objects(QUERYSETS[kind](User.objects.all()))


def test_a_union_is_not_equal_to_one_object():
    with pytest.raises(ValueError, match="must be limited to one result"):
        Action.objects.filter(actor_user=User.objects.union(User.objects.all()))


def test_a_union_of_actions_has_no_groups_as_it_has_no_pages(lennon, hendrix):
    rows = Action.objects.order_by()  # SQLite wants unions of rows without an order
    of_both = rows.get_for_actor(lennon).union(rows.get_for_target(hendrix))
    with pytest.raises(TypeError, match="combine conditions with Q"):
        of_both.grouped("verb").page()


def test_values_are_walked_as_they_are(lennon):
    sent = action.send(lennon, "sang")
    rows = Action.objects.with_objects()
    assert list(rows.values_list("pk", flat=True).iterator()) == [sent.pk]

    async def walked():
        return [each async for each in rows.values("verb").aiterator()]

    assert async_to_sync(walked)() == [{"verb": "sang"}]
    assert rows.delete()[0] == 1
