"""Sending an action: what is written, what is refused."""

import datetime as dt

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser, User
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from stream.arc import NotRegistered
from stream.models import Action
from stream.utils import action
from tests.testapp.models import Orchestra, Song

pytestmark = pytest.mark.django_db


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
        ({"data": {"x": object()}}, ValueError, r"action.send\(data={.*\): .*; pass what JSON can"),
        ({"data": {"x": float("nan")}}, ValueError, r"action.send\(data={.*\): .*; pass what JSO"),
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
