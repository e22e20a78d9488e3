"""The arc: descriptor, models and keys, reverse names."""

import pytest
from django.contrib.auth.models import AnonymousUser, Group, User
from django.utils.functional import SimpleLazyObject

from stream.arc import NotRegistered
from stream.models import Action
from tests.early.models import Band
from tests.testapp.models import (
    Crew,
    CrewProxy,
    Orchestra,
    RoadCrew,
    Song,
    Studio,
    Tag,
    Venue,
)

pytestmark = pytest.mark.django_db


# The descriptor


def test_reads_and_writes_the_object():
    lennon, editors = User(pk=1), Group(pk=2)
    action = Action(actor=lennon)
    assert action.actor is lennon
    assert action.actor_user is lennon
    action.actor = editors
    assert action.actor is editors
    assert (action.actor_user, action.actor_user_id) == (None, None)


def test_none_clears():
    action = Action(actor=User(pk=1))
    action.actor = None
    assert action.actor is None
    assert action.actor_user_id is None


def test_setting_another_model_forgets_an_unsaved_object():
    action = Action(actor=User())
    action.actor = Group(pk=2)
    assert action.actor_user is None
    assert action.actor == Group(pk=2)


def test_on_the_class_it_is_the_registry():
    assert {User, Group, Band, Crew, RoadCrew, Venue} == set(Action.actor.models)
    assert Action.actor.columns == sorted(Action.actor.columns)
    assert "actor_user" in Action.actor.columns
    assert repr(Action.actor).startswith("<Arc stream.Action.actor: actor_band, actor_crew")


def test_empty_columns_are_not_queried(django_assert_num_queries):
    action = Action.objects.create(User.objects.create(username="lennon"), "sang")
    action = Action.objects.get(pk=action.pk)
    with django_assert_num_queries(0):
        assert action.target is None
    with django_assert_num_queries(1):
        assert action.actor.username == "lennon"


def test_deferred_columns_are_loaded_in_one_query(django_assert_num_queries):
    venue = Venue.objects.create(name="Cavern")
    made = Action.objects.create(User.objects.create(username="lennon"), "sang", venue)
    action = Action.objects.only("verb").get(pk=made.pk)
    with django_assert_num_queries(2):  # the columns, the venue
        assert action.target == venue


def test_deferred_columns_can_be_overwritten():
    lennon = User.objects.create(username="lennon")
    made = Action.objects.create(lennon, "sang", Venue.objects.create(name="Cavern"))
    action = Action.objects.only("verb").get(pk=made.pk)
    action.target = lennon
    action.save()
    assert Action.objects.get(pk=made.pk).target == lennon


def test_an_unregistered_object_cannot_be_set():
    with pytest.raises(
        NotRegistered, match=r"add stream.utils.register_actor\('testapp.Orchestra'\)"
    ):
        Action(actor=Orchestra(pk=1))


def test_a_stranger_cannot_be_set():
    with pytest.raises(TypeError, match="'lennon' is no model instance"):
        Action(actor="lennon")


def test_a_missing_object_reads_as_none():
    assert Action(actor_user_id=4711).actor is None


# Models and keys


@pytest.mark.parametrize(
    ("model", "column"),
    [
        (User, "target_user"),
        (Song, "target_song"),
        (Tag, "target_tag"),
        (Venue, "target_venue"),
        (Studio, "target_venue"),
    ],
)
def test_any_primary_key_round_trips(model, column):
    made = {
        User: lambda: User.objects.create(username="x"),
        Song: lambda: Song.objects.create(title="x"),
        Tag: lambda: Tag.objects.create(name="rock/pop"),
        Venue: lambda: Venue.objects.create(name="x"),
        Studio: lambda: Studio.objects.create(name="x"),
    }[model]()
    action = Action.objects.create(User.objects.create(username="lennon"), "saw", made)
    action = Action.objects.get(pk=action.pk)
    assert action.target.pk == made.pk
    assert getattr(action, column) == action.target
    assert Action.objects.get_for_target(made).get() == action


def test_a_child_uses_its_parents_column():
    assert Action.target.field_for(Studio).name == "target_venue"


def test_a_registered_child_uses_its_own_column():
    assert Action.actor.field_for(RoadCrew()).name == "actor_roadcrew"
    assert Action.actor.field_for(Crew()).name == "actor_crew"


def test_a_proxy_means_its_concrete_model():
    assert Action.actor.field_for(CrewProxy).name == "actor_crew"
    action = Action.objects.create(CrewProxy.objects.create(name="x"), "packed")
    assert action.actor_crew.name == "x"


def test_a_lazy_object_means_the_object_behind_it():
    lennon = User.objects.create(username="lennon")
    action = Action.objects.create(SimpleLazyObject(lambda: lennon), "sang")
    assert Action.objects.get(pk=action.pk).actor == lennon
    assert list(Action.objects.get_for_actor(SimpleLazyObject(lambda: lennon))) == [action]


def test_anonymous_users_are_no_objects():
    with pytest.raises(TypeError, match="is no model instance"):
        Action.actor.field_for(SimpleLazyObject(AnonymousUser))


def test_find_field_is_none_for_unregistered_models():
    assert Action.actor.find_field(Orchestra) is None


# Reverse names


def test_reverse_names_of_the_original():
    lennon = User.objects.create(username="lennon")
    made = Action.objects.create(lennon, "sang", lennon, lennon)
    assert lennon.actions_user.get() == made
    assert lennon.targetted_user.get() == made
    assert lennon.acted_user.get() == made


def test_uniform_reverse_names():
    lennon = User.objects.create(username="lennon")
    crew = RoadCrew.objects.create(name="x")
    studio = Studio.objects.create(name="Abbey Road")
    made = lennon.actor_actions.create(verb="sang", target=studio)
    assert lennon.actor_actions.get() == made
    assert studio.target_actions.get() == made
    assert lennon.action_object_actions.count() == 0
    assert crew.actor_actions.create(verb="packed").actor_roadcrew == crew
    assert list(lennon.actor_actions.get_for_target(studio)) == [made]
    assert lennon.actor_actions.get_or_create(verb="sang", target=studio) == (made, False)
