"""Which texts are equal: those of the same characters, in every database."""

import pytest

from follow.models import Follow
from follow.utils import follow
from stream.models import Action
from stream.notifications import is_muted, mute, unmute
from stream.utils import action

pytestmark = pytest.mark.django_db

OTHERS = ["Liked", "LIKED", "líked", "liked "]


@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("name", ["verb", "description"])
def test_no_filter_takes_one_text_for_another(lennon, name, other):
    action.send(lennon, other, description=other)
    assert not Action.objects.filter(**{name: "liked"})
    assert Action.objects.filter(**{name: other})
    assert not Action.objects.filter(**{f"{name}__in": ["liked"]})


@pytest.mark.parametrize("other", OTHERS)
def test_get_or_create_makes_another_action_of_another_verb(lennon, other):
    Action.objects.get_or_create(lennon, "liked")
    assert Action.objects.get_or_create(lennon, other)[1]
    assert Action.objects.get_or_create(lennon, "liked", description=other)[1]
    assert Action.objects.get_or_create(lennon, "liked", description="liked")[1]


def test_groups_are_of_one_verb(lennon):
    for verb in ("liked", *OTHERS):
        action.send(lennon, verb)
    groups = Action.objects.grouped("verb").page()
    assert {group.verb for group in groups} == {"liked", *OTHERS}


@pytest.mark.parametrize("other", OTHERS)
def test_follows_have_the_flag_that_was_given(lennon, hendrix, other):
    follow(lennon, hendrix, "liked")
    assert not Follow.objects.is_following(lennon, hendrix, other)
    follow(lennon, hendrix, other)
    assert Follow.objects.count() == 2
    assert Action.objects.user_stream(lennon, flag=other).page() is not None


@pytest.mark.parametrize("other", OTHERS)
def test_mutes_are_of_one_verb(lennon, other):
    mute(lennon, verb="liked")
    assert not is_muted(lennon, verb=other)
    assert mute(lennon, verb=other)
    assert unmute(lennon, verb=other)
    assert is_muted(lennon, verb="liked")


@pytest.mark.parametrize("name", ["verb", "description"])
@pytest.mark.parametrize(
    "lookup",
    [("iexact", "liked"), ("icontains", "KED"), ("istartswith", "li"), ("iregex", "^l.*d$")],
)
def test_lookups_that_ignore_case_ignore_it(lennon, name, lookup):
    action.send(lennon, "LIKED", description="LIKED")
    assert Action.objects.filter(**{f"{name}__{lookup[0]}": lookup[1]})
