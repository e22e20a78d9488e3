"""The columns of an arc: constraints, indexes, and registration."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db import IntegrityError, models, transaction
from django.db.migrations.state import ModelState
from django.test.utils import isolate_apps

from stream.arc import Arc, AtMostOne, RelatedName, related
from stream.arc.models import ArcModel
from stream.arc.reading import ArcReader
from stream.models import Action

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
    assert index.fields == ["actor_user", "datetime", "id"]
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
def test_what_is_kept_of_columns_is_made_anew_for_a_new_one():
    owner = make_owner()
    for model, column in ((User, "role_user"), (Group, "role_group")):
        owner.role.add(model, related_name="+")
        reader = ArcReader.of(owner, "default")
        assert column in reader.select
        assert getattr(owner(**{f"{column}_id": 1}), f"{column}_id") == 1
        assert ArcReader.of(owner, "default") is reader


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

    with pytest.raises(
        ImproperlyConfigured, match="has an attribute 'role_rows' of its own"
    ) as told:
        make_owner().role.add(Drum)
    assert "or set STREAM_RELATED_NAMES = {'role_rows': 'stream_role_rows'}" in str(told.value)


def test_e062_a_taken_related_name_is_told_how_to_change(monkeypatch):
    with isolate_apps("tests.testapp") as isolated:

        class Drum(models.Model):
            roles_drum = models.TextField()
            keeper = models.ForeignKey(
                "self", models.CASCADE, related_name=RelatedName("following")
            )
            following = models.TextField()

            class Meta:
                app_label = "testapp"

        make_owner().role.add(Drum)
        monkeypatch.setattr(related, "apps", isolated)
        errors = related.check_related_names()

    assert {each.id for each in errors} == {"stream.E062"}
    assert {each.obj.name: each.hint for each in errors} == {
        "keeper": "Write STREAM_RELATED_NAMES = {'following': 'stream_following'} in the settings.",
        "role_drum": "Write register_role('testapp.Drum', related_name='stream_roles_drum').",
    }


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
def test_set_default_is_refused():
    class Drum(models.Model):
        class Meta:
            app_label = "testapp"

    with pytest.raises(ImproperlyConfigured, match="pass on_delete=SET_NULL"):
        make_owner().role.add(Drum, on_delete=models.SET_DEFAULT)


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


def test_rows_have_no_role_in_rows_of_their_own():
    """Who may see an action on an action would depend on itself."""
    with pytest.raises(ImproperlyConfigured, match="stream.Action cannot have a role in itself"):
        Action.target.add(Action)
