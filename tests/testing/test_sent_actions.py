"""What tests of a site assert of the actions that were sent."""

import re
from contextlib import contextmanager

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.test import TestCase
from django.utils.translation import gettext_lazy, override

from stream.arc import NotRegistered
from stream.managers import ActionQuerySet
from stream.models import Action
from stream.testing import assert_action_sent, capture_actions
from stream.testing.sent import MOST_SHOWN
from stream.utils import action
from tests.activities.models import Photo
from tests.testapp.models import Song, Stage, Studio

pytestmark = pytest.mark.django_db


@pytest.fixture
def song(db):
    return Song.objects.create(title="Imagine")


@pytest.fixture
def stage(db):
    return Stage.objects.create(name="Woodstock")


def refused(*args, **kwargs):
    """Return what the assertion says where it fails."""
    with pytest.raises(AssertionError) as failure:
        assert_action_sent(*args, **kwargs)
    return str(failure.value)


# The assertion


def test_it_returns_the_actions_that_it_found(lennon, song):
    sung = action.send(lennon, "sang", song)
    assert assert_action_sent("sang") == [sung]
    assert assert_action_sent("wept", count=0) == []
    again = action.send(lennon, "sang", song)
    assert assert_action_sent("sang", count=2) == [sung, again]


def test_only_what_is_given_is_compared(lennon, hendrix, song, stage):
    action.send(lennon, "sang", song, context=stage, data={"key": "C"}, public=False)
    for same in (
        {},
        {"actor": lennon},
        {"target": song},
        {"context": stage},
        {"action_object": None},
        {"data": {"key": "C"}},
        {"public": False},
        {"description": ""},
        {"actor": lennon, "target": song, "context": stage, "action_object": None},
    ):
        assert_action_sent("sang", **same)
        assert "not 0: verb='sang'" in refused("sang", count=0, **same)
    for other in (
        {"actor": hendrix},
        {"target": Song.objects.create(title="Jealous Guy")},
        {"target": None},
        {"target": lennon},  # of another model
        {"context": None},
        {"action_object": hendrix},
        {"data": {}},
        {"public": True},
        {"description": "loudly"},
    ):
        assert_action_sent("sang", count=0, **other)
        [name] = other
        assert refused("sang", **other).endswith(f"<- other {name}")


def test_an_object_of_another_model_with_the_same_key_is_another(lennon):
    group = Group.objects.create(pk=lennon.pk, name="Beatles")
    action.send(lennon, "joined", group)
    assert_action_sent("joined", target=group)
    assert_action_sent("joined", target=lennon, count=0)


def test_children_are_their_registered_parents(lennon):
    studio = Studio.objects.create(name="Abbey Road")
    action.send(lennon, "recorded", studio)
    assert_action_sent("recorded", target=studio)
    assert_action_sent("recorded", target=Studio.objects.create(name="Olympic"), count=0)


def test_the_failure_lists_what_there_is_and_what_differs(lennon, hendrix, song):
    action.send(hendrix, "wept")
    action.send(hendrix, "sang", song)
    other = f"auth.User {hendrix.pk} (hendrix)"
    assert refused("sang", actor=lennon, target=None) == (
        f"sent 0 times, not 1: verb='sang', actor=auth.User {lennon.pk} (lennon), target=None\n"
        f"There are 2, the most similar first:\n"
        f"- verb='sang', actor={other}, target=testapp.Song {song.pk!r} "
        f"(Imagine)  <- other actor, target\n"
        f"- verb='wept', actor={other}, target=None  <- other verb, actor"
    )
    assert refused("slept", among=[]) == "sent 0 times, not 1: verb='slept'\nThere are no actions."
    Action.objects.all().delete()
    assert "There are no actions." in refused("sang")


def test_the_failure_names_the_most_similar_of_many(lennon):
    action.send_many({"actor": lennon, "verb": f"{i}"} for i in range(MOST_SHOWN + 5))
    action.send(lennon, "sang", public=False)
    lines = refused("sang", public=True).splitlines()
    assert lines[2].endswith("public=False  <- other public")
    assert len(lines) == MOST_SHOWN + 3
    assert lines[-1] == "- and 6 more"


def test_the_failure_tells_no_address_and_survives_a_lost_object(hendrix, song):
    anonymous = User.objects.create(username="x@example.com", email="x@example.com")
    sung = action.send(anonymous, "sang", song)
    sung.refresh_from_db()
    song.delete()
    said = refused("sang", actor=hendrix, among=[sung])
    assert f"actor=auth.User {anonymous.pk} (user {anonymous.pk})" in said
    assert "target" not in said


def test_impossible_objects_are_refused(lennon):
    with pytest.raises(NotRegistered, match="not registered as context"):
        assert_action_sent("sang", context=lennon, count=0)
    with pytest.raises(ValueError, match="is not saved"):
        assert_action_sent("sang", actor=User(username="ono"), count=0)


def test_verbs_are_compared_as_they_are_stored(lennon):
    action.send(lennon, gettext_lazy("Stream Item"))
    with override("de"):
        assert_action_sent(gettext_lazy("Stream Item"))
    assert_action_sent("stream item", count=0)


# Capturing


def test_it_gives_what_is_sent_in_the_block_oldest_first(lennon, song):
    action.send(lennon, "wept")
    with capture_actions() as sent:
        first = action.send(lennon, "sang", song, public=False)
        second = Action.objects.create(lennon, "danced")
        action.send_many({"actor": lennon, "verb": f"{i}"} for i in range(3))
        photo = Photo.objects.create(user=lennon, title="Me")
    action.send(lennon, "slept")
    assert sent[:2] == [first, second]
    assert [each.verb for each in sent[2:5]] == ["0", "1", "2"]
    assert sent[5].action_object == photo
    assert len(sent) == 6
    assert_action_sent("wept", among=sent, count=0)
    assert_action_sent("slept", among=sent, count=0)
    assert_action_sent("sang", target=song, among=sent)


def test_it_takes_two_queries_and_changes_none(lennon, song, django_assert_num_queries):
    with django_assert_num_queries(2), capture_actions() as sent:
        pass
    assert sent == []
    with capture_actions() as sent, django_assert_num_queries(1):
        action.send(lennon, "sang", song)
    with django_assert_num_queries(0):
        assert str(sent[0]) == "lennon sang Imagine, just now"
        assert_action_sent("sang", actor=lennon, among=sent)


class FailedError(Exception):
    pass


@contextmanager
def fails():
    with pytest.raises(FailedError):
        yield


def test_it_leaves_out_what_was_rolled_back_or_deleted(lennon):
    with capture_actions() as sent:
        with fails(), transaction.atomic():
            action.send(lennon, "sang")
            raise FailedError
        action.send(lennon, "danced").delete()
        action.send(lennon, "slept")
    assert [each.verb for each in sent] == ["slept"]


def test_it_lets_errors_through(lennon):
    with fails(), capture_actions() as sent:
        action.send(lennon, "sang")
        raise FailedError
    assert_action_sent("sang", among=sent)


def test_where_a_statement_failed_nothing_was_sent(lennon):
    with fails(), transaction.atomic(), capture_actions() as sent:
        action.send(lennon, "sang")
        transaction.set_rollback(True)  # as a failing statement does
        raise FailedError
    assert sent == []
    assert_action_sent("sang", count=0)


def test_it_sees_what_a_sites_manager_leaves_out(lennon, monkeypatch):
    nothing = ActionQuerySet(Action).none()
    with capture_actions() as sent:
        action.send(lennon, "sang")
        monkeypatch.setattr(Action._default_manager, "get_queryset", lambda: nothing)
    assert not Action.objects.exists()
    assert_action_sent("sang")
    assert len(sent) == 1


def test_blocks_inside_blocks_see_their_own(lennon):
    with capture_actions() as outer:
        action.send(lennon, "sang")
        with capture_actions() as inner:
            action.send(lennon, "danced")
    assert ([each.verb for each in outer], [each.verb for each in inner]) == (
        ["sang", "danced"],
        ["danced"],
    )


@pytest.mark.django_db(databases=["default", "other"])
def test_each_database_has_its_own():
    ono = User.objects.db_manager("other").create(username="ono")
    with capture_actions() as here, capture_actions(using="other") as there:
        action.send(ono, "sang")
    assert (here, [each.actor for each in there]) == ([], [ono])
    assert_action_sent("sang", actor=ono, using="other")
    assert_action_sent("sang", count=0)


def test_in_async_code():
    async def act():
        ono = await User.objects.acreate(username="ono")
        async with capture_actions() as sent:
            await action.asend(ono, "sang")
        assert_action_sent("sang", actor=ono, among=sent)
        assert re.search("actor=auth.User [0-9]+ .ono.", refused("wept", among=sent))

    async_to_sync(act)()


class SentInTestCases(TestCase):
    def test_captured(self):
        ono = User.objects.create(username="ono")
        with self.captureOnCommitCallbacks(execute=True), capture_actions() as sent:
            action.send(ono, "sang")
        assert_action_sent("sang", actor=ono, among=sent)


# The fixture


@pytest.fixture
def earlier(lennon):
    action.send(lennon, "wept")


def test_the_fixture_gives_what_was_sent_since(earlier, lennon, stream_actions):
    assert stream_actions() == []
    action.send(lennon, "sang")
    assert_action_sent("sang", among=stream_actions())
    assert_action_sent("wept", among=stream_actions(), count=0)
