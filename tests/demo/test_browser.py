"""The site in a real browser: on a desk and on a phone, with scripts and without."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from playwright.sync_api import expect

from follow.utils import follow
from stream.utils import action
from test_project.dashboard.models import Commit, Repository
from tests.demo.conftest import DESK

pytestmark = pytest.mark.django_db(transaction=True)


def sign_in(page):
    page.goto("/")
    page.get_by_role("banner").get_by_role("link", name="Sign in").click()
    page.get_by_label("User name").fill("demo")
    page.get_by_label("Password").fill("demo")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()


def test_following_changes_the_feed_and_htmx_needs_no_new_page(
    open_page, site, window, has_scripts
):
    page = open_page(**window)
    sign_in(page)
    expect(page.get_by_role("heading", name="You follow nobody yet")).to_be_visible()

    page.get_by_role("main").get_by_role("link", name="Find people to follow").click()
    page.evaluate("window.isSame = true")
    page.get_by_role("button", name="Follow Ann Lee").click()
    page.get_by_role("button", name="Following Ann Lee: unfollow").wait_for()
    assert page.evaluate("window.isSame === true") is has_scripts
    assert page.url.endswith("/explore/")

    page.get_by_role("link", name="Feed", exact=True).click()
    expect(page.get_by_text("Ann Lee changes part 14").first).to_be_visible()
    expect(page.get_by_text("Ben Moe changes")).to_have_count(0)

    page.get_by_role("article").get_by_role("link", name="Ann Lee").first.click()
    page.get_by_role("button", name="Following Ann Lee: unfollow").click()
    page.get_by_role("button", name="Follow Ann Lee", exact=True).wait_for()
    page.get_by_role("link", name="Feed", exact=True).click()
    expect(page.get_by_role("heading", name="You follow nobody yet")).to_be_visible()

    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("banner").get_by_role("link", name="Sign in")).to_be_visible()


def test_follow_button_keeps_the_focus(open_page, site, demo_user, screen):
    page = open_page(demo_user, **screen)
    page.goto(site.get_absolute_url())
    page.get_by_role("button", name="Follow app").press("Enter")
    page.get_by_role("button", name="Following app: unfollow").wait_for()
    page.wait_for_function("document.activeElement.ariaLabel === 'Following app: unfollow'")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Follow app", exact=True).wait_for()


def test_a_star_that_fails_says_so(open_page, site, demo_user, screen):
    page = open_page(demo_user, **screen)
    page.goto(site.get_absolute_url())
    star = page.locator(".star-form")
    # What htmx tells where there is no network, which would be an error in the console, too.
    star.evaluate("form => htmx.trigger(form, 'htmx:sendError', {elt: form})")
    expect(page.get_by_role("alert")).to_have_text("That did not work. Please try again.")
    star.get_by_role("button").click()
    star.get_by_text("Starred").wait_for()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_j_and_k_go_through_the_rows(open_page, site):
    page = open_page(**DESK)
    page.goto(site.get_absolute_url())
    row = "[...document.querySelectorAll('.stream-rows > li')].indexOf(document.activeElement)"
    for key, expected in (("j", 0), ("j", 1), ("j", 2), ("k", 1), ("k", 0), ("k", 0)):
        page.keyboard.press(key)
        assert page.evaluate(row) == expected, key
    page.goto("/explore/")
    page.get_by_role("searchbox").press("j")
    expect(page.get_by_role("searchbox")).to_have_value("j")


def test_visitor_who_follows_signs_in_and_comes_back(open_page, site, window):
    page = open_page(**window)
    page.goto(site.get_absolute_url())
    page.get_by_role("link", name="Sign in to follow").click()
    page.get_by_label("User name").fill("demo")
    page.get_by_label("Password").fill("demo")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("app")


def test_filters_show_the_actions_of_one_verb(open_page, site, window):
    page = open_page(**window)
    page.goto(site.get_absolute_url())
    show = page.get_by_role("navigation", name="Show")
    show.get_by_role("link", name="Tags").click()
    expect(page.get_by_role("article")).to_have_count(1)
    expect(page.get_by_role("article").get_by_role("link", name="v1")).to_be_visible()
    expect(show.locator("[aria-current]")).to_have_text("Tags")
    show.get_by_role("link", name="Everything").click()
    expect(page.get_by_role("article")).to_have_count(20)


def test_older_actions_come_by_scrolling_and_by_links_without_scripts(
    open_page, site, window, has_scripts
):
    page = open_page(**window)
    page.goto(site.get_absolute_url())
    rows = page.get_by_role("article")
    expect(rows).to_have_count(20)
    if has_scripts:
        page.locator(".stream-older").scroll_into_view_if_needed()
        page.wait_for_function("document.querySelectorAll('article').length === 38")
        days = page.locator(".stream-day").all_inner_texts()
        assert len(days) == len(set(days))
        expect(page.get_by_role("link", name="Older")).to_have_count(0)
        assert Axe().run(page).violations_count == 0
        return
    page.get_by_role("link", name="Older").click()
    expect(rows).to_have_count(18)
    page.get_by_role("link", name="Newer").click()
    expect(rows).to_have_count(20)


def test_scrolling_keeps_the_filter(open_page, site, screen):
    page = open_page(**screen)
    page.goto(f"{site.get_absolute_url()}?verb=committed")
    page.locator(".stream-older").scroll_into_view_if_needed()
    page.wait_for_function("document.querySelectorAll('article').length === 37")
    expect(page.get_by_text("tagged")).to_have_count(0)


def test_days_part_the_feed(open_page, site):
    page = open_page(**DESK)
    page.goto("/")
    days = page.locator(".stream-day").all_inner_texts()
    assert days[:2] == ["Today", "Yesterday"]
    assert "Sept. 14, 2020" in days or "September 14, 2020" in days
    expect(page.get_by_role("list", name="Yesterday").get_by_role("article")).to_have_count(2)


def test_a_line_tells_of_new_actions(open_page, site, demo_user, screen, monkeypatch):
    monkeypatch.setattr("test_project.dashboard.views.feeds.FeedView.poll_seconds", 1)
    ann = User.objects.get(username="ann-lee")
    follow(demo_user, ann)
    page = open_page(demo_user, **screen)
    page.goto("/")
    line = page.get_by_role("region", name="Your feed").get_by_role("status")
    expect(line).to_have_text("")
    for _ in range(3):
        action.send(ann, "committed", site, Commit.objects.last())
    link = line.get_by_role("link", name="Show 3 new actions")
    link.wait_for()
    assert Axe().run(page).violations_count == 0
    today = page.get_by_role("list", name="Today").get_by_role("article")
    expect(today).to_have_count(1)
    link.click()
    expect(today).to_have_count(4)


def test_subscribing_gives_an_address_that_needs_no_password(
    open_page, site, demo_user, window, client
):
    follow(demo_user, site)
    page = open_page(demo_user, **window)
    page.goto("/")
    page.get_by_role("link", name="Subscribe").click()
    page.get_by_role("button", name="Make the address").click()
    address = page.get_by_role("link", name="/atom/").get_attribute("href")
    feed = client.get(address)
    assert feed["Content-Type"] == "application/atom+xml; charset=utf-8"
    assert b"tagged v1" in feed.content


def test_commit_opens_from_the_feed_and_leads_to_its_repository(open_page, site):
    page = open_page(**DESK)
    page.goto("/")
    page.locator("article a[href^='/commits/']").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("changes part")
    page.get_by_role("main").get_by_role("link", name=Repository.objects.first().name).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("app")
