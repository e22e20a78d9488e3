"""Two windows of the demo, as it is served: what is done in one is shown in the other."""

import re

import pytest
from playwright.sync_api import expect

from tests.demo.conftest import DESK, PHONE, wait_until_served

SOON = 15_000  # milliseconds


@pytest.fixture
def sign_in(served, chromium):
    """Open a window of the served site, in which somebody is signed in."""
    address, *_ = served
    wait_until_served(*served)
    contexts, errors = [], []

    def sign_in(name, **options):
        context = chromium.new_context(base_url=address, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(error))
        page.on("console", lambda message: errors.append(message) if message.type == "error" else 0)
        page.goto("/sign-in/")
        page.get_by_label("User name").fill(name)
        page.get_by_label("Password").fill(name)
        page.get_by_role("main").get_by_role("button", name="Sign in").click()
        page.locator("html[data-stream-live=on]").wait_for(state="attached", timeout=SOON)
        return page

    yield sign_in
    for context in contexts:
        context.close()
    assert not errors


def test_what_one_window_does_the_other_shows_without_a_reload(sign_in):
    demo, admin = sign_in("demo", **DESK), sign_in("admin", **PHONE)
    demo.evaluate("window.isSame = true")
    today = demo.get_by_role("list", name="Today").get_by_role("article")
    before = demo.get_by_role("main").get_by_role("article").count()
    unseen = int(demo.locator("#badge").get_attribute("data-unseen"))

    admin.goto("/repositories/app/")
    admin.get_by_role("button", name=re.compile("Star app")).click()
    expect(demo.get_by_role("link", name=f"Notifications {unseen + 1} new")).to_be_visible(
        timeout=SOON
    )
    expect(today.first).to_contain_text("Admin", timeout=SOON)
    expect(today.first).to_contain_text("starred")
    expect(demo.get_by_role("main").get_by_role("article")).to_have_count(before + 1)

    # A second row of the same day stands below the same heading, and one badge counts both.
    admin.locator("article a[href^='/commits/']").first.click()
    admin.get_by_label("Say something").fill("Looks good to me.")
    admin.get_by_role("button", name="Comment", exact=True).click()
    expect(demo.get_by_role("link", name=f"Notifications {unseen + 2} new")).to_be_visible(
        timeout=SOON
    )
    expect(today.first).to_contain_text("commented", timeout=SOON)
    expect(demo.get_by_role("main").get_by_role("article")).to_have_count(before + 2)
    expect(demo.get_by_role("heading", name="Today")).to_have_count(1)
    expect(demo.get_by_role("status").filter(has_text="new action")).to_have_count(0)
    assert demo.evaluate("window.isSame === true")


def test_new_rows_wait_while_somebody_reads_below(sign_in):
    demo, admin = sign_in("demo", **PHONE), sign_in("admin", **DESK)
    demo.evaluate("scrollTo(0, 1200)")
    rows = demo.get_by_role("main").get_by_role("article")
    admin.goto("/repositories/app/")
    admin.get_by_role("button", name=re.compile("Star app")).click()
    expect(demo.locator(".stream-new")).to_have_text("Show 1 new action", timeout=SOON)
    expect(rows.first).not_to_contain_text("Admin")
    demo.evaluate("scrollTo(0, 0)")
    expect(rows.first).to_contain_text("Admin", timeout=SOON)
    expect(demo.locator(".stream-new")).to_have_text("")


def test_open_notifications_are_shown_as_they_come(sign_in):
    demo, admin = sign_in("demo", **DESK), sign_in("admin", **DESK)
    demo.goto("/notifications/")
    demo.locator("html[data-stream-live=on]").wait_for(state="attached", timeout=SOON)
    demo.evaluate("window.isSame = true")
    admin.goto("/repositories/app/")
    admin.get_by_role("button", name=re.compile("Star app")).click()
    rows = demo.get_by_role("main").get_by_role("article")
    expect(rows.first).to_contain_text("Admin", timeout=SOON)
    assert demo.evaluate("window.isSame === true")


def test_a_sign_in_that_ends_in_one_window_ends_the_stream_of_another(sign_in):
    demo = sign_in("demo", **DESK)
    other = demo.context.new_page()
    other.goto("/explore/")
    other.get_by_role("button", name="Sign out").click()
    demo.locator("html[data-stream-live=off]").wait_for(state="attached", timeout=SOON)
