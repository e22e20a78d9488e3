"""What the register functions refuse, and the names that they make. See docs/errors.md too."""

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.db import models
from django.test.utils import isolate_apps

from follow.utils import register
from stream.arc import Arc
from stream.arc.link import ArcLink
from stream.arc.models import ArcModel
from stream.notifications import notify_on
from stream.notifications.rules import rules
from stream.utils import register_action_object, register_actor, register_target

REGISTER = [register_actor, register_target, register_action_object, register]


def make_owner():
    class Owner(ArcModel):
        datetime = models.DateTimeField()
        role = Arc("role_%(model_name)s", related_name="+", register="register_role")
        origin = ArcLink("origin_%(app_label)s_%(model_name)s", related_name="+", register="r")

        class Meta:
            app_label = "testapp"

    return Owner


def make_model(name, app_label="testapp"):
    meta = type("Meta", (), {"app_label": app_label})
    return type(name, (models.Model,), {"Meta": meta, "__module__": __name__})


# What is no model


@pytest.mark.parametrize("function", REGISTER)
@pytest.mark.parametrize(
    "odd",
    [None, 5, b"auth.User", "", "User", object, [None], ["auth.Usr", 5], User.objects.none()],
    ids=["none", "int", "bytes", "empty", "no app", "class", "list", "list of int", "queryset"],
)
def test_what_is_no_model_is_refused_by_name_of_the_call(function, odd):
    with pytest.raises(ImproperlyConfigured, match=rf"^{function.__name__}\("):
        function(odd)


@pytest.mark.parametrize("function", REGISTER)
@pytest.mark.parametrize("name", ["sites.Site", "auth.Usr", "a.b.User", ".User", "auth."])
def test_a_model_that_is_not_there_is_refused_once_all_are_loaded(function, name):
    with pytest.raises(ImproperlyConfigured, match=rf"^{function.__name__}\('{name}'\): "):
        function(name)


@pytest.mark.parametrize("function", REGISTER)
def test_without_a_model_it_is_a_decorator(function):
    with pytest.raises(ImproperlyConfigured, match=rf"^{function.__name__}\(5\): pass a model"):
        function(field_name="x")(5)


@isolate_apps("tests.testapp")
def test_a_model_of_an_app_that_is_not_installed_is_refused():
    with pytest.raises(
        ImproperlyConfigured, match="the app of nowhere.Thing is not installed; add"
    ):
        make_owner().role.add(make_model("Thing", "nowhere"))


# Odd options


class DatabaseRule:
    """As DB_CASCADE of Django 6.1."""

    def __call__(self, *args):
        pass

    def on_delete_sql(self, schema_editor):
        pass

    def __str__(self):
        return "DB_CASCADE"


@isolate_apps("tests.testapp")
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"on_delete": "CASCADE"}, "on_delete='CASCADE'; pass models.CASCADE"),
        ({"on_delete": None}, "on_delete=None; pass models.CASCADE"),
        (
            {"on_delete": getattr(models, "DB_CASCADE", DatabaseRule())},
            "on_delete=DB_CASCADE: Django lets the database delete rows only where all foreign",
        ),
        ({"field_name": ""}, "'' is no name"),
        ({"field_name": 5}, "5 is no name"),
        ({"related_name": ""}, "'' is no name"),
        ({"field_name": "a b"}, "'a b' cannot be the name of a column"),
        ({"field_name": "role__user"}, "the column 'role__user' is longer than"),
        ({"field_name": "role_user_"}, "the column 'role_user_' is longer than"),
        ({"field_name": "x" * 61}, "pass field_name such as 'role_1'"),
    ],
)
def test_options_that_no_column_can_have_are_refused(options, said):
    with pytest.raises(ImproperlyConfigured, match=rf"^f\(\): .*{said}"):
        make_owner().role.add(User, **options, call="f()")


def test_a_rule_of_notifications_is_a_function():
    with pytest.raises(ImproperlyConfigured, match=r"^@notify_on\(\): 'liked' is no function"):
        notify_on("liked")("liked")
    assert not rules


# The names that are made


LONG = "PurchaseOrderApprovalRequestCommentAttachmentOfAnOrganization"


@isolate_apps("tests.testapp")
@pytest.mark.parametrize("arc", ["role", "origin"])
@pytest.mark.parametrize("name", [LONG, "Ünïcödé" * 8, "模型" * 11], ids=["ascii", "two", "three"])
def test_names_of_many_bytes_are_shortened_to_what_all_databases_take(arc, name):
    owner = make_owner()
    first, second = make_model(name), make_model(f"{name}2")
    arc = owner.role if arc == "role" else owner.origin
    for model in (first, second):
        arc.add(model)
    fields = [arc.find_field(model) for model in (first, second)]
    assert len({field.column for field in fields}) == 2
    assert all(len(field.column.encode()) <= 63 for field in fields)
    assert all(field.column.startswith(f"{arc.name}_") for field in fields)
    made = [*owner._meta.indexes, *owner._meta.constraints]
    assert len({each.name for each in made}) == len(made)
    assert all(len(each.name.encode()) <= 30 for each in made)
    assert {each.id for each in owner.check()} == {"testapp.E001"}


@isolate_apps("tests.testapp")
def test_a_shortened_name_is_stable():
    owner = make_owner()
    owner.role.add(make_model(LONG))
    assert owner.role.columns == ["role_purchaseorderapprovalrequestcommentattachmentofan923a49"]


@pytest.mark.parametrize("label", ["core_", "_core", "co__re"])
def test_underscores_of_an_apps_label_are_no_part_of_a_name(label, monkeypatch):
    with isolate_apps("tests.testapp"):
        owner, model = make_owner(), make_model("Photo")
        monkeypatch.setattr(model._meta, "app_label", label)
        monkeypatch.setattr(type(model._meta), "app_config", True)
        owner.origin.add(model, related_name="%(app_label)s_%(model_name)s")
        [field] = owner.origin.fields
        assert field.name == f"origin_{label.strip('_').replace('__', '_')}_photo"
        assert not [each for each in field.check() if each.id.startswith("fields.E00")]
        assert "__" not in field.remote_field.related_name


@isolate_apps("tests.testapp")
def test_the_column_of_an_origin_can_be_named():
    owner = make_owner()
    owner.origin.add(make_model("Photo"), "origin_photo", call="testapp.Photo(Activity)")
    assert owner.origin.columns == ["origin_photo"]
    with pytest.raises(ImproperlyConfigured) as caught:
        owner.origin.add(make_model("Picture"), "origin_photo", call="testapp.Picture(Activity)")
    assert str(caught.value) == (
        "testapp.Picture(Activity): the column 'origin_photo' is already used for testapp.Photo; "
        "write activity_field_name='origin_testapp_testapp_picture'."
    )
