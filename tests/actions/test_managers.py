"""Streams of one's own."""

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Value

from stream.actions.sending import ActionQuerySet
from stream.managers import ActionManager, load_manager
from stream.models import Action
from stream.utils import action
from tests.support.managers import SiteManager

pytestmark = pytest.mark.django_db


@pytest.fixture
def actions(lennon):
    sent = [action.send(lennon, verb) for verb in ("sang", "slept", "ate")]
    action.send(lennon, "sang", public=False)
    return sent


def test_a_dict_a_tuple_and_a_queryset(actions, lennon, django_assert_num_queries):
    sang, slept, _ = actions
    with django_assert_num_queries(2):
        assert [each.actor for each in Action.objects.by_verb("sang")] == [lennon]
    assert list(Action.objects.either("sang", "slept")) == [slept, sang]
    assert not Action.objects.either()
    assert Action.objects.hidden().count() == 1


def test_on_related_managers(actions, lennon):
    action.send(User.objects.create(username="ono"), "sang")
    assert list(lennon.actor_actions.by_verb("sang")) == actions[:1]


def test_a_wrong_return_type_is_named(actions):
    message = r"^SiteManager.wrong\(\) returned 'verb'; return a dict, a tuple of dicts or a query"
    with pytest.raises(TypeError, match=message):
        Action.objects.wrong()


class Rows(ActionQuerySet):
    def visible_to(self, user):
        return super().visible_to(user).exclude(verb="slept")


class OwnRule(ActionManager):
    def visible_to(self, user):
        return super().visible_to(user).exclude(verb="slept")


class Fewer(ActionManager):
    def get_queryset(self):
        return super().get_queryset().exclude(verb="slept")


class More(ActionManager):
    def get_queryset(self):
        return super().get_queryset().annotate(one=Value(1))


@pytest.mark.parametrize(
    ("manager", "count"),
    [
        (OwnRule, 1),
        (ActionManager.from_queryset(Rows), 1),
        (Fewer, 1),
        (More, 1),
        (ActionManager, 0),
    ],
)
def test_what_a_user_may_see_of_loaded_actions(
    manager, count, actions, lennon, hendrix, django_assert_num_queries
):
    own = manager()
    own.model = Action
    loaded = list(Action.objects.all())
    for user in (lennon, hendrix, None):
        delivered = [each for each in loaded if each.public or user == lennon]
        with django_assert_num_queries(count):
            seen = own.visible_among_delivered(delivered, user)
        assert set(seen) == set(own.visible_to(user)) == set(own.visible_among(loaded, user))


def test_the_setting(settings):
    assert type(Action.objects) is SiteManager
    assert type(load_manager()) is SiteManager
    settings.STREAM_ACTION_MANAGER = "tests.support.managers.NoManager"
    with pytest.raises(ImproperlyConfigured, match="name a subclass of stream.managers.ActionMana"):
        load_manager()
    del settings.STREAM_ACTION_MANAGER
    assert type(load_manager()) is ActionManager
