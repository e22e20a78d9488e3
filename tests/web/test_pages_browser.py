"""The pages in a real browser: with htmx and without, for all readers, in light and dark."""

import datetime as dt
import os
from pathlib import Path

import django_htmx
import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from follow.utils import follow
from stream.models import Action
from stream.notifications import notify
from stream.testing import override_options
from stream.utils import action
from stream.web.links import stream_url
from tests.early.models import Band
from tests.support.browser import chromium, close_windows  # noqa: F401 - a fixture

HTMX = Path(django_htmx.__file__).parent / "static" / "django_htmx" / "htmx-2.min.js"
ON_PHONE = {"viewport": {"width": 320, "height": 600}}

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ann():
    ann = User.objects.create(username="ann")
    ben = User.objects.create(username="ben")
    band = Band.objects.create(name="The Quarrymen")
    now = timezone.now()
    for number in range(60):
        when = now - dt.timedelta(minutes=number)
        action.send(ann, f"sang song {number} to", band, ben, datetime=when)
    follow(ann, band, flag="watching")
    follow(ann, ben)
    follow(ben, ann)
    return ann


@pytest.fixture
def htmx(tmp_path, settings):
    """A site whose ``base.html`` loads htmx."""
    (tmp_path / "base.html").write_text(
        '{% load stream_tags %}<!doctype html><html lang="en"><head>'
        "<title>{% block title %}{% endblock %}</title>{% stream_styles %}{% stream_script %}"
        '<script src="/htmx.js"></script></head>'
        "<body><main>{% block content %}{% endblock %}</main></body></html>"
    )
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]


@pytest.fixture
def open_page(chromium, live_server):  # noqa: F811
    """Open a window, and fail the test where a page in it has an error."""
    contexts, errors = [], []

    def open_page(reader=None, **options):
        context = chromium.new_context(base_url=live_server.url, **options)
        contexts.append(context)
        context.route("**/htmx.js", lambda route: route.fulfill(path=HTMX))
        context.route("**/favicon.ico", lambda route: route.fulfill(status=204))
        if reader:
            client = Client()
            client.force_login(reader)
            value = client.cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": value, "url": live_server.url}])
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(error))
        page.on("console", lambda message: errors.append(message) if message.type == "error" else 0)
        page.on("response", lambda got: errors.append(got.url) if got.status >= 400 else 0)
        return page

    yield open_page
    close_windows(contexts)
    assert not errors


def addresses(ann):
    band, one = Band.objects.get(), Action.objects.first()
    yield from (
        "/stream/",
        "/stream/feed/timeline_aggregated/",
        "/stream/people/",
        "/notifications/",
        one.get_absolute_url(),
        stream_url(band),
        stream_url(band, "model"),
    )
    yield from (stream_url(ann, page) for page in ("object", "actor", "followers", "following"))
    page = Action.objects.page(25)
    yield f"{stream_url(ann)}?after={page.next}"
    quiet = User.objects.create(username="quiet")
    action.send(band, "greeted", quiet)
    yield stream_url(quiet, "actor")
    yield stream_url(quiet, "followers")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_no_page_has_anything_in_the_way_of_any_reader(open_page, ann, scheme, width):
    notify(ann, Action.objects.first())
    page = open_page(ann, color_scheme=scheme, viewport={"width": width, "height": 900})
    for url in addresses(ann):
        page.goto(url)
        results = Axe().run(page)
        assert results.violations_count == 0, f"{url}: {results.generate_report()}"
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (colour == "rgb(245, 246, 244)") is (scheme == "light")


@pytest.mark.parametrize("language", ["en", "ar"])
def test_phones_never_scroll_sideways(open_page, ann, settings, language):
    settings.LANGUAGE_CODE = language  # from right to left, too
    page = open_page(ann, **ON_PHONE)
    for url in addresses(ann):
        page.goto(url)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, url


def test_without_scripts_older_and_newer_are_links(open_page, ann):
    page = open_page(java_script_enabled=False)
    page.goto(stream_url(ann))
    page.get_by_role("link", name="Older").click()
    expect(page.get_by_text("song 25")).to_be_visible()
    page.get_by_role("link", name="Newer").click()
    expect(page.get_by_text("song 0")).to_be_visible()


def test_scrolling_down_brings_older_rows(open_page, htmx, ann):
    page = open_page()
    page.goto(stream_url(ann))
    rows = page.locator(".stream-rows > li")
    expect(rows).to_have_count(25)
    for count in (50, 60):
        page.locator(".stream-older").scroll_into_view_if_needed()
        page.wait_for_function(f"document.querySelectorAll('.stream-rows > li').length == {count}")
    expect(page.get_by_role("link", name="Older")).to_have_count(0)
    expect(page.locator("h1")).to_have_count(1)
    assert Axe().run(page).violations_count == 0


def test_the_keyboard_goes_on_at_the_rows_that_came(open_page, htmx, ann):
    page = open_page()
    page.goto(stream_url(ann))
    older = page.get_by_role("link", name="Older")
    older.evaluate("link => link.focus({preventScroll: true})")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelectorAll('.stream-rows').length == 2")
    page.wait_for_function(
        "document.activeElement === document.querySelectorAll('.stream-rows')[1]"
    )
    page.keyboard.press("Tab")
    first = page.locator(".stream-rows").nth(1).get_by_role("link").first
    assert first.evaluate("link => link === document.activeElement")


def test_the_way_back_is_a_whole_page(open_page, htmx, ann):
    page = open_page()
    page.goto(stream_url(ann))
    address = page.get_by_role("link", name="Older").get_attribute("href")
    page.locator(".stream-older").scroll_into_view_if_needed()
    page.wait_for_function("document.querySelectorAll('.stream-rows').length > 1")
    page.goto(stream_url(ann) + address)  # the address of the rows that htmx has asked for
    expect(page.locator("h1")).to_be_visible()
    page.goto(Action.objects.first().get_absolute_url())
    page.go_back()
    expect(page.locator("h1")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("song 0")).to_be_visible()


def test_a_line_says_that_there_are_new_actions(open_page, htmx, ann, monkeypatch):
    monkeypatch.setattr("stream.views.ActionListView.poll_seconds", 1)
    page = open_page()
    page.goto(stream_url(ann))
    line = page.get_by_role("status")
    expect(line).to_have_text("")
    action.send(ann, "sang the very last song")
    action.send(ann, "bowed")
    link = line.get_by_role("link", name="Show 2 new actions")
    link.wait_for()
    assert Axe().run(page).violations_count == 0
    link.click()
    expect(page.get_by_text("the very last song")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("")


# Looks


def test_a_follow_button_says_what_it_does_below_the_pointer(open_page, ann):
    page = open_page(ann)
    page.goto(stream_url(Band.objects.get()))
    page.get_by_role("button", name="Follow The Quarrymen").click()
    button = page.get_by_role("button", name="Following The Quarrymen: unfollow")
    expect(button).to_have_text("Following")
    page.mouse.move(0, 0)
    before = button.bounding_box()
    shown = "button => getComputedStyle(button.querySelector('span'), '::after').visibility"
    assert button.evaluate(shown) == "hidden"
    button.hover()
    assert button.evaluate(shown) == "visible"
    assert button.bounding_box() == before
    button.click()
    expect(page.get_by_role("button", name="Follow The Quarrymen")).to_be_visible()


def test_low_rows_are_44_pixels_high_and_times_on_one_line(open_page, ann, settings):
    settings.STREAM_VERBS = [("starred", "starred", {"icon": "star", "compact": True})]
    Action.objects.all().delete()
    action.send(ann, "starred", User.objects.get(username="ben"))
    old = timezone.now() - dt.timedelta(days=300)
    action.send(
        ann, "wrote a very long letter, of many words, to", Band.objects.get(), datetime=old
    )
    page = open_page(viewport={"width": 390, "height": 900})
    page.goto(stream_url(ann))
    low, high = page.locator(".stream-row").all()
    assert low.bounding_box()["height"] == 44
    assert high.bounding_box()["height"] > 44
    for row in (low, high):
        time, line = (row.locator(each).bounding_box() for each in (".stream-time", "p"))
        assert time["height"] < 25
        assert time["x"] >= line["x"] + line["width"]


def test_rows_to_come_have_a_place_and_what_failed_says_so(open_page, htmx, ann):
    page = open_page()
    held = []
    page.route("**/*after=*", lambda route: held.append(route))
    page.goto(stream_url(ann))
    page.locator(".stream-older").scroll_into_view_if_needed()
    expect(page.locator(".stream-skeleton")).to_be_visible()
    while not held:
        page.wait_for_timeout(10)
    held.pop().fulfill(status=204)
    expect(page.locator(".stream-skeleton")).to_be_hidden()
    older = page.get_by_role("link", name="Older")
    # What htmx tells where there is no network, which would be an error in the console, too.
    older.evaluate("link => htmx.trigger(link, 'htmx:sendError', {elt: link})")
    expect(page.get_by_role("alert")).to_have_text("That did not work. Please try again.")
    assert Axe().run(page).violations_count == 0
    older.click()
    expect(page.get_by_role("alert")).to_have_count(0)
    while not held:
        page.wait_for_timeout(10)
    held.pop().fulfill(status=204)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_picture_of_the_quickstart(open_page, tmp_path, scheme):
    bob = User.objects.create(username="bob")
    people = [User.objects.create(username=name) for name in ("ann", "cleo", "dmitri")]
    titles = ["Hello", "How we page a million rows", "Notes on keys", "What I read this week"]
    posts = [Band.objects.create(name=title) for title in titles]
    now = timezone.now()
    for number, (verb, said) in enumerate(
        [
            ("wrote", ""),
            ("commented on", "I tried it on last week's data and it works well. Thank you!"),
            ("liked", ""),
            ("wrote", ""),
            ("liked", ""),
            ("commented on", "Does this need a line in the changelog?"),
            ("wrote", ""),
        ]
    ):
        when = now - dt.timedelta(hours=number * number)
        person, post = people[number % 3], posts[number * 3 % 4]
        action.send(person, verb, post, description=said, datetime=when)
    for person in people:
        follow(bob, person)
    page = open_page(bob, color_scheme=scheme, viewport={"width": 900, "height": 640})
    with override_options(User, url=lambda self, user: stream_url(user)):
        page.goto("/stream/")
    picture = Path(os.environ.get("STREAM_SCREENSHOTS") or tmp_path) / f"feed-{scheme}.png"
    page.screenshot(path=picture)
    assert picture.stat().st_size < 100_000
