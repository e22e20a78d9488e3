"""What hooks say of a class: which relations their names lead along, and to which models."""

import pytest
from django.contrib.auth.models import User
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.test.utils import isolate_apps

from stream.activity import Activity
from stream.publishing.hooks import model_of, read, related_names, relations
from tests.activities.models import Article, Like, Note, Photo


@pytest.mark.parametrize(
    ("model", "hook", "found"),
    [
        (Photo, "activity_actor", User),
        (Photo, "activity_action_object", Photo),
        (Photo, "activity_target", None),
        (Photo, "activity_time", None),
        (Like, "activity_action_object", Photo),
        (Like, "activity_target", User),
        (Article, "activity_actor", None),
    ],
)
def test_the_model_that_a_hook_leads_to(model, hook, found):
    assert model_of(model, hook) is found


def test_names_end_at_what_is_no_relation():
    assert list(relations(Like, "photo__user__username")) == [
        ("photo", Photo),
        ("photo__user", User),
    ]
    assert list(relations(Like, "photo__nothing")) == [("photo", Photo)]


def test_relations_that_hooks_are_known_to_read(monkeypatch):
    assert related_names(Like) == ["author", "photo", "photo__user"]
    assert related_names(Article) == ["author", "tags"]
    monkeypatch.setattr(Note, "activity_target", "pk")
    assert related_names(Note) == ["user"]


@isolate_apps("tests.activities")
def test_generic_relations_and_fields_of_the_name_of_a_hook():
    class Bookmark(Activity):
        activity_actor = models.ForeignKey(User, models.CASCADE, related_name="+")
        activity_verb = models.CharField(max_length=50)
        content_type = models.ForeignKey(ContentType, models.CASCADE, related_name="+")
        object_id = models.IntegerField()
        place = GenericForeignKey()
        activity_target = "place"

        class Meta:
            app_label = "activities"

    assert model_of(Bookmark, "activity_actor") is User
    assert model_of(Bookmark, "activity_target") is None
    assert related_names(Bookmark) == ["activity_actor", "place"]
    ann = User(pk=1)
    bookmark = Bookmark(activity_actor=ann, activity_verb="kept")
    assert (read(bookmark, "activity_actor"), bookmark.activity_verb) == (ann, "kept")
    assert not [each for each in Bookmark.check() if each.id.startswith("stream")]
