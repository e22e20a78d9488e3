"""Deleting an object with many actions: by the command in batches, and by Django in one step."""

from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.db.models import Count, Model, deletion
from django.db.models.signals import post_delete
from django.test.utils import CaptureQueriesContext

from follow.models import Follow
from follow.signals import unfollowed
from follow.utils import follow
from stream.models import Action
from stream.notifications import notify
from stream.notifications.models import Notification
from stream.streams import actor_stream, user_stream
from stream.utils import action
from tests.testapp.models import Song, Venue

pytestmark = pytest.mark.django_db


@pytest.fixture
def venue(lennon):
    venue = Venue.objects.create(name="Cavern")
    action.send_many({"actor": lennon, "verb": "played", "target": venue} for _ in range(7))
    return venue


def delete(of, **options):
    out = StringIO()
    call_command("delete_actions", of=of, stdout=out, **options)
    return out.getvalue()


def test_all_actions_of_an_object_go_in_batches(lennon, hendrix, venue):
    others = [action.send(lennon, "slept"), action.send(hendrix, "met", lennon)]
    notify(hendrix, Action.objects.first())
    said = delete(f"testapp.venue:{venue.pk}", batch=3)
    assert said == "3 of 7\n6 of 7\n7 of 7\nActions deleted: 7.\n"
    assert set(Action.objects.all()) == set(others)
    assert not Notification.objects.exists()
    delete(f"auth.User:{lennon.pk}")  # in every role
    assert not Action.objects.exists()
    assert User.objects.count() == 2


def test_a_run_that_was_broken_off_goes_on(venue, monkeypatch):
    real, calls = type(Action._base_manager.all()).delete, []

    def fail_at_the_second(self):
        calls.append(self)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(self)

    with monkeypatch.context() as patch:
        patch.setattr(type(Action._base_manager.all()), "delete", fail_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            delete(f"testapp.venue:{venue.pk}", batch=3)
    assert Action.objects.count() == 4
    assert delete(f"testapp.venue:{venue.pk}").endswith("Actions deleted: 4.\n")


def test_each_batch_takes_the_same_queries(venue):
    """However many there are: one for the keys, and Django's for so many actions."""
    with CaptureQueriesContext(connection) as few:
        delete(f"testapp.venue:{venue.pk}", batch=7)
    for _ in range(2):
        action.send_many(
            {"actor": User.objects.get(), "verb": "x", "target": venue} for _ in range(7)
        )
    with CaptureQueriesContext(connection) as more:
        delete(f"testapp.venue:{venue.pk}", batch=7)
    assert len(more) <= 2 * len(few)
    assert not [each["sql"] for each in more if "description" in each["sql"]]  # no whole rows


@pytest.mark.parametrize(
    ("of", "said"),
    [
        ("auth.user", "write APP.MODEL:KEY, such as blog.post:1"),
        ("auth.user:x", "must be an integer"),
        ("auth:1", "write APP.MODEL:KEY"),
        ("auth.nobody:1", "doesn't have a 'nobody' model"),
        ("sessions.session:1", "sessions.Session has no role in actions"),
    ],
)
def test_what_is_no_object_with_a_role_is_refused(of, said):
    with pytest.raises(CommandError) as error:
        delete(of)
    assert said in str(error.value)
    with pytest.raises(CommandError, match="a batch has one action at least"):
        delete("auth.user:1", batch=0)


# By Django alone


@pytest.fixture
def _no_notifications(monkeypatch):
    """Let Django find what it finds where the app is not installed."""
    find = deletion.get_candidate_relations_to_delete

    def find_others(opts):
        return (each for each in find(opts) if each.related_model is not Notification)

    monkeypatch.setattr(deletion, "get_candidate_relations_to_delete", find_others)


@pytest.mark.usefixtures("_no_notifications")
@pytest.mark.parametrize("role", ["actor", "target", "action_object"])
def test_without_notifications_an_object_is_deleted_with_its_actions_unseen(lennon, role):
    """Also the follows of it."""

    def delete_one_with(count):
        song, star = Song.objects.create(title="x"), User.objects.create(username="star")
        obj = star if role == "actor" else song
        rows = {"actor": lennon, "verb": "x", role: obj}
        action.send_many(rows for _ in range(count))
        users = User.objects.bulk_create(User(username=f"fan{n}") for n in range(count))
        Follow.objects.bulk_create(Follow(user=each, target=obj) for each in users)
        with CaptureQueriesContext(connection) as queries:
            obj.delete()
        assert not Action.objects.exists()
        assert not Follow.objects.exists()
        User.objects.exclude(pk=lennon.pk).delete()
        statements = [each["sql"] for each in queries]
        assert not [
            sql for sql in statements if sql.startswith("SELECT") and "stream_action" in sql
        ]
        assert not [
            sql for sql in statements if sql.startswith("SELECT") and "follow_follow" in sql
        ]
        return len(statements)

    assert delete_one_with(120) == delete_one_with(1)


def test_follows_are_loaded_to_tell_of_their_end_while_somebody_listens(lennon, hendrix):
    told = []

    def listen(instance, **kwargs):
        told.append(instance.pk)

    for listens in (True, False):
        made = follow(lennon, hendrix)
        (unfollowed.connect if listens else unfollowed.disconnect)(listen)
        made.delete()
        assert post_delete.has_listeners(Follow) == listens
    assert len(told) == 1


@pytest.mark.django_db(transaction=True)
def test_an_action_is_deleted_again_where_the_database_ends_the_first_try(monkeypatch, lennon):
    sent, usual, ended = action.send(lennon, "sang"), Model.delete, []
    deadlock = Exception(1213)  # as drivers tell of it

    def delete(self, *args, **kwargs):
        result = usual(self, *args, **kwargs)  # which takes the key of the instance
        if not ended:
            ended.append(self)
            raise OperationalError("deadlock detected") from deadlock
        return result

    monkeypatch.setattr(Model, "delete", delete)
    assert sent.delete()[0] == 1
    assert ended
    assert not Action.objects.exists()


@pytest.mark.parametrize(
    "rows",
    [
        lambda user: Action.objects.with_objects(),
        lambda user: Action.objects.only("verb"),
        lambda user: Action.objects.defer("data").order_by("verb"),
        lambda user: Action.objects.select_related("actor_user"),
        lambda user: Action.objects.annotate(more=Count("actor_user__groups")),
        lambda user: Action.objects.filter(actor_user__username="lennon"),
        lambda user: Action.objects.visible_to(user),
        lambda user: user.actor_actions.all(),
        lambda user: actor_stream(user),
        lambda user: user_stream(user, with_user_activity=True),
    ],
)
def test_actions_of_any_queryset_are_deleted(lennon, rows):
    action.send_many([{"actor": lennon, "verb": "sang", "target": lennon}] * 3)
    assert rows(lennon).delete()[0] == 3
    assert not Action.objects.exists()
