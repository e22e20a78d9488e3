"""The arc: descriptor, registry, conditions, indexes and constraints."""

import pytest
from django.apps import apps
from django.contrib.auth.models import AnonymousUser, Group, User
from django.core.exceptions import FieldError, ImproperlyConfigured, ValidationError
from django.db import IntegrityError, models, transaction
from django.db.migrations.state import ModelState
from django.test.utils import isolate_apps
from django.utils.functional import SimpleLazyObject

from stream.arc import Arc, AtMostOne, NotRegistered
from stream.arc_model import ArcModel
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


def make_owner():
    """Make a model with an arc of its own, to register things without touching Action."""

    class Owner(ArcModel):
        datetime = models.DateTimeField()
        role = Arc(
            "role_%(model_name)s",
            related_name="roles_%(model_name)s",
            accessor="role_rows",
            register="register_role",
            required=True,
        )

        class Meta:
            app_label = "testapp"

    return Owner


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
    assert {User, Group, Band, Crew, RoadCrew} == set(Action.actor.models)
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


# Conditions


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


# The database's part


def test_at_most_one_column_of_a_role_is_set():
    lennon, editors = User.objects.create(username="lennon"), Group.objects.create(name="e")
    with pytest.raises(IntegrityError), transaction.atomic():
        Action.objects.bulk_create(
            [Action(verb="x", actor_user_id=lennon.pk, actor_group_id=editors.pk)]
        )


def test_full_clean_knows_the_constraint_and_the_required_role():
    lennon, editors = User.objects.create(username="lennon"), Group.objects.create(name="e")
    Action(verb="x", actor=lennon).full_clean()
    with pytest.raises(ValidationError, match="stream_actor_arc"):
        Action(verb="x", actor_user=lennon, actor_group=editors).full_clean()
    with pytest.raises(ValidationError, match="Choose one: actor"):
        Action(verb="x").full_clean()


def test_migrations_see_plain_fields_indexes_and_constraints():
    state = ModelState.from_model(Action)
    _, path, _, kwargs = state.fields["actor_user"].deconstruct()
    assert path == "django.db.models.ForeignKey"
    assert (kwargs["null"], kwargs["db_index"]) == (True, False)
    index = next(each for each in state.options["indexes"] if each.name == "stream_actor_user_idx")
    assert index.fields == ["actor_user", "-datetime", "-id"]
    assert index.condition == models.Q(actor_user__isnull=False)
    arc = next(each for each in state.options["constraints"] if each.name == "stream_actor_arc")
    assert arc.condition == AtMostOne(*Action.actor.columns)
    assert arc.condition.deconstruct()[0] == "stream.arc.AtMostOne"


def test_index_names_fit_and_are_unique():
    names = [index.name for index in Action._meta.indexes]
    assert all(len(name) <= 30 for name in names)
    assert len(names) == len(set(names))


@isolate_apps("tests.testapp")
def test_a_long_column_gets_a_short_stable_index_name():
    owner = make_owner()

    class AVeryLongNameForAModelIndeed(models.Model):
        class Meta:
            app_label = "testapp"

    owner.role.add(AVeryLongNameForAModelIndeed)
    assert [index.name for index in owner._meta.indexes] == ["testapp_role_averylongna5d3254"]


# Registration


@isolate_apps("tests.testapp")
def test_proxies_and_children_made_before_see_the_new_column():
    owner = make_owner()

    class Proxy(owner):
        class Meta:
            app_label = "testapp"
            proxy = True

    class Child(owner):
        class Meta:
            app_label = "testapp"

    assert "role_user" not in [field.name for field in Proxy._meta.get_fields()]
    assert "role_user" not in [field.name for field in Child._meta.get_fields()]
    owner.role.add(User, related_name="+")
    assert "role_user" in [field.name for field in Proxy._meta.get_fields()]
    assert "role_user" in [field.name for field in Child._meta.get_fields()]
    assert Child(role=User(pk=1)).role_user_id == 1


@isolate_apps("tests.testapp")
def test_the_same_registration_again_changes_nothing():
    owner = make_owner()
    owner.role.add(User, related_name="+")
    owner.role.add(User, related_name="+")
    assert owner.role.columns == ["role_user"]


@isolate_apps("tests.testapp")
@pytest.mark.parametrize(
    ("options", "known"),
    [
        ({"field_name": "other"}, "field_name='role_user'"),
        ({"on_delete": models.SET_NULL}, "on_delete=CASCADE"),
        ({"related_name": "roles"}, r"related_name='\+'"),
    ],
)
def test_other_options_for_the_same_model_are_refused(options, known):
    owner = make_owner()
    owner.role.add(User, related_name="+")
    with pytest.raises(
        ImproperlyConfigured, match=rf"^f\(\): auth.User is registered already, with {known}"
    ):
        owner.role.add(User, **{"related_name": "+", **options}, call="f()")


@isolate_apps("tests.testapp")
def test_a_taken_column_names_a_free_one():
    class User(models.Model):
        class Meta:
            app_label = "testapp"

    owner = make_owner()
    owner.role.add(apps.get_model("auth.User"), related_name="+")
    with pytest.raises(ImproperlyConfigured) as caught:
        owner.role.add(User, call="register_role('testapp.User')")
    assert str(caught.value) == (
        "register_role('testapp.User'): the column 'role_user' is already used for auth.User; "
        "pass field_name='role_testapp_user'."
    )
    with pytest.raises(ImproperlyConfigured, match="'save' is already an attribute of testapp.Own"):
        owner.role.add(User, field_name="save")


@isolate_apps("tests.testapp")
def test_a_taken_accessor_is_named():
    class Drum(models.Model):
        role_rows = 1

        class Meta:
            app_label = "testapp"

    with pytest.raises(ImproperlyConfigured, match="has an attribute 'role_rows' of its own"):
        make_owner().role.add(Drum)


@isolate_apps("tests.testapp")
def test_composite_primary_keys_are_refused():
    class Pair(models.Model):
        pk = models.CompositePrimaryKey("left", "right")
        left = models.IntegerField()
        right = models.IntegerField()

        class Meta:
            app_label = "testapp"

    with pytest.raises(ImproperlyConfigured, match="testapp.Pair has a composite primary key"):
        make_owner().role.add(Pair)


@isolate_apps("tests.testapp")
def test_names_may_hold_the_app_label():
    class Drum(models.Model):
        class Meta:
            app_label = "testapp"

    owner = make_owner()
    owner.role.add(Drum, "the_%(app_label)s_%(model_name)s", "%(app_label)s_rows")
    assert owner.role.columns == ["the_testapp_drum"]
    assert Drum._meta.get_field("testapp_rows").related_model is owner


def test_the_at_most_one_condition_filters():
    lennon = User.objects.create(username="lennon")
    Action.objects.create(lennon, "sang", lennon)
    assert Action.objects.filter(AtMostOne("actor_user", "actor_group")).count() == 1
    assert Action.objects.filter(AtMostOne("actor_user", "target_user")).count() == 0
