"""System checks of models that publish themselves: every id."""

import pytest
from django.apps import apps
from django.db import models
from django.test import modify_settings
from django.test.utils import isolate_apps

from stream.activity import Activity
from stream.models import Action
from tests.activities.models import Article, Clip, GoldBadge, Like, Medium, Note, Photo


def ids(model=Note):
    return [each.id for each in model.check()]


@pytest.mark.parametrize("model", [Article, Clip, GoldBadge, Like, Medium, Note, Photo])
def test_all_is_well(model):
    assert model.check() == []


def test_e010_stream_is_not_installed(monkeypatch):
    monkeypatch.setattr(apps, "is_installed", lambda name: name != "stream")
    (error,) = Note.check()
    assert (error.id, error.is_serious()) == ("stream.E010", True)


@isolate_apps("tests.activities")
def test_e011_nobody_acts():
    class Nobody(Activity):
        class Meta:
            app_label = "activities"

    class Owned(Activity):
        activity_actor = "owner"
        owner = models.ForeignKey(Nobody, models.CASCADE)

        class Meta:
            app_label = "activities"

    (error,) = Nobody.check()
    assert error.id == "stream.E011"
    assert error.msg == "activities.Nobody does not say who acts."
    assert Owned.check() == []


def test_e011_an_actor_of_none(monkeypatch):
    monkeypatch.setattr(Note, "activity_actor", None)
    assert ids() == ["stream.E011"]


@pytest.mark.parametrize("hook", ["activity_target", "activity_verb", "activity_data"])
@pytest.mark.parametrize("wrapped", [False, True])
def test_e012_a_method(monkeypatch, hook, wrapped):
    def method(self):
        raise AssertionError

    monkeypatch.setattr(Note, hook, classmethod(method) if wrapped else method)
    (error,) = Note.check()
    assert error.id == "stream.E012"
    assert error.hint == f"Write @property above def {hook}(self)."


@pytest.mark.parametrize("path", ["usr", "user__nmae", "text__length", "nothing__at__all"])
def test_e013_a_field_that_is_not_there(monkeypatch, path):
    monkeypatch.setattr(Note, "activity_target", path)
    assert ids() == ["stream.E013"]


@pytest.mark.parametrize("path", ["user", "pk", "user__is_active", "activity_data__beyond"])
def test_no_e013_for_what_may_be_there(monkeypatch, path):
    monkeypatch.setattr(Note, "activity_target", path)
    assert ids() == []


@pytest.mark.parametrize(
    ("hook", "value"),
    [("activity_verb", ""), ("activity_verb", "x" * 256), ("activity_data", {"a": {1}})],
)
def test_e014_constants_that_cannot_be_written(monkeypatch, hook, value):
    monkeypatch.setattr(Note, hook, value)
    (error,) = Note.check()
    assert error.id == "stream.E014"
    assert error.msg.startswith("Note.activity(")


def test_e015_no_model_in_the_role(monkeypatch):
    monkeypatch.setattr(Action.target, "_fields", {})
    monkeypatch.setattr(Note, "activity_target", property(lambda self: self.user))
    (error,) = Note.check()
    assert error.id == "stream.E015"
    assert "register_target(…)" in error.hint


@pytest.mark.parametrize("names", ["user", ["text"], ["user", "usr"], ["user__nobody"]])
def test_e016_related_models_that_are_not_there(monkeypatch, names):
    monkeypatch.setattr(Note, "activity_related_models", names)
    assert ids() == ["stream.E016"]


def test_e017_notifications_are_not_installed(monkeypatch):
    monkeypatch.setattr(Note, "activity_notify", "user")
    with modify_settings(INSTALLED_APPS={"remove": "stream.notifications"}):
        assert ids() == ["stream.E017"]


@pytest.mark.parametrize("wanted", ["text", ["txt"], None, 1])
def test_e018_a_refresh_that_is_no_list_of_fields(monkeypatch, wanted):
    monkeypatch.setattr(Note, "activity_refresh", wanted)
    assert ids() == ["stream.E018"]


def test_e019_a_time_that_is_none(monkeypatch):
    monkeypatch.setattr(Note, "activity_time", "text")
    assert ids() == ["stream.E019"]


@isolate_apps("tests.activities")
def test_w010_a_manager_that_does_not_publish():
    class Silent(Activity):
        user = models.ForeignKey("auth.User", models.CASCADE, related_name="+")
        objects = models.Manager()

        class Meta:
            app_label = "activities"

    (warning,) = [each for each in Silent.check() if each.id.startswith("stream")]
    assert (warning.id, warning.is_serious()) == ("stream.W010", False)
