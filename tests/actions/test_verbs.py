"""Verbs, and actions in words."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.forms import modelform_factory
from django.test import override_settings
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy, pgettext_lazy
from rest_framework.serializers import ModelSerializer

from stream.models import Action
from stream.utils import action
from tests.testapp.models import Song

pytestmark = pytest.mark.django_db


# Verbs


@override_settings(STREAM_VERBS=[("sang", "performed a song")])
def test_verbs_have_labels_and_others_are_shown_as_they_are(lennon):
    assert action.send(lennon, "sang").get_verb_display() == "performed a song"
    hummed = action.send(lennon, "hummed")
    assert hummed.get_verb_display() == "hummed"
    hummed.full_clean()


def test_the_default_verb():
    assert Action(verb="default").get_verb_display() == "Stream Item"


@pytest.mark.parametrize("lazy", [gettext_lazy("Monday"), pgettext_lazy("alt. month", "Monday")])
def test_a_translated_verb_is_stored_untranslated(lennon, lazy):
    with translation.override("de"):
        sent = action.send(lennon, lazy)
        Action(actor=lennon, verb=lazy).save()
    assert sent.verb == "Monday"
    assert list(Action.objects.values_list("verb", flat=True)) == ["Monday", "Monday"]
    with translation.override("de"):
        assert Action.objects.filter(verb=gettext_lazy("Monday")).count() == 2


def test_an_empty_verb_is_invalid(lennon):
    with pytest.raises(ValidationError, match="cannot be blank"):
        Action(actor=lennon, verb="").full_clean()


def test_forms_and_serializers_take_any_verb():
    class VerbSerializer(ModelSerializer):
        class Meta:
            model = Action
            fields = ("verb",)

    serializer = VerbSerializer(data={"verb": "hummed"})
    assert serializer.is_valid(), serializer.errors
    form = modelform_factory(Action, fields=("verb",))({"verb": "hummed"})
    assert form.fields["verb"].clean("hummed") == "hummed"
    assert form.fields["verb"].max_length == 255
    # django-filter makes a filter of choices of a field that has any.
    assert Action._meta.get_field("verb").choices is None


# Words


def test_str_says_who_did_what_when(lennon, hendrix):
    song = Song.objects.create(title="Imagine")
    hours_ago = timezone.now() - dt.timedelta(hours=3)
    assert str(action.send(lennon, "sang", hendrix, song, datetime=hours_ago)) == (
        "lennon sang Imagine (hendrix), 3 hours ago"
    )
    assert str(action.send(lennon, "sang", None, song)) == "lennon sang Imagine, just now"
    assert str(action.send(lennon, "met", hendrix)) == "lennon met hendrix, just now"
    assert str(action.send(lennon, "slept")) == "lennon slept, just now"
    assert str(Action(verb="slept")) == "someone slept, just now"


def test_absolute_url(lennon, client):
    sent = action.send(lennon, "sang")
    assert sent.get_absolute_url() == f"/stream/action/{sent.pk}/"
    with override_settings(ROOT_URLCONF="follow.urls"):
        assert sent.get_absolute_url() == ""
