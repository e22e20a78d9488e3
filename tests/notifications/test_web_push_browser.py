"""The button of web push and the service worker in a real browser. Its push service is a stub."""

import json

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import expect

from stream.notifications.models import PushSubscription
from tests.support.browser import chromium, close_windows  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db(transaction=True)

KEY = "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI"
ENDPOINT = "https://fcm.googleapis.com/fcm/send/"
PAGE = "/notifications/preferences/"

# What a browser keeps of a subscription is kept in the window's storage.
STUB = """
const subscription = (number) => ({
    endpoint: "%s" + number,
    toJSON() {
        const keys = {p256dh: "B" + "A".repeat(86), auth: "A".repeat(21) + "Q"};
        return {endpoint: this.endpoint, expirationTime: null, keys};
    },
    async unsubscribe() { localStorage.removeItem("on"); return true; },
});
Object.assign(PushManager.prototype, {
    async getSubscription() {
        const number = localStorage.getItem("on");
        return number && subscription(number);
    },
    async subscribe(options) {
        if (localStorage.getItem("fails")) throw new Error("no push service");
        const {applicationServerKey: key, userVisibleOnly} = options;
        window.options = {bytes: key.length, first: key[0], userVisibleOnly};
        const number = Number(localStorage.getItem("count") ?? 0) + 1;
        localStorage.setItem("count", number);
        localStorage.setItem("on", number);
        return subscription(number);
    },
});
"""


@pytest.fixture
def user(settings):
    options = {"private_key": KEY, "subject": "mailto:site@example.com"}
    backend = "stream.notifications.channels.WebPushChannel"
    settings.STREAM_CHANNELS = {"push": {"BACKEND": backend, "OPTIONS": options}}
    settings.STREAM_SITE_URL = "https://example.com"
    return User.objects.create(username="ann")


@pytest.fixture
def open_page(chromium, live_server):  # noqa: F811
    contexts, errors = [], []
    url = live_server.url  # localhost, which browsers take for secure

    def note(line):
        if line.type == "error" and "status of 400" not in line.text:
            errors.append(line.text)

    def with_policy(route):
        answer = route.fetch()
        headers = {**answer.headers, "content-security-policy": "default-src 'self'"}
        route.fulfill(response=answer, headers=headers)

    def open_page(user, permission="granted", stub=STUB % ENDPOINT):
        context = chromium.new_context(base_url=url)
        contexts.append(context)
        context.route("**/favicon.ico", lambda route: route.fulfill(status=204))
        if permission == "granted":
            context.grant_permissions(["notifications"], origin=url)
        else:
            answer = f'Object.defineProperty(Notification, "permission", {{value: "{permission}"}})'
            context.add_init_script(
                f'{answer}; Notification.requestPermission = async () => "{permission}";'
            )
        client = Client()
        client.force_login(user)
        value = client.cookies["sessionid"].value
        context.add_cookies([{"name": "sessionid", "value": value, "url": url}])
        context.route(f"**{PAGE}", with_policy)
        context.add_init_script(stub)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(error))
        page.on("console", note)
        page.goto(PAGE)
        return page

    yield open_page
    close_windows(contexts)
    assert errors == []


def button(page, name):
    return page.get_by_role("button", name=name)


def start(page):
    return button(page, "Notify me on this device")


def stop(page):
    return button(page, "Stop on this device")


def test_a_click_subscribes_and_another_ends_it(user, open_page):
    page = open_page(user)
    expect(stop(page)).to_be_hidden()
    start(page).click()
    expect(stop(page)).to_be_visible()
    expect(start(page)).to_be_hidden()
    expect(stop(page)).to_be_focused()
    assert page.evaluate("options") == {"bytes": 65, "first": 4, "userVisibleOnly": True}
    row = PushSubscription.objects.get()
    assert (row.user, row.endpoint) == (user, f"{ENDPOINT}1")
    page.reload()
    stop(page).click()
    expect(start(page)).to_be_visible()
    assert not PushSubscription.objects.exists()


def test_a_device_that_the_site_has_forgotten_can_be_added_anew(user, open_page):
    page = open_page(user)
    start(page).click()
    expect(stop(page)).to_be_visible()
    PushSubscription.objects.all().delete()
    page.reload()
    start(page).click()
    expect(stop(page)).to_be_visible()
    assert PushSubscription.objects.get().endpoint == f"{ENDPOINT}2"


def test_it_says_where_the_browser_has_said_no(user, open_page):
    page = open_page(user, permission="denied")
    expect(page.get_by_text("Your browser does not let this site notify you.")).to_be_visible()
    expect(start(page)).to_be_hidden()


def test_who_does_not_answer_can_be_asked_again(user, open_page):
    page = open_page(user, permission="default")
    start(page).click()
    expect(start(page)).to_be_enabled()
    expect(page.get_by_text("That did not work.")).to_be_hidden()
    assert not PushSubscription.objects.exists()


def test_it_says_what_failed(user, open_page):
    page = open_page(user)
    page.evaluate("localStorage.setItem('fails', 1)")
    start(page).click()
    expect(page.get_by_text("That did not work.")).to_be_visible()
    expect(start(page)).to_be_enabled()
    page.evaluate("localStorage.removeItem('fails')")
    start(page).click()
    expect(stop(page)).to_be_visible()
    expect(page.get_by_text("That did not work.")).to_be_hidden()


def test_what_the_site_refuses_is_not_kept_by_the_browser(user, open_page):
    page = open_page(user, stub=STUB % "https://push.example.com/")
    start(page).click()
    expect(page.get_by_text("That did not work.")).to_be_visible()
    assert page.evaluate("localStorage.getItem('on')") is None


def test_it_shows_nothing_where_there_is_no_push(user, open_page):
    page = open_page(user, stub="delete window.PushManager")
    expect(page.locator("[data-stream-push]")).to_be_hidden()
    expect(start(page)).to_be_hidden()


def push(page, said):
    """Let the browser get a message, as from a push service."""
    session = page.context.new_cdp_session(page)
    found = []
    session.on("ServiceWorker.workerRegistrationUpdated", lambda event: found.append(event))
    session.send("ServiceWorker.enable")
    while not any(event["registrations"] for event in found):
        page.evaluate("0")  # lets events come in
    [registration] = found[-1]["registrations"]
    session.send(
        "ServiceWorker.deliverPushMessage",
        {
            "origin": page.evaluate("location.origin"),
            "registrationId": registration["registrationId"],
            "data": said if isinstance(said, str) else json.dumps(said),
        },
    )


SHOWN = """async (scope) => {
    const registration = await navigator.serviceWorker.getRegistration(scope);
    for (;;) {
        const [shown] = await registration.getNotifications();
        if (shown) return {title: shown.title, body: shown.body, tag: shown.tag, data: shown.data};
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
}"""


def test_the_worker_shows_what_is_pushed(user, open_page):
    page = open_page(user)
    start(page).click()
    expect(stop(page)).to_be_visible()
    url = "/notifications/5/"
    push(page, {"title": "Headwater", "body": "ann sang", "url": url, "tag": "stream-5"})
    assert page.evaluate(SHOWN, "/notifications/push/") == {
        "title": "Headwater",
        "body": "ann sang",
        "tag": "stream-5",
        "data": {"url": url},
    }
