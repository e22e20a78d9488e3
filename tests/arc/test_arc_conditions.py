"""Conditions of an arc, and the filters that the original documents."""

import pytest
from django.contrib.auth.models import Group, User
from django.core.exceptions import FieldError
from django.db import models

from follow.models import Follow
from stream.models import Action
from tests.early.models import Band

pytestmark = pytest.mark.django_db


def test_conditions():
    lennon, ono = User(pk=1), User(pk=2)
    editors = Group(pk=3)
    assert Action.actor.q(lennon) == models.Q(actor_user=1)
    mixed = Action.actor.q_in([lennon, editors, ono])
    assert mixed == models.Q(actor_user__in=[1, 2]) | models.Q(actor_group__in=[3])
    assert not Action.objects.filter(Action.actor.q_in([])).exists()


def test_a_queryset_becomes_a_subquery(django_assert_num_queries):
    lennon = User.objects.create(username="lennon")
    made = Action.objects.create(lennon, "sang")
    with django_assert_num_queries(1):
        assert list(Action.objects.get_for_actors(User.objects.all())) == [made]


@pytest.mark.parametrize(
    ("obj", "error"), [(None, TypeError), (User, TypeError), (User(), ValueError)]
)
def test_what_is_no_saved_object_is_not_looked_for(obj, error):
    Action.objects.create(Band.objects.create(name="x"), "sang")  # without a user
    for condition in (Action.actor.q, lambda obj: Action.actor.q_in([obj])):
        with pytest.raises(error):
            condition(obj)
    with pytest.raises(error):
        Action.objects.get_for_actor(obj)


def test_none_means_without_an_object():
    lennon = User.objects.create(username="lennon")
    plain = Action.objects.create(lennon, "sang")
    Action.objects.create(lennon, "sang", lennon)
    assert Action.objects.filter(Action.target.q_none()).get() == plain


@pytest.mark.parametrize("role", ["actor", "target", "action_object"])
def test_filter_by_queryset_as_the_original_documents_it(role):
    lennon, ono, starr = (User.objects.create(username=name) for name in ("al", "bo", "ax"))
    first = Action.objects.create(lennon, "x", lennon, lennon)
    Action.objects.create(ono, "x", ono, ono)
    third = Action.objects.create(starr, "x", starr, starr)
    starting_with_a = User.objects.filter(username__startswith="a")
    found = Action.objects.filter(**{f"{role}_user": starting_with_a})
    assert set(found) == {first, third}
    assert Action.objects.exclude(**{f"{role}_user": starting_with_a}).get().actor == ono


def test_a_sliced_queryset_keeps_its_meaning():
    lennon = User.objects.create(username="lennon")
    made = Action.objects.create(lennon, "x")
    assert Action.objects.get(actor_user=User.objects.all()[:1]) == made
    with pytest.raises(ValueError, match="limited to one result"):
        list(Action.objects.filter(actor_user=User.objects.all()[:2]))


def test_spans_across_tables():
    lennon = User.objects.create(username="lennon")
    editors = Group.objects.create(name="editors")
    made = Action.objects.create(lennon, "joined", editors)
    Action.objects.create(lennon, "left")
    assert Action.objects.get(actor_user__username__startswith="l", target_group__name="editors")
    names = Action.objects.order_by("-target_group__name", "verb").values_list(
        "actor_user__username", "target_group__name"
    )
    assert ("lennon", "editors") in names
    counted = User.objects.annotate(n=models.Count("actions_user")).get()
    assert counted.n == 2
    assert Group.objects.get(targetted_group__actor_user=lennon) == made.target
    with pytest.raises(FieldError):
        Action.objects.filter(actor_user__nonsense=1)


def test_rows_that_have_lost_what_they_need_are_found_and_deleted(lennon, hendrix):
    """As where a model was un-registered: the recipe of docs/migrations.md."""
    kept = Action.objects.create(lennon, "sang"), Follow.objects.create(lennon, hendrix)
    Action.objects.create(hendrix, "played")
    Action.objects.filter(actor_user=hendrix).update(actor_user=None)
    Follow.objects.create(hendrix, lennon)
    Follow.objects.filter(user=hendrix).update(target_user=None)
    Action.objects.filter(Action.actor.q_none()).delete()
    Follow.objects.filter(Follow.target.q_none()).delete()
    assert (Action.objects.get(), Follow.objects.get()) == kept
