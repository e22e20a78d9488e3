"""All pages in a real browser: for each reader, in light and dark, on the smallest phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from stream.models import Action
from stream.notifications import mute
from stream.syndication.models import FeedToken
from stream.web.links import stream_url
from test_project.dashboard import timelines
from test_project.dashboard.models import Tag
from tests.demo.conftest import DESK, PHONE

pytestmark = pytest.mark.django_db(transaction=True)


def addresses(app, reader):
    """Return the address of each kind of page, as ``reader`` finds them."""
    person = app.commits.first().author
    commit, tag, one = app.commits.first(), Tag.objects.get(), Action.objects.first()
    yield from (obj.get_absolute_url() for obj in (app, person, commit, tag, one, reader))
    yield from ("/", "/?verb=tagged", "/explore/", "/explore/?q=nothing-like-this")
    yield from ("/?grouped", "/?grouped&verb=starred", "/notifications/", "/notifications/?unread")
    yield from (
        "/developers/timelines/",
        "/developers/",
        "/stream/",
        "/feeds/token/",
        stream_url(app, "model"),
    )
    yield from (stream_url(app), stream_url(app, "followers"))
    yield from (stream_url(person, page) for page in ("object", "actor", "followers", "following"))
    yield f"{app.get_absolute_url()}?after={Action.objects.get_for_target(app).page(20).next}"


@pytest.fixture
def reader(site, heard):
    FeedToken.objects.renew(heard)
    mute(heard, verb="tagged")
    mute(heard, site)
    list(timelines.rebuild(heard))
    return heard


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_anything_in_the_way_of_any_reader(open_page, site, reader, scheme):
    page = open_page(reader, color_scheme=scheme)
    stranger = open_page(color_scheme=scheme)
    pages = [(page, url) for url in addresses(site, reader)]
    for window, url in [*pages, (stranger, "/"), (stranger, "/sign-in/")]:
        window.goto(url)
        results = Axe().run(window)
        assert results.violations_count == 0, f"{url}: {results.generate_report()}"
        colour = window.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (colour == "rgb(245, 246, 244)") is (scheme == "light"), url


@pytest.mark.parametrize("width", [320, 375])
def test_phone_never_scrolls_sideways(open_page, site, reader, width, has_scripts):
    options = PHONE | {"java_script_enabled": has_scripts}
    options["viewport"] = {"width": width, "height": 740}
    page, stranger = open_page(reader, **options), open_page(**options)
    pages = [(page, url) for url in addresses(site, reader)]
    for window, url in [*pages, (stranger, "/"), (stranger, "/sign-in/")]:
        window.goto(url)
        assert window.evaluate("document.documentElement.scrollWidth") <= width, url


def test_keyboard_reaches_the_content_first_and_shows_where_it_is(open_page, site):
    page = open_page(**DESK)
    page.goto("/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    assert skip.evaluate("link => link === document.activeElement")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_calendar_speaks_to_all_readers(open_page, site, screen):
    page = open_page(**screen)
    page.goto(site.get_absolute_url())
    calendar = page.get_by_role("img", name="Calendar of activity")
    assert "Actions by month: " in calendar.get_by_text("Actions by month").text_content()
    assert "8 actions on 7 days." in page.locator(".calendar").inner_text()
    expect(calendar.locator("rect:not(.level-0)")).to_have_count(7)
    box = calendar.bounding_box()
    today = calendar.locator("rect").last.bounding_box()  # the newest is what a phone has room for
    assert today["x"] + today["width"] <= box["x"] + box["width"] + 1
    expect(page.get_by_role("img", name="Actions a week over the last half year")).to_be_visible()
