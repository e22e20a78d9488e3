"""Sending actions: what is written, what is refused, what is told."""

import datetime as dt
from io import StringIO

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser, Group, User
from django.core.exceptions import FieldError, ValidationError
from django.core.management import call_command
from django.test import override_settings
from django.utils import timezone, translation
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy, pgettext_lazy

from stream import signals
from stream.arc import NotRegistered
from stream.arc_objects import load_objects
from stream.models import Action
from stream.utils import action
from tests.early.models import Band
from tests.testapp.models import Crew, Orchestra, Song, Tag

pytestmark = pytest.mark.django_db


@pytest.fixture
def lennon():
    return User.objects.create(username="lennon")


@pytest.fixture
def hendrix():
    return User.objects.create(username="hendrix")


@pytest.fixture
def received():
    """The actions that the signal told of."""
    actions = []

    def receive(sender, instance, **kwargs):
        assert sender is Action
        actions.append(instance)

    signals.action.connect(receive)
    yield actions
    signals.action.disconnect(receive)


# send


def test_send_writes_everything_in_one_query(lennon, hendrix, django_assert_num_queries):
    song = Song.objects.create(title="Imagine")
    when = timezone.now() - dt.timedelta(days=3)
    with django_assert_num_queries(1):
        sent = action.send(
            lennon,
            "sang",
            hendrix,
            song,
            "on a piano",
            data={"key": "C"},
            public=False,
            datetime=when,
        )
    read = Action.objects.get(pk=sent.pk)
    assert (read.actor, read.verb, read.target, read.action_object) == (
        lennon,
        "sang",
        hendrix,
        song,
    )
    assert (read.description, read.data, read.public, read.datetime) == (
        "on a piano",
        {"key": "C"},
        False,
        when,
    )


def test_send_defaults(lennon):
    before = timezone.now()
    sent = action.send(lennon, "sang")
    assert before <= sent.datetime <= timezone.now()
    assert (sent.description, sent.data, sent.public) == ("", {}, True)
    assert (sent.target, sent.action_object) == (None, None)


def test_insert_names_only_the_columns_that_are_set(lennon, django_assert_num_queries):
    with django_assert_num_queries(1) as queries:
        action.send(lennon, "sang")
    sql = queries.captured_queries[0]["sql"]
    assert "actor_user_id" in sql
    assert "actor_group_id" not in sql
    assert "target_" not in sql


def test_newest_first(lennon):
    now = timezone.now()
    first, second, third = (
        action.send(lennon, "x", datetime=now),
        action.send(lennon, "x", datetime=now),
        action.send(lennon, "x", datetime=now - dt.timedelta(1)),
    )
    assert list(Action.objects.all()) == [second, first, third]
    assert Action.objects.latest() == second


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"actor": None}, TypeError, r"action.send\(\): an action needs an actor; pass a saved"),
        (
            {"actor": SimpleLazyObject(AnonymousUser)},
            TypeError,
            r"action.send\(actor=…\): .*AnonymousUser.* is no model instance; pass a saved",
        ),
        ({"target": "hendrix"}, TypeError, r"action.send\(target=…\): 'hendrix' is no model inst"),
        ({"target": User}, TypeError, r"action.send\(target=User\): pass an instance, not the cla"),
        (
            {"action_object": Orchestra(pk=7)},
            NotRegistered,
            r"action.send\(action_object=testapp.Orchestra 7\): testapp.Orchestra is not "
            r"registered as action object; add "
            r"stream.utils.register_action_object\('testapp.Orchestra'\) to a models.py, then run "
            r"manage.py makemigrations stream and migrate",
        ),
        (
            {"target": User(username="new")},
            ValueError,
            r"action.send\(target=auth.User None\): the object is not saved; save it first",
        ),
        ({"target": Song(title="new")}, ValueError, r"target=testapp.Song UUID.*is not saved"),
        ({"verb": ""}, ValueError, r"action.send\(verb=''\): the verb must not be empty"),
        ({"verb": "  "}, ValueError, r"the verb must not be empty"),
        ({"datetime": "2024-01-01"}, TypeError, r"action.send\(datetime='2024-01-01'\): pass a da"),
        ({"using": "defualt"}, ValueError, r"action.send\(using='defualt'\): there is no such da"),
        ({"verb": None}, TypeError, r"action.send\(verb=None\): the verb must be a text"),
        ({"verb": "x" * 256}, ValueError, r"a verb has 255 characters at most, this one has 256"),
        ({"data": [1]}, TypeError, r"action.send\(data=\[1\]\): data must be a dict"),
        ({"data": {"x": object()}}, TypeError, r"action.send\(data=…\): .*; pass what JSON can"),
        ({"data": {"x": float("nan")}}, ValueError, r"action.send\(data=…\): .*; pass what JSON"),
    ],
)
def test_bad_arguments_are_named_and_nothing_is_written(lennon, arguments, error, message):
    with pytest.raises(error, match=message):
        action.send(**{"actor": lennon, "verb": "sang", **arguments})
    assert not Action.objects.exists()


def test_messages_name_the_manager_where_it_was_called():
    with pytest.raises(TypeError, match=r"^Action.objects.create\(\): an action needs an actor"):
        Action.objects.create(verb="sang")
    with pytest.raises(TypeError, match=r"^Action.objects.get_or_create\(\): an action needs"):
        Action.objects.get_or_create(verb="sang")
    with pytest.raises(TypeError, match=r"Action\(\) got unexpected keyword arguments: 'moood'"):
        Action.objects.create(User.objects.create(username="x"), "sang", moood="minor")


def test_saving_by_hand_needs_an_actor_too():
    with pytest.raises(TypeError, match=r"Action.save\(\): Action.actor is required"):
        Action(verb="sang").save()


@pytest.mark.django_db(databases=["default", "other"])
def test_objects_of_two_databases_are_refused(lennon):
    other = User.objects.using("other").create(username="hendrix")
    with pytest.raises(
        ValueError,
        match=rf"action.send\(target=auth.User {other.pk}\): the object is from the database "
        r"'other', the action goes to 'default'; pass using='other', or load the object",
    ):
        action.send(lennon, "met", other)
    assert not Action.objects.using("other").exists()


@pytest.mark.django_db(databases=["default", "other"])
def test_an_action_goes_to_the_database_of_its_actor():
    other = User.objects.using("other").create(username="hendrix")
    assert action.send(other, "sang")._state.db == "other"
    assert action.send(other, "sang", using="other")._state.db == "other"
    assert action.send_many([{"actor": other, "verb": "sang"}], using="other") == 1
    assert Action.objects.using("other").count() == 3
    with pytest.raises(ValueError, match="the action goes to 'default'"):
        action.send(other, "sang", using="default")
    assert Action.objects.using("other").get_or_create(other, "left")[1]


def test_async_twins(lennon):
    async def scenario():
        sent = await action.asend(lennon, "sang", lennon)
        made = await Action.objects.acreate(lennon, "left")
        assert await Action.objects.aget_or_create(lennon, "left") == (made, False)
        updated, is_new = await Action.objects.aupdate_or_create(
            lennon, "left", defaults={"description": "early"}
        )
        assert (updated, is_new, updated.description) == (made, False, "early")
        assert {each async for each in Action.objects.all()} == {sent, made}

    async_to_sync(scenario)()


# Verbs


@override_settings(STREAM_VERBS=[("sang", "performed a song")])
def test_verbs_have_labels_and_others_are_shown_as_they_are(lennon):
    assert action.send(lennon, "sang").get_verb_display() == "performed a song"
    hummed = action.send(lennon, "hummed")
    assert hummed.get_verb_display() == "hummed"
    hummed.full_clean()


def test_the_default_verb():
    assert Action(verb="default").get_verb_display() == "Stream Item"


@pytest.mark.parametrize("lazy", [gettext_lazy("Monday"), pgettext_lazy("alt. month", "Monday")])
def test_a_translated_verb_is_stored_untranslated(lennon, lazy):
    with translation.override("de"):
        sent = action.send(lennon, lazy)
        Action(actor=lennon, verb=lazy).save()
    assert sent.verb == "Monday"
    assert list(Action.objects.values_list("verb", flat=True)) == ["Monday", "Monday"]
    with translation.override("de"):
        assert Action.objects.filter(verb=gettext_lazy("Monday")).count() == 2


def test_an_empty_verb_is_invalid(lennon):
    with pytest.raises(ValidationError, match="cannot be blank"):
        Action(actor=lennon, verb="").full_clean()


def test_forms_take_any_verb():
    field = Action._meta.get_field("verb").formfield()
    assert field.clean("hummed") == "hummed"
    assert field.max_length == 255


# get_or_create


def test_get_or_create(lennon, hendrix, django_assert_num_queries):
    made, is_new = Action.objects.get_or_create(lennon, "follow", hendrix)
    assert is_new
    with django_assert_num_queries(1):
        found = Action.objects.get_or_create(lennon, "follow", hendrix)
    assert found == (made, False)
    assert found[0].target == hendrix


def test_get_or_create_takes_none_for_without(lennon, hendrix):
    Action.objects.create(lennon, "follow", hendrix)
    assert Action.objects.get_or_create(lennon, "follow")[1]
    assert Action.objects.get_or_create(lennon, "follow", hendrix, lennon)[1]
    assert Action.objects.count() == 3


def test_get_or_create_takes_fields_lookups_and_defaults(lennon):
    made, _ = Action.objects.get_or_create(
        lennon, "sang", description="Help!", defaults={"data": {"key": "A"}, "public": False}
    )
    assert (made.description, made.data, made.public) == ("Help!", {"key": "A"}, False)
    assert not Action.objects.get_or_create(lennon, "sang", description__startswith="Help")[1]
    assert Action.objects.get_or_create(lennon, "sang", description="Hey Jude")[1]
    assert not Action.objects.get_or_create(lennon, gettext_lazy("sang"), public=False)[1]


def test_get_or_create_raises_where_several_exist(lennon):
    Action.objects.create(lennon, "sang")
    Action.objects.create(lennon, "sang")
    with pytest.raises(Action.MultipleObjectsReturned):
        Action.objects.get_or_create(lennon, "sang")


def test_update_or_create(lennon):
    made, is_new = Action.objects.update_or_create(
        lennon, "sang", defaults={"description": "b"}, create_defaults={"description": "a"}
    )
    assert (is_new, made.description) == (True, "a")
    again, is_new = Action.objects.update_or_create(
        lennon, "sang", defaults={"description": lambda: "b", "target": lennon}
    )
    assert (is_new, again.pk) == (False, made.pk)
    made.refresh_from_db()
    assert (made.description, made.target) == ("b", lennon)


# Many at once


def test_send_many_writes_in_batches(lennon, hendrix, received, django_assert_num_queries):
    arguments = (
        {"actor": lennon, "verb": "sang", "target": hendrix if number % 2 else None}
        for number in range(25)
    )
    with django_assert_num_queries(3 + 2 + 3 * 2):  # inserts, outer transaction, inner ones
        assert action.send_many(arguments, batch_size=10) == 25
    assert Action.objects.filter(target_user=hendrix).count() == 12
    assert {each.pk for each in received} == set(Action.objects.values_list("pk", flat=True))


def test_send_many_without_listeners_opens_one_transaction(lennon, django_assert_num_queries):
    with django_assert_num_queries(1 + 2):
        action.send_many([{"actor": lennon, "verb": "sang"}] * 50)


def test_send_many_writes_all_or_nothing(lennon, received):
    def arguments():
        yield from [{"actor": lennon, "verb": "sang"}] * 15
        yield {"actor": lennon, "verb": "sang", "target": Orchestra(pk=1)}

    with pytest.raises(NotRegistered, match=r"^action.send_many\(\), item 15: send\(target="):
        action.send_many(arguments(), batch_size=10)
    assert not Action.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ([("ann", "sang")], {}, TypeError, r"item 0: send\(\): \('ann', 'sang'\) is no dict"),
        ({"verb": "sang"}, {}, TypeError, r"item 0: send\(\): 'verb' is no dict"),
        ([{"using": "x"}], {}, TypeError, r"item 0: send\(using=…\): name the database once"),
        ([], {"batch_size": 0}, ValueError, r"send_many\(batch_size=0\): a batch has one action"),
    ],
)
def test_send_many_with_bad_arguments(arguments, options, error, message):
    with pytest.raises(error, match=message):
        action.send_many(arguments, **options)


def test_a_role_and_its_column_are_not_both_given(lennon, hendrix):
    with pytest.raises(TypeError, match=r"\(target=…, target_user=…\): pass one of the two"):
        Action.objects.create(lennon, "met", hendrix, target_user=lennon)


def test_update_or_create_knows_its_fields(lennon):
    Action.objects.create(lennon, "sang")
    with pytest.raises(FieldError, match="'descriptoin' is no field to update"):
        Action.objects.update_or_create(lennon, "sang", defaults={"descriptoin": "a"})


def test_send_many_of_nothing(django_assert_num_queries):
    with django_assert_num_queries(2):  # the empty transaction
        assert action.send_many([]) == 0


def test_bulk_send(lennon):
    assert Action.objects.bulk_send([{"actor": lennon, "verb": "sang"}] * 3) == 3
    with pytest.raises(TypeError, match=r"^Action.objects.bulk_send\(\), item 0: send\(\): an act"):
        Action.objects.bulk_send([{"verb": "sang"}])


def test_bulk_create_sends_the_signal_and_needs_actors(lennon, received):
    made = Action.objects.bulk_create([Action(actor=lennon, verb="sang")])
    assert received == made
    with pytest.raises(TypeError, match=r"Action.objects.bulk_create\(\): Action.actor is requ"):
        Action.objects.bulk_create([Action(verb="sang")])


# The signal


def test_the_signal_tells_of_each_new_action_once(lennon, received):
    sent = action.send(lennon, "sang")
    assert received == [sent]
    sent.description = "again"
    sent.save()
    Action.objects.get_or_create(lennon, "sang")
    assert received == [sent]
    left, _ = Action.objects.get_or_create(lennon, "left")
    assert received == [sent, left]


def test_the_signal_is_not_sent_for_fixtures(lennon, received, tmp_path):
    action.send(lennon, "sang")
    received.clear()
    fixture = tmp_path / "actions.json"
    out = StringIO()
    call_command("dumpdata", "stream", stdout=out)
    fixture.write_text(out.getvalue())
    Action.objects.all().delete()
    call_command("loaddata", str(fixture), verbosity=0)
    assert Action.objects.get().actor == lennon
    assert received == []


def test_a_handler_that_raises_takes_the_action_back(lennon):
    def refuse(instance, **kwargs):
        raise PermissionError

    signals.action.connect(refuse)
    try:
        with pytest.raises(PermissionError):
            action.send(lennon, "sang")
        with pytest.raises(PermissionError):
            action.send_many([{"actor": lennon, "verb": "sang"}])
    finally:
        signals.action.disconnect(refuse)
    assert not Action.objects.exists()


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
def test_deleting_an_object_takes_a_fixed_number_of_queries(
    lennon, count, django_assert_num_queries
):
    band = Band.objects.create(name="The Quarrymen")
    action.send_many([{"actor": band, "verb": "x", "target": lennon}] * count)
    action.send_many([{"actor": lennon, "verb": "x", "target": band}] * count)
    with django_assert_num_queries(3):  # the follows, all actions at once, the band
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


# Words


def test_str_says_who_did_what_when(lennon, hendrix):
    song = Song.objects.create(title="Imagine")
    hours_ago = timezone.now() - dt.timedelta(hours=3)
    assert str(action.send(lennon, "sang", hendrix, song, datetime=hours_ago)) == (
        "lennon sang Imagine to hendrix, 3 hours ago"
    )
    assert str(action.send(lennon, "sang", None, song)) == "lennon sang Imagine, just now"
    assert str(action.send(lennon, "met", hendrix)) == "lennon met hendrix, just now"
    assert str(action.send(lennon, "slept")) == "lennon slept, just now"
    assert str(Action(verb="slept")) == "someone slept, just now"


def test_absolute_url(lennon, client):
    sent = action.send(lennon, "sang")
    assert sent.get_absolute_url() == f"/stream/action/{sent.pk}/"
    with override_settings(ROOT_URLCONF="follow.urls"):
        assert sent.get_absolute_url() == ""
