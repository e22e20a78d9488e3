"""The site in a real browser: signing in, following, reading, on a desk and on a phone."""

import os
import shutil
from pathlib import Path

import pytest

SCREENSHOTS = Path(__file__).resolve().parents[1] / "screenshots"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESK = {"viewport": {"width": 1280, "height": 900}}
PHONE = {
    "viewport": {"width": 375, "height": 740},
    "java_script_enabled": False,
    "is_mobile": True,
}

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def chromium():
    path = shutil.which("chromium")
    if not path:
        reason = "there is no program named chromium on the PATH"
        if os.environ.get("STREAM_REQUIRE_ALL") == "1":
            pytest.fail(f"STREAM_REQUIRE_ALL=1, but {reason}")
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright runs an event loop in this thread
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
    if before is not None:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


@pytest.fixture
def site(make_repository, django_user_model):
    make_repository("app", ["Ann Lee", "Ben Moe"], each=15)
    make_repository("tool", ["A Person With Quite a Long Name of Several Words"])
    django_user_model.objects.create_user("demo", password="demo", first_name="Demo")


@pytest.fixture
def open_page(chromium, live_server, site, request):
    """Open a window, and fail the test where a page in it has an error."""
    contexts, errors = [], []

    def open_page(options):
        context = chromium.new_context(base_url=live_server.url, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(error))
        page.on("console", lambda message: errors.append(message) if message.type == "error" else 0)
        page.on("response", lambda got: errors.append(got.url) if got.status >= 400 else 0)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not errors


def sign_in(page):
    page.goto("/")
    page.get_by_role("banner").get_by_role("link", name="Sign in").click()
    page.get_by_label("User name").fill("demo")
    page.get_by_label("Password").fill("demo")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()


def keep(page, name):
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


@pytest.mark.parametrize(("name", "options"), [("desk", DESK), ("phone", PHONE)])
def test_following_somebody_changes_the_feed(open_page, name, options):
    page = open_page(options)
    sign_in(page)
    assert page.get_by_role("heading", name="You follow nobody yet").is_visible()
    keep(page, f"{name}-empty-feed")

    page.get_by_role("link", name="Find people to follow").click()
    page.get_by_role("button", name="Follow Ann Lee").click()
    assert page.get_by_role("button", name="Unfollow Ann Lee").is_visible()
    assert page.url.endswith("/explore/")
    keep(page, f"{name}-explore")

    page.get_by_role("link", name="Feed").click()
    assert page.get_by_role("article").count() == 15
    assert page.get_by_text("Ann Lee changes part 14").is_visible()
    assert not page.get_by_text("Ben Moe changes").count()
    keep(page, f"{name}-feed")

    page.get_by_role("article").get_by_role("link", name="Ann Lee").first.click()
    page.get_by_role("button", name="Unfollow Ann Lee").click()
    page.get_by_role("link", name="Feed").click()
    assert page.get_by_role("heading", name="You follow nobody yet").is_visible()

    page.get_by_role("button", name="Sign out").click()
    assert page.get_by_role("banner").get_by_role("link", name="Sign in").is_visible()


@pytest.mark.parametrize("width", [320, 375])
def test_phone_never_scrolls_sideways(open_page, width):
    page = open_page(PHONE | {"viewport": {"width": width, "height": 740}})
    for url in ("/", "/explore/", "/people/ann-lee/", "/repositories/tool/", "/sign-in/"):
        page.goto(url)
        keep(page, f"phone-{width}{url.rstrip('/').replace('/', '-')}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, url
    sign_in(page)
    for url in ("/", "/explore/?q=nothing-like-this"):
        page.goto(url)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, url


def test_keyboard_reaches_the_content_first(open_page):
    page = open_page(DESK)
    page.goto("/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to content")
    assert skip.evaluate("link => link === document.activeElement")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_commit_opens_from_the_feed_and_leads_to_its_repository(open_page):
    page = open_page(DESK)
    page.goto("/")
    page.get_by_role("article").first.locator(".sha").click()
    heading = page.get_by_role("heading", level=1).inner_text()
    assert "changes part" in heading
    keep(page, "desk-commit")
    page.get_by_role("main").get_by_role("link", name="app", exact=True).first.click()
    assert page.get_by_role("heading", level=1).inner_text() == "app"
    keep(page, "desk-repository")
    page.get_by_role("link", name="Older →").click()
    assert page.get_by_role("link", name="← Newer").is_visible()
