"""The pages in templates of a site: what they add to the context, and the frame that they fill."""

import pytest
from django.core.checks import run_checks
from django.template import TemplateDoesNotExist
from django.urls import URLResolver, get_resolver

from follow.utils import follow
from stream.syndication.models import FeedToken
from stream.utils import action
from stream.web.links import stream_url
from stream.web.pages import SitePageMixin
from tests.early.models import Band

pytestmark = pytest.mark.django_db


def views(resolver=None):
    """Yield the classes of all views of the URLconf."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            yield from views(pattern)
        else:
            yield getattr(pattern.callback, "view_class", None)


@pytest.fixture
def pages(lennon, hendrix, client):
    """Return the address of each page, with something to show, for who is signed in."""
    band = Band.objects.create(name="The Quarrymen")
    for number in range(30):
        sung = action.send(hendrix, f"sang {number}", band)
    follow(lennon, hendrix)
    follow(hendrix, lennon)
    FeedToken.objects.renew(lennon)
    client.force_login(lennon)
    names = ("object", "actor", "followers", "following", "model")
    return [
        "/stream/",
        "/stream/people/",
        "/stream/feed/timeline_aggregated/",
        "/notifications/",
        "/notifications/?single&unread",
        "/notifications/preferences/",
        "/feeds/token/",
        sung.get_absolute_url(),
        *(stream_url(hendrix, name) for name in names),
        *(f"{stream_url(hendrix, name)}?after=" for name in names),
    ]


def test_a_page_adds_no_plain_names_to_the_context_of_the_sites_template(pages, client):
    seen = set()
    for url in pages:
        response = client.get(url)
        assert response.status_code == 200
        seen.add(type(response.context_data["view"]).__name__)
        plain = {name for name in response.context_data if not name.startswith("stream_")}
        assert plain == {"view"}, url
    own = {view.__name__ for view in views() if view and issubclass(view, SitePageMixin)}
    assert seen == own


def test_a_base_template_that_means_something_else_by_page(pages, client, tmp_path, settings):
    # As Wagtail's {% fullpageurl page %} does, which fails for what is no page of Wagtail.
    names = ("page", "object", "title", "links", "feed", "tabs", "page_obj", "object_list")
    used = "".join(f"{{% if {name} %}}{{% cycle %}}{{% endif %}}" for name in names)
    used = used.replace("{% cycle %}", "{% include 'not-there.html' %}")
    (tmp_path / "base.html").write_text(f"{used}{{% block content %}}{{% endblock %}}")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    for url in pages:
        assert client.get(url).status_code == 200, url


# The frame

BASES = {
    "base.html": "<b>{% block title %}{% endblock %}</b>{% block content %}{% endblock %}",
    "layout.html": (
        "<b>{% block head_title %}Site{% endblock %}</b>{% block extra %}<link>{% endblock %}"
        "{% block main %}Empty{% endblock %}{% block content %}Aside{% endblock %}"
    ),
}
LAYOUT = {"content": "main", "title": "head_title", "head": "extra"}


@pytest.fixture
def url(lennon):
    action.send(lennon, "sang")
    return stream_url(lennon)


@pytest.fixture
def templates(tmp_path, settings):
    """Give the site templates."""

    def write(**templates):
        for name, text in templates.items():
            (tmp_path / f"{name}.html").write_text(text)
        settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]

    return write


def found():
    ids = ("stream.E056", "stream.E057", "stream.W055", "stream.W056")
    return [
        each for each in run_checks(tags=["urls"], include_deployment_checks=True) if each.id in ids
    ]


def test_all_pages_stand_in_the_frame_and_the_blocks_that_a_site_names(
    pages, client, templates, settings
):
    templates(layout=BASES["layout.html"])
    settings.STREAM_BASE_TEMPLATE = "layout.html"
    settings.STREAM_BASE_BLOCKS = LAYOUT
    for url in pages:
        response = client.get(url)
        page, title = response.content.decode(), response.context_data["stream_title"]
        assert page.startswith(f"<b>{title}</b><link>"), url
        assert page.endswith("Aside"), url
        assert page.count("<h1") == 1, url
        assert "Empty" not in page, url
    assert found() == []


def test_feeds_are_announced_beside_what_the_sites_head_holds(url, client, templates, settings):
    templates(layout=BASES["layout.html"])
    settings.STREAM_BASE_TEMPLATE = "layout.html"
    settings.STREAM_BASE_BLOCKS = LAYOUT
    page = client.get(url).content.decode()
    assert '</b><link><link rel="alternate"' in page


def test_a_site_without_a_base_template_has_a_plain_frame_and_is_told(url, client, settings):
    settings.STREAM_BASE_BLOCKS = LAYOUT  # of a template that is not there
    page = client.get(url).content.decode()
    assert "<title>Activity around lennon</title>" in page
    assert "<h1" in page
    assert [each.id for each in found()] == ["stream.W056"]
    settings.STREAM_BASE_TEMPLATE = "stream/pages/base.html"
    settings.STREAM_BASE_BLOCKS = {}
    assert found() == []


def test_a_frame_that_a_site_names_is_there(url, client, settings):
    settings.STREAM_BASE_TEMPLATE = "layout.html"
    (error,) = found()
    assert error.id == "stream.E056"
    assert "'layout.html', which cannot be read: there is no template 'layout.html'" in error.msg
    with pytest.raises(TemplateDoesNotExist, match=r"layout\.html"):
        client.get(url)


@pytest.mark.parametrize(
    "text", ["{% extends 'gone.html' %}", "{% block content %}", "{% load nothing %}"]
)
def test_a_frame_that_cannot_be_read_is_told(templates, text):
    templates(base=text)
    (error,) = found()
    assert error.id == "stream.E056"


@pytest.mark.parametrize(
    ("sources", "lost"),
    [
        ({"base": BASES["base.html"]}, []),
        ({"base": "{% block title %}{% endblock %}{% block main %}{% endblock %}"}, ["content"]),
        ({"base": "{% block content %}{% endblock %}"}, ["title"]),
        ({"base": "nothing"}, ["content", "title"]),
        ({"base": "{% extends 'root.html' %}", "root": BASES["base.html"]}, []),
        (  # a block that the root does not have is shown nowhere
            {"base": "{% extends 'root.html' %}" + BASES["base.html"], "root": "nothing"},
            ["content", "title"],
        ),
        (  # but inside one that it has
            {
                "base": "{% extends 'root.html' %}{% block body %}{% block content %}{% endblock %}"
                "{% endblock %}",
                "root": "{% block title %}{% endblock %}{% block body %}{% endblock %}",
            },
            [],
        ),
        (  # one that is replaced takes along what is inside
            {
                "base": "{% extends 'root.html' %}{% block body %}{% endblock %}",
                "root": "{% block body %}" + BASES["base.html"] + "{% endblock %}",
            },
            ["content", "title"],
        ),
        (
            {
                "base": "{% extends 'root.html' %}{% block body %}{{ block.super }}{% endblock %}",
                "root": "{% block body %}" + BASES["base.html"] + "{% endblock %}",
            },
            [],
        ),
        (
            {
                "base": "{% if user.is_staff %}{% block title %}{% endblock %}{% else %}"
                "{% for x in y %}{% with z=x %}{% block content %}{% endblock %}{% endwith %}"
                "{% endfor %}{% endif %}"
            },
            [],
        ),
        ({"base": "{% extends chosen %}"}, []),  # nobody can tell
        ({"base": "{% include 'part.html' %}", "part": BASES["base.html"]}, ["content", "title"]),
    ],
)
def test_a_frame_without_the_blocks_is_told(templates, sources, lost):
    templates(**sources)
    assert [(each.id, each.msg.split("'")[1]) for each in found()] == [
        ("stream.W055", name) for name in lost
    ]


def test_the_blocks_that_a_page_has_to_fill_are_named(templates, settings):
    templates(layout=BASES["layout.html"])
    settings.STREAM_BASE_TEMPLATE = "layout.html"
    settings.STREAM_BASE_BLOCKS = {"title": "head_title", "content": "body"}
    (warning,) = found()
    assert warning.msg == (
        "The pages of stream fill the block 'body' of 'layout.html', which has no such block: "
        "they stay empty."
    )
    assert warning.hint == ("Name the block that it has: STREAM_BASE_BLOCKS = {'content': 'main'}.")


@pytest.mark.parametrize(
    "blocks", [{"body": "main"}, {"content": "a b"}, {"content": "title"}, {"content": 5}, ["main"]]
)
def test_names_of_blocks_that_are_none(settings, blocks):
    settings.STREAM_BASE_BLOCKS = blocks
    assert "stream.E057" in [each.id for each in found()]


def test_a_site_that_shows_no_pages_is_told_nothing(templates, settings):
    templates(base="nothing")
    settings.ROOT_URLCONF = "tests.support.urls_without_pages"
    assert found() == []


def test_a_template_of_a_site_may_fill_its_own_blocks(url, client, templates, tmp_path):
    templates(base=BASES["base.html"])
    folder = tmp_path / "stream" / "pages"
    folder.mkdir(parents=True)
    (folder / "object.html").write_text(
        '{% extends "stream/pages/stream.html" %}{% block content %}<p>Mine</p>{% endblock %}'
    )
    page = client.get(url).content.decode()
    assert page.strip() == "<b>Activity around lennon</b><p>Mine</p>"
