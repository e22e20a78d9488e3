"""Stars, comments, notifications and groups in a real browser, with scripts and without."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from playwright.sync_api import expect

from follow.utils import follow
from stream.notifications import NotificationFeed
from test_project.dashboard.models import Comment, Star
from tests.demo.conftest import DESK, PHONE

pytestmark = pytest.mark.django_db(transaction=True)

SHOW = """state => {
    const get = () => state
    Object.defineProperty(document, "visibilityState", {get, configurable: true})
    document.dispatchEvent(new Event("visibilitychange"))
}"""


def test_star_and_comment_need_no_new_page_with_htmx(
    open_page, site, demo_user, window, has_scripts
):
    commit = site.commits.first()
    page = open_page(demo_user, **window)
    page.goto(commit.get_absolute_url())
    page.evaluate("window.isSame = true")
    page.get_by_role("button", name="Star app: 0 stars").click()
    expect(page.get_by_role("button", name="Starred app: 1 star")).to_be_visible()

    page.get_by_label("Say something").fill("Looks good to me.")
    page.get_by_role("button", name="Comment", exact=True).click()
    said = page.get_by_role("region", name="Conversation").get_by_role("article")
    expect(said).to_contain_text("Looks good to me.")
    expect(page.get_by_label("Say something")).to_have_value("")
    assert page.evaluate("window.isSame === true") is has_scripts
    # axe-core waits for ever where scripts are off
    if has_scripts:
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()

    page.get_by_role("button", name="Delete your comment").click()
    expect(said).to_have_count(0)
    page.get_by_role("button", name="Starred app").click()
    expect(page.get_by_role("button", name="Star app: 0 stars")).to_be_visible()


def test_badge_counts_while_the_page_is_open(open_page, site, demo_user, screen, monkeypatch):
    monkeypatch.setattr("test_project.dashboard.context_processors.BADGE_SECONDS", 1)
    follow(demo_user, site)
    page = open_page(demo_user, **screen)
    page.goto("/explore/")
    badge = page.locator("#badge")
    expect(badge).to_have_text("")
    expect(badge).to_have_attribute("aria-live", "polite")
    Star.objects.create(user=User.objects.get(username="ann-lee"), repository=site)
    expect(page.get_by_role("link", name="Notifications 1 new")).to_be_visible(timeout=10_000)
    assert Axe().run(page).violations_count == 0
    Star.objects.get().delete()
    expect(badge).to_have_text("", timeout=10_000)


def test_badge_pauses_in_a_hidden_tab_and_counts_when_it_is_shown(
    open_page, site, heard, live_server
):
    page = open_page(heard, **DESK)
    page.goto("/explore/")
    expect(page.locator("#badge")).to_have_text("6 new")
    NotificationFeed(heard).mark_seen_all()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate(SHOW, "hidden")
    assert asked == []
    page.evaluate(SHOW, "visible")
    expect(page.locator("#badge")).to_have_text("")
    assert [url for url in asked if "/notifications/" in url] == [
        f"{live_server}/notifications/count/"
    ]


def test_notifications_are_seen_read_opened_and_muted(open_page, heard, site, window, has_scripts):
    page = open_page(heard, **window)
    page.goto("/")
    page.get_by_role("link", name="Notifications 6 new").click()
    rows = page.get_by_role("main").get_by_role("article")
    expect(rows).to_have_count(3)
    expect(page.get_by_role("link", name="Notifications", exact=True)).to_be_visible()
    page.evaluate("window.isSame = true")

    marks = page.get_by_role("button", name="Mark as read")
    expect(marks).to_have_count(3)
    marks.last.click()
    expect(marks).to_have_count(2)
    assert page.evaluate("window.isSame === true") is has_scripts
    if has_scripts:
        page.wait_for_function("document.activeElement.textContent === 'Read'")

    page.get_by_text("commented on").first.click()
    expect(page.get_by_role("heading", name="Conversation")).to_be_visible()
    page.get_by_role("link", name="Notifications", exact=True).click()
    expect(marks).to_have_count(1)

    rows.first.get_by_text("Mute").click()
    rows.first.get_by_role("button", name="The repository app").click()
    expect(page.get_by_role("status").filter(has_text="You will hear no more")).to_be_visible()
    page.get_by_role("button", name="Hear again of app").click()
    expect(page.get_by_role("status").filter(has_text="You will hear of it")).to_be_visible()

    page.get_by_role("button", name="Mark all as read").click()
    expect(marks).to_have_count(0)
    expect(page.get_by_text("All read", exact=True)).to_be_visible()
    page.get_by_role("link", name="Unread", exact=True).click()
    expect(page.get_by_role("heading", name="You have read everything")).to_be_visible()


def test_older_notifications_come_by_scrolling_and_by_links_without_scripts(
    open_page, heard, site, has_scripts
):
    fan = User.objects.get(username="fan-0")
    for commit in site.commits.all()[2:20]:
        Comment.objects.create(author=fan, commit=commit, text="And this")
    page = open_page(heard, **PHONE, java_script_enabled=has_scripts)
    page.goto("/notifications/")
    rows = page.get_by_role("main").get_by_role("article")
    expect(rows).to_have_count(15)
    if has_scripts:
        page.locator(".stream-older").scroll_into_view_if_needed()
        expect(rows).to_have_count(21)
        page.get_by_role("button", name="Mark as read").last.click()
        # The first page comes anew, and where its end is in sight, the second again.
        page.keyboard.press("End")
        expect(page.get_by_role("main").get_by_text("Read", exact=True)).to_have_count(1)
        expect(rows).to_have_count(21)
    else:
        page.get_by_role("link", name="Older").click()
        expect(rows).to_have_count(6)


def test_home_feed_in_groups(open_page, heard, site, window, has_scripts):
    page = open_page(heard, **window)
    page.goto("/")
    views = page.get_by_role("navigation", name="Show actions")
    views.get_by_role("link", name="Grouped").click()
    expect(views.locator("[aria-current]")).to_have_text("Grouped")
    stars = page.get_by_role("article").filter(has_text="starred")
    expect(stars).to_have_count(1)
    expect(stars).to_contain_text("and 2 others starred")
    comments = page.get_by_role("article").filter(has_text="2 comments")
    comments.get_by_text("2 actions").click()
    expect(comments.get_by_role("listitem")).to_have_count(2)
    # axe-core waits for ever where scripts are off
    if has_scripts:
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
    page.get_by_role("navigation", name="Show", exact=True).get_by_role(
        "link", name="Stars"
    ).click()
    expect(page.get_by_role("article")).to_have_count(1)
    views.get_by_role("link", name="One by one").click()
    expect(page.get_by_role("article")).to_have_count(4)


def test_timelines_are_built_and_compared(open_page, heard, site, screen):
    page = open_page(heard, **screen)
    page.goto("/developers/")
    page.get_by_role("link", name="Compare the three").click()
    page.get_by_role("button", name="Rebuild").click()
    expect(page.get_by_role("status").filter(has_text="entries stored in")).to_be_visible()
    table = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="Table"))
    expect(table).to_contain_text("equal")
    page.get_by_text("Compare the rows").click()
    expect(page.get_by_role("row")).to_have_count(26)
    assert Axe().run(page).violations_count == 0
