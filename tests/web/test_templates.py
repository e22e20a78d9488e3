"""Showing actions."""

import datetime as dt

import pytest
from django.contrib.auth.models import AnonymousUser, Group
from django.template import Context, Engine, Template, TemplateSyntaxError
from django.urls import NoReverseMatch, reverse
from django.utils import timezone, translation
from django.utils.functional import SimpleLazyObject
from hypothesis import given, strategies as st

from follow.utils import follow
from stream.models import Action
from stream.templatetags.stream_tags import (
    first_template,
    object_link,
    object_url,
    template_names,
    time_ago,
)
from stream.utils import action
from stream.web.links import PAGES
from tests.early.models import Band
from tests.testapp.models import Crew, Orchestra, Song, Tag

pytestmark = pytest.mark.django_db

LIBRARIES = {"stream_tags": "stream.templatetags.stream_tags"}


def render(shown, dirs=None, text="{% render_action action %}", **context):
    text = "{% load stream_tags %}" + text
    if dirs is None:
        return Template(text).render(Context({"action": shown, **context}))
    engine = Engine(dirs=dirs, app_dirs=True, libraries=LIBRARIES)
    return engine.from_string(text).render(Context({"action": shown, **context}))


@pytest.mark.parametrize(
    "tag",
    [
        "{% stream_url user %}{% stream_url user 'actor' %}{% stream_url user 'followers' %}",
        "{% object_url user %}{{ user|object_name }}{{ user|object_link }}{% avatar user %}",
        "{% stream 'actor' user as rows %}{{ rows|length }}{% stream 'any' user as any %}{{ any }}",
        "{% stream 'user' user as rows %}{{ rows|length }}",
        "{% load follow_tags %}{% follow_url other user %}{% follow_url user other %}",
        "{% load follow_tags %}{% follow_form user %}{{ user|is_following:other }}",
        "{% load follow_tags %}{% is_following other user as yes %}{{ yes }}",
    ],
)
def test_tags_take_the_user_of_a_request(lennon, hendrix, rf, tag):
    action.send(lennon, "liked", hendrix)
    follow(lennon, hendrix)
    shown = []
    for user in (lennon, SimpleLazyObject(lambda: lennon)):
        request = rf.get("/")
        request.user = user
        shown.append(render(None, text=tag, user=user, other=hendrix, request=request))
    assert shown[0] == shown[1]
    assert shown[0].strip()


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
    assert f'<p class="stream-line">lennon sang Imagine ({link})</p>' in html
    assert f'<time datetime="{when.isoformat()}"' in html
    assert ">3 hours ago</time>" in html
    assert '<p class="stream-description">with feeling</p>' in html


def test_missing_parts(lennon):
    assert '<p class="stream-line">lennon slept</p>' in render(action.send(lennon, "slept"))
    crew = Crew.objects.create(name="x")
    sent = action.send(crew, "packed")
    crew.delete()
    assert '<p class="stream-line">someone packed</p>' in render(Action.objects.get(pk=sent.pk))
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


@pytest.mark.parametrize("debug", [False, True])
def test_verbs_fill_no_cache_of_templates(lennon, tmp_path, debug):
    (tmp_path / "stream").mkdir()
    (tmp_path / "stream" / "sang.html").write_text("la")
    engine = Engine(dirs=[tmp_path], app_dirs=True, debug=debug, libraries=LIBRARIES)
    template = engine.from_string("{% load stream_tags %}{% render_action action %}")
    verbs = ["sang", *(f"sang {number}" for number in range(2000))]
    actions = [Action(actor=lennon, verb=verb) for verb in verbs]
    shown = {template.render(Context({"action": action})) for action in actions}
    [loader] = engine.template_loaders
    assert set(loader.get_template_cache) == {"stream/sang.html", "stream/action.html"}
    assert "la" in shown
    info = first_template.cache_info()
    assert info.currsize <= info.maxsize


def test_templates_that_come_later_are_found_while_a_site_is_made(lennon, tmp_path):
    (tmp_path / "stream").mkdir()
    engine = Engine(dirs=[tmp_path], app_dirs=True, debug=True, libraries=LIBRARIES)
    template = engine.from_string("{% load stream_tags %}{% render_action action %}")
    context = Context({"action": Action(actor=lennon, verb="sang")})
    assert "sang" in template.render(context)
    (tmp_path / "stream" / "sang.html").write_text("la")
    assert template.render(context) == "la"


def test_templates_with_a_prefix_come_first(lennon, tmp_path):
    folder = tmp_path / "stream"
    folder.mkdir()
    text = "{% render_action action 'email' %}"
    shown = Action(actor=lennon, verb="Sang: loudly")
    for name in (
        "action",
        "sang-loudly",
        "email_action",
        "email_sang-loudly",
    ):
        (folder / f"{name}.html").write_text(name)
        assert render(shown, [tmp_path], text) == name
    assert render(shown, [tmp_path]) == "sang-loudly"
    assert render(Action(actor=lennon, verb="slept"), [tmp_path], text) == "email_action"


@pytest.mark.parametrize("prefix", ["../x", "a/b", "_a", ".", "a b", "x" * 31, "a\n", "a\0"])
def test_a_prefix_is_a_name(lennon, prefix):
    text = "{% render_action action prefix %}"
    with pytest.raises(TemplateSyntaxError, match="render_action: .* is no prefix; write up to"):
        render(Action(actor=lennon, verb="slept"), text=text, prefix=prefix)


def test_no_prefix_is_as_without(lennon):
    sent = action.send(lennon, "slept")
    assert render(sent, text="{% render_action action missing %}") == render(sent)


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


@given(st.text(max_size=255), st.sampled_from(["", "email", "x" * 30]))
def test_template_names_stay_inside(verb, prefix):
    names = template_names(verb, prefix)
    assert names[-1] == "stream/action.html"
    for name in names:
        folder, _, file = name.partition("/")
        assert folder == "stream"
        assert not set("/\\\0") & set(file)
        assert not file.startswith(".")
        assert len(file.encode()) <= 143


@pytest.mark.parametrize("letter", ["x", "é", "歌", "\U00020000"])
@pytest.mark.parametrize("count", [60, 255])
@pytest.mark.parametrize("prefix_letter", ["", "x", "é", "歌", "\U00020000"])
def test_a_long_verb_never_names_a_file_that_no_disk_takes(
    lennon, tmp_path, letter, count, prefix_letter
):
    shown = Action(actor=lennon, verb=letter * count)
    text = "{% render_action action prefix %}{% render_activity action prefix %}"
    assert "lennon" in render(shown, [tmp_path], text, prefix=prefix_letter * 30)


def test_a_verb_that_the_locale_cannot_write_names_no_file(monkeypatch):
    monkeypatch.setattr("os.fsencode", lambda name: name.encode("latin-1"))
    assert template_names("chanté") == [
        f"stream/{name}.html" for name in ("chanté", "chante", "action")
    ]
    assert template_names("歌") == ["stream/action.html"]
    assert template_names("sang", "歌") == ["stream/sang.html", "stream/action.html"]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("/bands/1/", "/bands/1/"),
        ("//example.org/", "//example.org/"),
        ("https://example.org/?a=1", "https://example.org/?a=1"),
        ("javascript:alert(1)", ""),
        ("\x01 java\nscript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("http://[", ""),
        (None, ""),
    ],
)
def test_no_script_is_the_address_of_an_object(monkeypatch, url, shown):
    monkeypatch.setattr(Band, "get_absolute_url", lambda self: url)
    band = Band(pk=1, name="x")
    assert object_url(band) == shown
    assert object_link(band) == (f'<a href="{shown}">x</a>' if shown else "x")
    assert object_url(Song(title="x")) == ""


def test_object_link():
    assert object_link(None) == ""
    assert object_link(Song(title="<b>")) == "&lt;b&gt;"
    assert object_link(Band(pk=1, name="<b>")) == '<a href="/bands/1/">&lt;b&gt;</a>'


def test_time_ago():
    assert ">just now</time>" in time_ago(timezone.now())
    assert ">2 days ago</time>" in time_ago(timezone.now() - dt.timedelta(days=2, hours=5))
    with translation.override("de"):
        assert ">vor 2 Tagen</time>" in time_ago(timezone.now() - dt.timedelta(days=2))


# Streams and addresses


def rendered(text, **context):
    return Template("{% load stream_tags %}" + text).render(Context(context))


LIST = "{% for action in actions %}{{ action.verb }} {% endfor %}"


def test_the_tag_of_each_stream(lennon, hendrix):
    band = Band.objects.create(name="x")
    action.send(lennon, "first", band, hendrix)
    action.send(band, "second", lennon)
    action.send(band, "hidden", lennon, public=False)
    follow(hendrix, lennon)
    for name, obj, verbs in (
        ("actor", lennon, "first "),
        ("target", lennon, "second "),
        ("action_object", hendrix, "first "),
        ("any", lennon, "second first "),
        ("model", Band, "second first "),
        ("user", hendrix, "first "),
        ("user", AnonymousUser(), ""),
        ("by_verb", "first", "first "),
    ):
        text = "{% stream name obj as actions %}" + LIST
        assert rendered(text, name=name, obj=lambda obj=obj: obj) == verbs, name


def test_the_tag_of_a_stream_takes_filters_and_is_lazy(lennon, django_assert_num_queries):
    for verb in ("a", "b", "b"):
        action.send(lennon, verb)
    text = '{% stream "actor" obj verb="b" as actions %}'
    with django_assert_num_queries(0):
        rendered(text, obj=lennon)
    with django_assert_num_queries(1):  # the actions, whose actor is known
        listed = text + '{% for a in actions|slice:":1" %}{{ a.verb }}{{ a.actor }}{% endfor %}'
        assert rendered(listed, obj=lennon) == "blennon"


@pytest.mark.parametrize("name", ["nobody", "", "delete", "public", "actor_stream", "__init__", 5])
def test_a_wrong_stream_is_told_the_known_ones(name):
    known = (
        "write one of 'actor', 'target', 'action_object', 'context', 'any', 'model', "
        "'user', 'by_verb', 'either', 'hidden', 'wrong'."
    )
    with pytest.raises(TemplateSyntaxError) as raised:
        rendered("{% stream name 1 as actions %}", name=name)
    assert known in str(raised.value)
    assert str(raised.value).startswith(f"stream: {name!r} is the name of no stream")


def test_addresses(lennon):
    sent = action.send(lennon, "slept")
    assert rendered("{% action_url action %}", action=sent) == f"/stream/action/{sent.pk}/"
    assert rendered("{% stream_url obj %}", obj=lennon) == f"/stream/auth/user/{lennon.pk}/"
    for page in PAGES[1:-1]:
        url = f"/stream/auth/user/{lennon.pk}/{page}/"
        assert rendered("{% stream_url obj page %}", obj=lennon, page=page) == url
    assert rendered('{% stream_url obj "model" %}', obj=lambda: Tag) == "/stream/testapp/tag/"
    assert (
        rendered("{% stream_url obj %}", obj=Tag(name="a/b c")) == "/stream/testapp/tag/a_2Fb%20c/"
    )


def test_what_has_no_page_has_no_address(lennon):
    group = Group.objects.create(name="x")
    assert (
        rendered("{% action_url action %}{% stream_url obj %}{% stream_url none %}", none=None)
        == ""
    )
    assert rendered("{% stream_url obj %}", obj=Orchestra(pk=1)) == ""
    assert rendered("{% stream_url obj %}", obj=Band()) == ""
    assert rendered("{% stream_url obj %}", obj=Tag(name="")) == ""
    assert rendered('{% stream_url obj "following" %}', obj=group) == ""
    assert rendered('{% stream_url obj "actor" %}', obj=Tag(name="x")) == ""
    with pytest.raises(TypeError, match=r"stream_url\(Band\): pass an instance"):
        rendered("{% stream_url obj %}", obj=lambda: Band)


def test_an_unknown_page_is_told_the_known_ones(lennon):
    with pytest.raises(
        TemplateSyntaxError, match="stream_url: 'fans' is no page; it is one of: ob"
    ):
        rendered('{% stream_url obj "fans" %}', obj=lennon)


def test_without_stream_urls_there_are_no_addresses(lennon, settings):
    settings.ROOT_URLCONF = "follow.urls"
    sent = action.send(lennon, "slept")
    text = "{% action_url action %}{% stream_url obj %}"
    assert rendered(text, action=sent, obj=lennon) == ""
    with pytest.raises(NoReverseMatch):
        reverse("stream:feed")


# The page of an action


def test_the_page_of_an_action(lennon, client):
    shown = client.get(action.send(lennon, "sang").get_absolute_url()).content.decode()
    assert "<title>lennon sang, just now</title>" in shown
    assert '<article class="stream-row stream-action">' in shown
    assert client.get("/stream/action/99999999999999999999999/").status_code == 404


def test_the_page_of_an_action_is_for_those_who_may_see_it(lennon, hendrix, client):
    hidden = action.send(lennon, "wept", public=False)
    assert client.get(hidden.get_absolute_url()).status_code == 404
    client.force_login(hendrix)
    assert client.get(hidden.get_absolute_url()).status_code == 404
    client.force_login(lennon)
    assert client.get(hidden.get_absolute_url()).status_code == 200


def test_the_page_of_an_action_extends_the_sites_base(lennon, client, tmp_path, settings):
    (tmp_path / "base.html").write_text("<h1>Site</h1>{% block content %}{% endblock %}")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    page = client.get(action.send(lennon, "sang").get_absolute_url()).content.decode()
    assert page.startswith("<h1>Site</h1>\n<article class=")
