"""Web push: subscribing, and what push services are sent, encrypted and signed."""

import base64
import datetime as dt
import json
import os
import socket
from urllib.parse import urlsplit

import http_ece
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from django.utils.functional import lazy
from django.utils.translation import get_language
from py_vapid import Vapid

from stream.jobs.running import run_all
from stream.models import Action
from stream.notifications import notify
from stream.notifications.channels import push
from stream.notifications.channels.conf import channels, check_channels
from stream.notifications.channels.push import SUBSCRIPTIONS_PER_USER
from stream.notifications.models import Delivery, Notification, PushSubscription
from stream.utils import action
from tests.support.notifications import users
from tests.support.servers import make_certificate, serving

pytestmark = pytest.mark.django_db

PUSH = "stream.notifications.channels.WebPushChannel"
SUBSCRIBE, UNSUBSCRIBE = "/notifications/push/subscribe/", "/notifications/push/unsubscribe/"


def text(raw):
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def raw_bytes(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Browser:
    """The keys of a browser that has subscribed, which can read what it is sent."""

    def __init__(self, endpoint):
        self.endpoint = endpoint
        self.private_key, self.secret = ec.generate_private_key(ec.SECP256R1()), os.urandom(16)

    @property
    def keys(self):
        point = self.private_key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        return {"p256dh": text(point), "auth": text(self.secret)}

    def as_json(self):
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": self.keys}

    def read(self, body):
        clear = http_ece.decrypt(
            body, private_key=self.private_key, auth_secret=self.secret, version="aes128gcm"
        )
        return json.loads(clear)


@pytest.fixture
def options():
    key = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return {"private_key": text(key.to_bytes(32, "big")), "subject": "mailto:site@example.com"}


@pytest.fixture
def channel(settings, options):
    settings.STREAM_CHANNELS = {"push": {"BACKEND": PUSH, "OPTIONS": options}}
    settings.STREAM_SITE_URL, settings.STREAM_SITE_NAME = "https://example.com", "Headwater"
    return lambda: channels()["push"]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("tls") / "push.pem")


@pytest.fixture
def service(channel, options, certificate, monkeypatch):
    """A server that stands in for a push service."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    with serving(certificate) as service:
        options["hosts"] = [service.url.removeprefix("https://")]
        yield service


@pytest.fixture
def browser(service):
    return Browser(f"{service.url}/device/1")


@pytest.fixture
def device(browser, hendrix, channel):
    return channel().subscribe(hendrix, browser.as_json())


def tell(user, actor, verb="sang", **options):
    notify(user, action.send(actor, verb), **options)
    run_all(Delivery)
    return Delivery.objects.latest("pk")


# Sending


def test_a_device_is_told_in_one_line_where_it_leads(service, browser, device, hendrix, lennon):
    delivery = tell(hendrix, lennon, "sang\na song", level=30)
    assert (delivery.state, delivery.address) == ("sent", device.pk)
    key = Notification.objects.get().pk
    said = browser.read(service.last.body)
    assert said == {
        "title": "Headwater",
        "body": "lennon sang a song",
        "url": f"/notifications/{key}/",
        "tag": f"stream-{key}",
        "level": "warning",
    }
    headers = service.last.headers
    assert (headers["content-encoding"], headers["ttl"]) == ("aes128gcm", "86400")
    assert service.last.path == "/device/1"


def test_the_token_is_signed_with_the_key_of_the_site(
    service, device, hendrix, lennon, channel, options
):
    tell(hendrix, lennon)
    signed = service.last.headers["authorization"]
    assert Vapid.verify(signed)
    parts = dict(each.split("=", 1) for each in signed.removeprefix("vapid ").split(","))
    assert parts["k"] == channel().public_key
    public = Vapid.from_string(options["private_key"]).public_key.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    assert parts["k"] == text(public)
    claims = json.loads(raw_bytes(parts["t"].split(".")[1]))
    assert (claims["aud"], claims["sub"]) == (service.url, "mailto:site@example.com")
    now = timezone.now().timestamp()
    assert now < claims["exp"] < now + 24 * 3600


def test_each_device_has_deliveries_of_its_own(service, channel, hendrix, lennon):
    for number in (1, 2):
        channel().subscribe(hendrix, Browser(f"{service.url}/{number}").as_json())
    tell(hendrix, lennon)
    assert sorted(each.path for each in service.requests) == ["/1", "/2"]
    assert Delivery.objects.filter(state="sent").count() == 2


def test_users_without_devices_get_no_deliveries(service, device, lennon):
    [other] = users("other")
    notify(other, action.send(lennon, "sang"))
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("verb", ["sang " + '\\"é' * 80, "sang " + "ß" * 240])
def test_a_long_text_is_cut_to_what_push_services_take(
    service, browser, device, hendrix, lennon, monkeypatch, verb
):
    monkeypatch.setattr(push, "BYTES_OF_MESSAGES", 300)
    tell(hendrix, lennon, verb)
    said = browser.read(service.last.body)
    assert said["body"].startswith("lennon sang")
    assert said["body"].endswith("…")
    assert len(json.dumps(said, ensure_ascii=False).encode()) <= 300


def test_the_longest_message_fits(service, browser, device, hendrix, lennon, monkeypatch):
    monkeypatch.setattr(Action, "get_sentence", lambda self: "ß" * 10_000)
    tell(hendrix, lennon)
    assert 3000 < len(service.last.body) <= 4096
    assert len(browser.read(service.last.body)["body"]) > 1000


def test_the_language_is_the_users(
    service, browser, device, hendrix, lennon, settings, monkeypatch
):
    monkeypatch.setattr(User, "language", "de", raising=False)
    settings.STREAM_VERBS = {"sang": lazy(lambda: f"spoke {get_language()}", str)()}
    tell(hendrix, lennon)
    assert browser.read(service.last.body)["body"] == "lennon spoke de"


@pytest.mark.parametrize("status", [404, 410])
def test_a_device_that_is_gone_is_forgotten(service, device, hendrix, lennon, status):
    service.status = status
    assert tell(hendrix, lennon).state == "failed"
    assert not PushSubscription.objects.exists()


@pytest.mark.parametrize("status", [400, 401, 403, 413])
def test_what_is_refused_is_given_up(service, device, hendrix, lennon, status):
    service.status, service.body = status, b'{"reason": "BadJwtToken"}'
    delivery = tell(hendrix, lennon)
    assert delivery.state == "failed"
    assert f"GiveUpError: {status}" in delivery.error
    assert "BadJwtToken" in delivery.error
    assert PushSubscription.objects.exists()


@pytest.mark.parametrize("status", [302, 408, 429, 500, 503])
def test_what_may_succeed_later_is_tried_again(service, device, hendrix, lennon, status):
    service.status, service.headers = status, {"Location": f"{service.url}/elsewhere"}
    assert tell(hendrix, lennon).state == "waiting"
    assert len(service.requests) == 1  # no redirect is followed
    service.status = 201
    run_all(Delivery)
    assert Delivery.objects.get().state == "sent"


def test_a_service_that_cannot_be_reached_is_tried_again(channel, options, hendrix, lennon):
    with socket.create_server(("127.0.0.1", 0)) as free:
        host = f"127.0.0.1:{free.getsockname()[1]}"
    options["hosts"] = [host]
    channel().subscribe(hendrix, Browser(f"https://{host}/1").as_json())
    delivery = tell(hendrix, lennon)
    assert (delivery.state, delivery.attempts) == ("waiting", 1)


def test_a_service_that_is_silent_is_tried_again(channel, options, hendrix, lennon):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = f"127.0.0.1:{silent.getsockname()[1]}"
        options.update(hosts=[host], timeout=0.05)
        channel().subscribe(hendrix, Browser(f"https://{host}/1").as_json())
        delivery = tell(hendrix, lennon)
    assert delivery.state == "waiting"
    assert "Timeout" in delivery.error


def in_an_hour():
    when = timezone.now() + dt.timedelta(hours=1)
    return when.strftime("%a, %d %b %Y %H:%M:%S GMT")


@pytest.mark.parametrize("said", ["3600", in_an_hour])
def test_it_is_not_tried_before_the_service_wants_it(service, device, hendrix, lennon, said):
    service.status, service.headers = 429, {"Retry-After": said() if callable(said) else said}
    delivery = tell(hendrix, lennon)
    assert delivery.due_at > timezone.now() + dt.timedelta(minutes=59)


@pytest.mark.parametrize("said", ["soon", "-1", "٣", "Wed, 99 Foo 2026 99:99:99 GMT", "1" * 30])
def test_a_wrong_time_is_the_usual_pause(service, device, hendrix, lennon, said):
    service.status = 503
    service.headers = {"Retry-After": said.encode().decode("latin-1")}
    delivery = tell(hendrix, lennon)
    assert delivery.due_at < timezone.now() + dt.timedelta(minutes=6)


def test_an_endpoint_that_is_not_allowed_any_more_is_not_asked(
    service, device, options, hendrix, lennon
):
    options["hosts"] = []
    assert tell(hendrix, lennon).state == "failed"
    assert service.requests == []


def test_a_key_that_is_no_point_is_given_up(service, channel, hendrix, lennon):
    browser = Browser(f"{service.url}/1").as_json()
    browser["keys"]["p256dh"] = text(b"\x04" + bytes(64))
    channel().subscribe(hendrix, browser)
    assert tell(hendrix, lennon).error.startswith("GiveUpError: the keys of the subscription")


def test_a_device_that_has_stopped_is_told_nothing(
    service, browser, device, hendrix, lennon, channel
):
    notify(hendrix, action.send(lennon, "sang"))
    channel().subscribe(hendrix, Browser(f"{service.url}/other").as_json())
    device.delete()
    run_all(Delivery)
    assert Delivery.objects.get().state == "skipped"
    assert service.requests == []


# Subscribing

CHROME = "https://fcm.googleapis.com/fcm/send/abc:def"


def post(client, url, said):
    data = said if isinstance(said, str) else json.dumps(said)
    return client.post(url, data, content_type="application/json")


@pytest.fixture
def signed_in(client, hendrix, channel):
    client.force_login(hendrix)
    return client


def test_a_browser_subscribes_once_and_ends_it(signed_in, hendrix):
    browser = Browser(CHROME)
    for _ in range(2):
        assert post(signed_in, SUBSCRIBE, browser.as_json()).status_code == 204
    row = PushSubscription.objects.get()
    assert (row.user, row.endpoint, str(row)) == (hendrix, CHROME, "fcm.googleapis.com")
    assert {"p256dh": row.p256dh, "auth": row.auth} == browser.keys
    [other] = users("other")
    PushSubscription.objects.create(user=other, endpoint=CHROME, p256dh="x", auth="x")
    assert post(signed_in, UNSUBSCRIBE, {"endpoint": CHROME}).status_code == 204
    assert PushSubscription.objects.get().user == other


def test_who_signs_in_next_in_a_browser_takes_it_over(channel, hendrix):
    [other] = users("other")
    browser, stranger = Browser(CHROME), Browser(CHROME)
    channel().subscribe(hendrix, browser.as_json())
    channel().subscribe(other, stranger.as_json())  # who knows the endpoint alone
    assert PushSubscription.objects.count() == 2
    channel().subscribe(other, browser.as_json())
    assert PushSubscription.objects.get().user == other


def test_the_oldest_of_too_many_devices_go(channel, hendrix):
    [other] = users("other")
    channel().subscribe(other, Browser(CHROME).as_json())
    for number in range(SUBSCRIPTIONS_PER_USER + 2):
        channel().subscribe(hendrix, Browser(f"{CHROME}{number}").as_json())
    own = PushSubscription.objects.filter(user=hendrix).order_by("pk")
    assert own.count() == SUBSCRIPTIONS_PER_USER
    assert own[0].endpoint == f"{CHROME}2"
    assert PushSubscription.objects.filter(user=other).exists()


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://updates.push.services.mozilla.com/wpush/v2/x",
        "https://eu.push.services.mozilla.com/x",
        "https://wns2-par02p.notify.windows.com/w/?token=x",
        "https://web.push.apple.com/x",
        "https://jmt17.google.com/x",
        "https://fcm.googleapis.com:443/x",
        "https://FCM.googleapis.com/x",
    ],
)
def test_known_push_services(channel, endpoint):
    assert channel().allows(endpoint)


REFUSED = [
    "http://fcm.googleapis.com/x",
    "https://fcm.googleapis.com:8443/x",
    "https://fcm.googleapis.com.evil.example/x",
    "https://evil.example/fcm.googleapis.com",
    "https://evil.example#fcm.googleapis.com",
    "https://evil.example\\@fcm.googleapis.com/x",
    "https://user@fcm.googleapis.com/x",
    "https://fcm.googleapis.com@evil.example/x",
    "https://evilpush.apple.com/x",
    "https://push.apple.com/x",
    "https://127.0.0.1/x",
    "https://[::1]/x",
    "https://[/x",
    "https://fcm.googleapis.com:port/x",
    "https://fcm.googleapis.com/\nx",
    "https://fcm.googleapis.com/ x",
    "https://fcm.googleapis.com/é",
    "https://fcm.googleapis.com/" + "x" * 2048,
    "file:///etc/passwd",
    "//fcm.googleapis.com/x",
]


@pytest.mark.parametrize("endpoint", REFUSED)
def test_other_endpoints_are_refused(signed_in, endpoint):
    answer = post(signed_in, SUBSCRIBE, Browser(endpoint).as_json())
    assert answer.status_code == 400
    assert answer.json() == {"error": "the endpoint is of no known push service"}
    assert not PushSubscription.objects.exists()


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("{", "Expecting"),
        ("[" * 5000, ""),
        ("[]", "the endpoint is missing"),
        ({"endpoint": 5}, "the endpoint is missing"),
        ({"endpoint": CHROME}, "the keys are missing"),
        ({"endpoint": CHROME, "keys": {"p256dh": "é", "auth": ""}}, "the key p256dh is wrong"),
        ({"endpoint": CHROME, "keys": {"p256dh": text(b"\x05" * 65)}}, "the key p256dh is wrong"),
        (
            {"endpoint": CHROME, "keys": {"p256dh": "!" + text(b"\x04" * 65)}},
            "the key p256dh is wrong",
        ),
        ({"endpoint": CHROME, "keys": {"p256dh": text(b"\x04" * 65), "auth": "x"}}, "the key auth"),
        ({"endpoint": CHROME, "keys": {"p256dh": text(b"\x04" * 65)}}, "the key auth is wrong"),
        ({"endpoint": CHROME, "x": "x" * 10_000}, "this is too long for a subscription"),
    ],
)
def test_what_is_no_subscription_is_refused(signed_in, said, error):
    answer = post(signed_in, SUBSCRIBE, said)
    assert answer.status_code == 400
    assert error in answer.json()["error"]


def test_only_who_is_signed_in_subscribes(client, channel):
    assert post(client, SUBSCRIBE, Browser(CHROME).as_json()).status_code == 401


def test_subscribing_needs_a_token(hendrix, channel):
    client = Client(enforce_csrf_checks=True)
    client.force_login(hendrix)
    for url in (SUBSCRIBE, UNSUBSCRIBE):
        assert post(client, url, Browser(CHROME).as_json()).status_code == 403
        assert client.get(url).status_code == 405


def test_without_the_channel_nobody_subscribes(client, hendrix, settings):
    settings.STREAM_CHANNELS = {}
    client.force_login(hendrix)
    assert post(client, SUBSCRIBE, Browser(CHROME).as_json()).status_code == 404


def test_devices_go_with_their_user(channel):
    [user] = users("gone")
    channel().subscribe(user, Browser(CHROME).as_json())
    user.delete()
    assert not PushSubscription.objects.exists()


# Pages


def test_the_service_worker_is_served_by_the_site(client):
    answer = client.get("/notifications/push/worker.js")
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert (answer["Service-Worker-Allowed"], answer["Cache-Control"]) == ("/", "no-cache")
    assert b"showNotification" in answer.content


def test_the_page_of_preferences_has_the_button(signed_in, hendrix, channel):
    row = channel().subscribe(hendrix, Browser(CHROME).as_json())
    html = signed_in.get("/notifications/preferences/").content.decode()
    for each in ("Notify me on this device", channel().public_key, row.digest, "stream/push.js"):
        assert each in html
    assert CHROME not in html


def test_without_the_channel_there_is_no_button(signed_in, settings):
    settings.STREAM_CHANNELS = {}
    html = signed_in.get("/notifications/preferences/").content.decode()
    assert "data-stream-push" not in html


def test_the_admin_shows_no_addresses_and_keys(client, hendrix, channel):
    browser = Browser(CHROME)
    row = channel().subscribe(hendrix, browser.as_json())
    staff = User.objects.create(username="staff", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename="view_pushsubscription"))
    client.force_login(staff)
    for path in ("", f"{row.pk}/change/"):
        html = client.get(f"/admin/stream_notifications/pushsubscription/{path}").content.decode()
        assert "fcm.googleapis.com" in html
        for secret in (urlsplit(CHROME).path, row.digest, *browser.keys.values()):
            assert secret not in html


# Settings


def test_the_command_prints_lines_that_work(capsys, settings):
    call_command("make_vapid_keys")
    printed = capsys.readouterr()
    made = {}
    exec(printed.out, made)
    settings.STREAM_CHANNELS = made["STREAM_CHANNELS"]
    settings.STREAM_SITE_URL = "https://example.com"
    assert check_channels() == []
    assert channels()["push"].public_key in printed.err


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"private_key": ""}, "['private_key'] is no key of VAPID."),
        ({"private_key": "secret!"}, "['private_key'] is no key of VAPID."),
        ({"subject": "me"}, "['subject'] = 'me': write whom push services can write to"),
        ({"hosts": "example.com"}, "['hosts'] = 'example.com': write a list of hosts."),
        ({"ttl": "1"}, "['ttl'] = '1': write whole seconds, from 0 on."),
        ({"timeout": 0}, "['timeout'] = 0: write seconds, more than 0."),
    ],
)
def test_wrong_options_are_told(channel, options, wrong, said):
    options.update(wrong)
    [error] = channel().check()
    assert error.id == "stream_notifications.E008"
    assert said in error.msg
    assert "secret!" not in error.msg


def test_the_library_must_be_installed(channel, monkeypatch):
    from importlib.util import find_spec

    commands = "stream.notifications.management.commands.make_vapid_keys.find_spec"
    for path in (f"{push.__name__}.find_spec", commands):
        monkeypatch.setattr(path, lambda name: None if name == "pywebpush" else find_spec(name))
    [error] = channel().check()
    assert error.id == "stream_notifications.E007"
    with pytest.raises(CommandError, match=r"pip install 'django-stream\[push\]'"):
        call_command("make_vapid_keys")
