"""Showing actions."""

import datetime as dt

import pytest
from django.template import Context, Engine, Template
from django.utils import timezone, translation
from hypothesis import given, strategies as st

from stream.models import Action
from stream.templatetags.stream_tags import object_link, template_names, time_ago
from stream.utils import action
from tests.early.models import Band
from tests.testapp.models import Crew, Song

pytestmark = pytest.mark.django_db


def render(shown, dirs=None, **context):
    text = "{% load stream_tags %}{% render_action action %}"
    if dirs is None:
        return Template(text).render(Context({"action": shown, **context}))
    libraries = {"stream_tags": "stream.templatetags.stream_tags"}
    engine = Engine(dirs=dirs, app_dirs=True, libraries=libraries)
    return engine.from_string(text).render(Context({"action": shown, **context}))


def test_the_originals_sentence(lennon, hendrix):
    sent = action.send(lennon, "default", hendrix)
    assert render(sent) == "lennon did Stream Item hendrix."
    assert render(action.send(lennon, "default")) == "lennon did Stream Item."


def test_an_action_in_full(lennon):
    band, song = Band.objects.create(name="Quarrymen"), Song.objects.create(title="Imagine")
    when = timezone.now() - dt.timedelta(hours=3)
    sent = action.send(lennon, "sang", band, song, "with feeling", datetime=when)
    html = render(sent)
    link = f'<a href="/bands/{band.pk}/">Quarrymen</a>'
    assert f'<p>lennon sang Imagine to {link}, <time datetime="{when.isoformat()}"' in html
    assert ">3 hours ago</time>" in html
    assert '<p class="stream-description">with feeling</p>' in html


def test_missing_parts(lennon):
    assert "<p>lennon slept, <time" in render(action.send(lennon, "slept"))
    crew = Crew.objects.create(name="x")
    sent = action.send(crew, "packed")
    crew.delete()
    assert "<p>someone packed, <time" in render(Action.objects.get(pk=sent.pk))
    assert render(None) == ""


def test_everything_is_escaped():
    evil = "<script>&"
    band = Band.objects.create(name=evil)
    html = render(action.send(band, "x<b>", band, band, description=evil))
    assert "<script>" not in html
    assert "x<b>" not in html
    assert "&lt;script&gt;&amp;" in html
    assert "{0}" in render(action.send(Band.objects.create(name="{0} {actor}"), "sang"))


def test_templates_by_verb_by_slug_and_by_default(lennon, tmp_path):
    folder = tmp_path / "stream"
    folder.mkdir()
    (folder / "sang along.html").write_text("verb {{ action.actor }} {{ more }}\n")
    (folder / "sang-loudly.html").write_text("slug")
    (folder / "action.html").write_text("default")
    for verb, expected in (
        ("sang along", "verb lennon context"),
        ("Sang: loudly!", "slug"),
        ("hummed", "default"),
        ("", "default"),
        ("歌った", "default"),
    ):
        assert render(Action(actor=lennon, verb=verb), [tmp_path], more="context") == expected


def test_the_context_is_left_as_it_was(lennon):
    text = "{% load stream_tags %}{% render_action other %}{{ action }}"
    sent = action.send(lennon, "slept")
    assert Template(text).render(Context({"other": sent, "action": "mine"})).endswith("mine")


@pytest.mark.parametrize(
    "verb", ["../secret", "/etc/passwd", "..", ".", "a/../../secret", "a\\b", "a\0b", "secret\n"]
)
def test_a_verb_never_names_a_template_outside(lennon, tmp_path, verb):
    (tmp_path / "stream").mkdir()
    (tmp_path / "secret.html").write_text("SECRET")
    (tmp_path / "stream" / "action.html").write_text("default")
    assert render(Action(actor=lennon, verb=verb), [tmp_path]) == "default"


@given(st.text(max_size=255))
def test_template_names_stay_inside(verb):
    names = template_names(verb)
    assert names[-1] == "stream/action.html"
    for name in names:
        folder, _, file = name.partition("/")
        assert folder == "stream"
        assert not set("/\\\0") & set(file)
        assert not file.startswith(".")
        assert len(file.encode()) <= 255


def test_object_link():
    assert object_link(None) == ""
    assert object_link(Song(title="<b>")) == "&lt;b&gt;"
    assert object_link(Band(pk=1, name="<b>")) == '<a href="/bands/1/">&lt;b&gt;</a>'


def test_time_ago():
    assert ">just now</time>" in time_ago(timezone.now())
    assert ">2 days ago</time>" in time_ago(timezone.now() - dt.timedelta(days=2, hours=5))
    with translation.override("de"):
        assert ">vor 2 Tagen</time>" in time_ago(timezone.now() - dt.timedelta(days=2))


def test_the_page_of_an_action(lennon, client):
    shown = client.get(action.send(lennon, "sang").get_absolute_url()).content.decode()
    assert "<title>lennon sang, just now</title>" in shown
    assert "<main><div class=" in shown
    hidden = action.send(lennon, "wept", public=False)
    assert client.get(hidden.get_absolute_url()).status_code == 404
    assert client.get("/stream/action/99999999999999999999999/").status_code == 404


def test_the_page_of_an_action_extends_the_sites_base(lennon, client, tmp_path, settings):
    (tmp_path / "base.html").write_text("<h1>Site</h1>{% block content %}{% endblock %}")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    page = client.get(action.send(lennon, "sang").get_absolute_url()).content.decode()
    assert page.startswith("<h1>Site</h1><div class=")
