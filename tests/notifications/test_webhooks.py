"""Webhooks: what is posted, by whom it can be read, and where it is not sent."""

import json
import re
import socket

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError
from django.utils.functional import lazy
from django.utils.translation import get_language
from standardwebhooks import Webhook as Receiver, WebhookVerificationError

from stream.jobs.running import run_all
from stream.notifications import notify
from stream.notifications.addresses import new_secret, secret_bytes
from stream.notifications.channels import webhooks
from stream.notifications.channels.conf import channels, check_channels
from stream.notifications.models import Delivery, Notification, Webhook
from stream.testing import override_options
from stream.utils import action
from tests.early.models import Band
from tests.support.notifications import users
from tests.support.servers import make_certificate, serving

pytestmark = pytest.mark.django_db

WEBHOOKS = "stream.notifications.channels.WebhookChannel"


@pytest.fixture
def options(settings):
    options = {}
    settings.STREAM_CHANNELS = {"webhooks": {"BACKEND": WEBHOOKS, "OPTIONS": options}}
    settings.STREAM_SITE_URL = "https://example.com"
    return options


@pytest.fixture
def receiver(options):
    """A server on this machine, which the site allows."""
    options.update(allow_http=True, allow_private=True)
    with serving() as receiver:
        yield receiver


@pytest.fixture
def hook(receiver, hendrix):
    return Webhook.objects.create(user=hendrix, url=f"{receiver.url}/hook?key=1")


def tell(user, *arguments, **options):
    notify(user, action.send(*arguments), **options)
    run_all(Delivery)
    return Delivery.objects.latest("pk")


# What is sent


def test_a_webhook_has_what_happened(receiver, hook, hendrix, lennon):
    band = Band.objects.create(name="Cream")
    with override_options(Band, url=lambda self, obj: f"/bands/{obj.pk}/"):
        delivery = tell(hendrix, lennon, "praised", band, kind="followers", level=30)
    assert delivery.state == "sent"
    assert receiver.last.path == "/hook?key=1"
    assert receiver.last.headers["content-type"] == "application/json"
    said, notification = json.loads(receiver.last.body), Notification.objects.get()
    assert said.pop("datetime")[:19] == notification.datetime.isoformat()[:19]
    assert said == {
        "id": notification.pk,
        "type": "notification",
        "kind": "followers",
        "level": "warning",
        "verb": "praised",
        "text": "lennon praised Cream",
        "url": f"https://example.com/notifications/{notification.pk}/",
        "actor": {"type": "auth.user", "id": lennon.pk, "name": "lennon", "url": ""},
        "target": None,
        "action_object": None,
        "context": None,
    } | {
        role: {
            "type": "early.band",
            "id": band.pk,
            "name": "Cream",
            "url": f"https://example.com/bands/{band.pk}/",
        }
        for role in ("target",)
    }


def test_a_receiver_can_check_who_sent_it(receiver, hook, hendrix, lennon):
    delivery = tell(hendrix, lennon, "sang “é”")
    sent = receiver.last
    assert Receiver(hook.secret).verify(sent.body, sent.headers)["verb"] == "sang “é”"
    assert sent.headers["webhook-id"] == str(delivery.pk)
    with pytest.raises(WebhookVerificationError):
        Receiver(new_secret()).verify(sent.body, sent.headers)
    with pytest.raises(WebhookVerificationError):
        Receiver(hook.secret).verify(sent.body.replace(b"sang", b"sank"), sent.headers)


def test_another_attempt_has_the_same_id(receiver, hook, hendrix, lennon):
    receiver.status = 500
    tell(hendrix, lennon, "sang")
    receiver.status = 204
    run_all(Delivery)
    first, second = (each.headers["webhook-id"] for each in receiver.requests)
    assert first == second
    assert Delivery.objects.get().state == "sent"


def test_each_webhook_has_its_own_secret(receiver, hook, hendrix, lennon):
    other = Webhook.objects.create(user=hendrix, url=f"{receiver.url}/other")
    tell(hendrix, lennon, "sang")
    by_path = {each.path.partition("?")[0]: each for each in receiver.requests}
    for each, path in ((hook, "/hook"), (other, "/other")):
        Receiver(each.secret).verify(by_path[path].body, by_path[path].headers)
    assert hook.secret != other.secret


def test_each_active_webhook_of_the_recipients_gets_it_once(
    receiver, hook, hendrix, lennon, django_assert_max_num_queries
):
    other, nobody = users("other", "nobody")
    second = Webhook.objects.create(user=hendrix, url=f"{receiver.url}/2")
    third = Webhook.objects.create(user=other, url=f"{receiver.url}/3")
    Webhook.objects.create(user=hendrix, url=f"{receiver.url}/off", is_active=False)
    Webhook.objects.create(user=other, url=f"{receiver.url}/off", is_active=False)
    sent = action.send(lennon, "sang")
    with django_assert_max_num_queries(10):
        notify([hendrix, other, nobody], sent)
    rows = Delivery.objects.order_by("address").values_list("recipient_id", "address")
    assert list(rows) == [(hendrix.pk, hook.pk), (hendrix.pk, second.pk), (other.pk, third.pk)]


def test_what_is_turned_off_meanwhile_is_not_sent(receiver, hook, hendrix, lennon):
    Webhook.objects.create(user=hendrix, url=f"{receiver.url}/other")
    notify(hendrix, action.send(lennon, "sang"))
    Webhook.objects.filter(pk=hook.pk).update(is_active=False)
    run_all(Delivery)
    assert [each.path for each in receiver.requests] == ["/other"]
    assert set(Delivery.objects.values_list("state", flat=True)) == {"sent", "skipped"}


def test_the_language_is_the_users(receiver, hook, hendrix, lennon, settings, monkeypatch):
    monkeypatch.setattr(User, "language", "de", raising=False)
    settings.STREAM_VERBS = {"sang": lazy(lambda: f"spoke {get_language()}", str)()}
    tell(hendrix, lennon, "sang")
    assert json.loads(receiver.last.body)["text"] == "lennon spoke de"


# What comes back


def test_a_webhook_that_is_gone_is_turned_off(receiver, hook, hendrix, lennon):
    receiver.status = 410
    assert tell(hendrix, lennon, "sang").state == "failed"
    hook.refresh_from_db()
    assert not hook.is_active
    assert not run_all(Delivery)[0]


@pytest.mark.parametrize("status", [400, 401, 404, 422])
def test_what_is_refused_is_given_up(receiver, hook, hendrix, lennon, status):
    receiver.status, receiver.body = status, "Größe\0\n".encode() + b"\xff" * 10_000_000
    delivery = tell(hendrix, lennon, "sang")
    assert delivery.state == "failed"
    assert f"GiveUpError: {status}" in delivery.error
    assert "Größe" in delivery.error
    hook.refresh_from_db()
    assert hook.is_active


@pytest.mark.parametrize("status", [301, 307, 408, 429, 500, 502])
def test_what_may_succeed_later_is_tried_again(receiver, hook, hendrix, lennon, status):
    receiver.status, receiver.headers = status, {"Location": f"{receiver.url}/elsewhere"}
    assert tell(hendrix, lennon, "sang").state == "waiting"
    assert len(receiver.requests) == 1  # no redirect is followed


def test_an_answer_is_not_waited_for(options, hendrix, lennon):
    options.update(allow_http=True, allow_private=True, timeout=0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        Webhook.objects.create(user=hendrix, url=url)
        delivery = tell(hendrix, lennon, "sang")
    assert delivery.state == "waiting"
    assert "Timeout" in delivery.error


def test_a_certificate_that_nobody_knows_is_refused(options, hendrix, lennon, tmp_path):
    options["allow_private"] = True
    with serving(make_certificate(tmp_path / "hook.pem")) as receiver:
        Webhook.objects.create(user=hendrix, url=receiver.url)
        delivery = tell(hendrix, lennon, "sang")
    assert (delivery.state, receiver.requests) == ("waiting", [])
    assert "SSL" in delivery.error


# Where it is not sent


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "10.0.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "[::1]",
        "[fe80::1]",
        "[::ffff:127.0.0.1]",
        "2130706433",
        "0x7f.1",
    ],
)
def test_private_networks_are_refused(options, hendrix, lennon, host):
    options["allow_http"] = True
    for scheme in ("http", "https"):
        Webhook.objects.update_or_create(user=hendrix, defaults={"url": f"{scheme}://{host}/"})
        delivery = tell(hendrix, lennon, "sang")
        assert delivery.state == "failed"
        assert "the address is in a private network" in delivery.error


def test_a_name_is_resolved_once_and_connected_to_by_what_was_checked(
    options, hendrix, lennon, monkeypatch
):
    answers, connected = [("8.8.8.8", 443), ("127.0.0.1", 443)], []

    def resolve(host, *args, **kwargs):
        assert host == "rebind.example"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", answers.pop(0))]

    def connect(address, *args, **kwargs):
        connected.append(address)
        raise OSError("no network in tests")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr("urllib3.util.connection.create_connection", connect)
    Webhook.objects.create(user=hendrix, url="https://rebind.example/")
    assert tell(hendrix, lennon, "sang").state == "waiting"
    assert connected == [("8.8.8.8", 443)]
    run_all(Delivery)
    assert "in a private network" in Delivery.objects.get().error
    assert connected == [("8.8.8.8", 443)]


@pytest.mark.parametrize("url", ["http://example.com/", "ftp://example.com/", "example.com", ""])
def test_only_https_is_asked(options, hendrix, lennon, url):
    Webhook.objects.create(user=hendrix, url=url)
    delivery = tell(hendrix, lennon, "sang")
    assert delivery.error == "GiveUpError: the address of a webhook begins with https://"


@pytest.mark.parametrize("url", ["https://", "https://[/", "https://a b/", "https://*/"])
def test_what_is_no_address_is_given_up(options, hendrix, lennon, url):
    Webhook.objects.create(user=hendrix, url=url)
    assert tell(hendrix, lennon, "sang").state == "failed"


def test_passwords_of_the_machine_are_not_sent(
    receiver, hook, hendrix, lennon, tmp_path, monkeypatch
):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login root password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    tell(hendrix, lennon, "sang")
    assert "authorization" not in receiver.last.headers


# The table


def test_a_secret_is_made_and_checked(hendrix):
    hook = Webhook(user=hendrix, url="https://example.com/hook")
    hook.full_clean()
    assert re.fullmatch("whsec_[A-Za-z0-9+/=]{44}", hook.secret)
    assert len(secret_bytes(hook.secret)) == 32
    for wrong in ("whsec_x", "whsec_é", "whsec_" + "A" * 8, "whsec_" + "A" * 96):
        hook.secret = wrong
        with pytest.raises(ValidationError) as error:
            hook.full_clean()
        assert set(error.value.message_dict) == {"secret"}


def test_a_wrong_secret_is_given_up(receiver, hook, hendrix, lennon):
    Webhook.objects.update(secret="whsec_short")
    assert tell(hendrix, lennon, "sang").error.startswith("GiveUpError: a secret")
    assert receiver.requests == []


def test_webhooks_go_with_their_user():
    [user] = users("gone")
    Webhook.objects.create(user=user, url="https://example.com/")
    user.delete()
    assert not Webhook.objects.exists()


def staff(client, *names):
    user = User.objects.create(username="staff", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    client.force_login(user)


LIST = "/admin/stream_notifications/webhook/"


def test_the_admin_makes_webhooks(client, hendrix):
    staff(client, "add_webhook", "change_webhook", "view_webhook")
    form = client.get(f"{LIST}add/").context["adminform"].form
    secret = form["secret"].value()
    said = {"user": hendrix.pk, "url": "https://example.com/", "secret": secret, "is_active": "on"}
    assert client.post(f"{LIST}add/", {**said, "url": "javascript:1"}).status_code == 200
    assert client.post(f"{LIST}add/", said).status_code == 302
    made = Webhook.objects.get()
    assert (made.user, made.secret) == (hendrix, secret)
    html = client.get(f"{LIST}{made.pk}/change/").content.decode()
    assert secret in html.replace("&#x2B;", "+")
    assert "hendrix" not in html  # this staff may not view users


def test_the_admin_shows_secrets_to_those_who_may_change_them(client, hendrix):
    made = Webhook.objects.create(user=hendrix, url="https://example.com/")
    staff(client, "view_webhook")
    for path in ("", f"{made.pk}/change/"):
        html = client.get(f"{LIST}{path}").content.decode()
        assert "example.com" in html
        assert made.secret not in html.replace("&#x2B;", "+")


# Settings


def test_the_library_must_be_installed(options, monkeypatch):
    monkeypatch.setattr(webhooks, "find_spec", lambda name: None)
    assert [each.id for each in check_channels()] == ["stream_notifications.E009"]


@pytest.mark.parametrize("wrong", [{"timeout": 0}, {"timeout": "1"}])
def test_wrong_options_are_told(options, wrong):
    options.update(wrong)
    [error] = channels()["webhooks"].check()
    assert error.id == "stream_notifications.E010"


def test_right_options_are_no_error(options):
    assert check_channels() == []


def test_webhooks_are_offered_to_those_who_have_one(hook, hendrix, lennon, client):
    shown = []
    for user in (hendrix, lennon):
        client.force_login(user)
        shown.append("Webhooks" in client.get("/notifications/preferences/").content.decode())
    assert shown == [True, False]
