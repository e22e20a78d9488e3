"""What is sent to its recipients alone, with a level, by somebody or by the site itself."""

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser, Group, User
from django.test import Client
from django.utils import translation
from rest_framework.test import APIClient

from follow.utils import follow
from stream import signals
from stream.models import Action
from stream.notifications import (
    SYSTEM,
    Level,
    NotificationFeed,
    asend_notification,
    mute,
    notify,
    notify_on,
    send_notification,
)
from stream.notifications.models import Notification
from stream.notifications.rules import remove_rule, rules
from stream.streams import actor_stream, any_stream, model_stream, user_stream
from stream.utils import action
from stream.web.links import stream_url
from stream.web.people import active_lately
from tests.early.models import Band
from tests.support.notifications import users

pytestmark = pytest.mark.django_db


@pytest.fixture
def band():
    return Band.objects.create(name="Cream")


def text(user):
    return [str(each) for each in NotificationFeed(user)]


def test_who_hears_of_each_action_may_send_messages(lennon, hendrix):
    def tell(instance, **kwargs):
        send_notification(hendrix, instance.actor, f"has {instance.verb}")

    signals.action.connect(tell)
    try:
        action.send(lennon, "sung")
    finally:
        signals.action.disconnect(tell)
    assert text(hendrix) == ["lennon has sung, just now"]
    assert [each.verb for each in Action.objects.filter(is_message=None)] == ["sung"]


def test_the_site_says_something_without_an_actor(lennon, band):
    sent = send_notification(lennon, SYSTEM, "backup finished", description="12 GB")
    assert (sent.actor, sent.public, sent.description) == (None, False, "12 GB")
    assert text(lennon) == ["Backup finished, just now"]
    send_notification(lennon, SYSTEM, "new singer of", band)
    send_notification(lennon, SYSTEM, "changed", band, lennon)
    assert text(lennon)[:2] == ["Changed lennon (Cream), just now", "New singer of Cream, just now"]
    assert Action.objects.get(pk=sent.pk).is_from_system
    Action.objects.get(pk=sent.pk).full_clean()


def test_words_of_a_verb_without_its_actor(lennon, band, settings):
    settings.STREAM_VERBS = [
        ("backed up", "The backup of {target} is done"),
        ("left", "{actor} left {target}"),
    ]
    send_notification(lennon, SYSTEM, "backed up", band)
    send_notification(lennon, SYSTEM, "left", band)
    assert text(lennon) == ["Left Cream, just now", "The backup of Cream is done, just now"]


@pytest.mark.parametrize("language", ["de", "es", "fr", "ja", "nl", "pt-br", "ru", "sv"])
def test_sentences_without_a_subject_in_all_languages(lennon, band, language):
    with translation.override(language):
        send_notification(lennon, SYSTEM, "gesichert:", band)
        assert text(lennon)[0].startswith("Gesichert: Cream, ")


def test_nobody_else_is_told(lennon, hendrix, band):
    ringo = User.objects.create(username="ringo")
    follow(ringo, hendrix)
    follow(ringo, band)
    sent = send_notification(lennon, hendrix, "invited you to", band, url="/join/7/")
    assert (sent.public, sent.data) == (False, {"url": "/join/7/"})
    for user in (ringo, None, AnonymousUser()):
        assert not Action.objects.visible_to(user)
    for stream in (actor_stream(hendrix), any_stream(band), model_stream(Band), user_stream(ringo)):
        assert list(stream) == []
    assert list(Action.objects.visible_to(lennon)) == [sent]
    assert list(Action.objects.visible_to(hendrix)) == [sent]  # who has acted
    for user, count in ((ringo, 0), (lennon, 1)):
        client = APIClient()
        client.force_authenticate(user)
        assert len(client.get("/api/actions/").json()["results"]) == count
        page = Client()
        page.force_login(user)
        assert page.get(sent.get_absolute_url()).status_code == (200 if count else 404)
        assert (b"invited you" in page.get(stream_url(band)).content) is bool(count)


def test_what_a_message_is_about_does_not_see_it(lennon, hendrix):
    ringo = User.objects.create(username="ringo")
    sent = send_notification(lennon, hendrix, "reported", ringo, description="he sings")
    flagged = send_notification(lennon, SYSTEM, "was flagged for fraud:", action_object=ringo)
    assert not Action.objects.visible_to(ringo)
    assert Action.objects.visible_among([sent, flagged], ringo) == []
    assert active_lately(ringo) == []
    assert set(Action.objects.visible_to(lennon)) == {sent, flagged}
    assert list(Action.objects.visible_to(hendrix)) == [sent]
    assert Action.objects.visible_among([sent, flagged], hendrix) == [sent]
    client = Client()
    client.force_login(ringo)
    assert client.get(sent.get_absolute_url()).status_code == 404
    for url in (stream_url(ringo), "/stream/people/"):
        assert b"hendrix" not in client.get(url).content
    other = action.send(hendrix, "waved at", ringo, public=False)
    assert list(Action.objects.visible_to(ringo)) == [other]


def test_an_actor_who_is_gone_is_somebody(lennon, band):
    action.send(lennon, "reported", band, public=False)
    Action.objects.update(actor_user=None)
    gone = Action.objects.get()
    assert not gone.is_from_system
    assert str(gone) == "someone reported Cream, just now"


def test_rules_pass_it_over(lennon, hendrix, band):
    @notify_on()
    def everybody(action):
        return User.objects.all()

    try:
        send_notification(lennon, hendrix, "whispered to", lennon)
        ringo = User.objects.create(username="ringo")
        assert text(ringo) == []
        action.send(hendrix, "sang")
        assert Notification.objects.get(recipient=ringo).kind == "everybody"
    finally:
        remove_rule(everybody)
    assert not rules


def test_where_nobody_gets_it_nothing_is_left(lennon, hendrix, band):
    mute(lennon, verb="liked")
    assert send_notification(lennon, hendrix, "liked", band) is None
    assert send_notification(hendrix, hendrix, "sang") is None
    assert send_notification(User.objects.none(), SYSTEM, "backup finished") is None
    assert not Action.objects.exists()
    assert send_notification(hendrix, hendrix, "sang", to_self=True)


def test_groups_and_querysets_get_it_in_few_queries(lennon, django_assert_max_num_queries):
    crew = Group.objects.create(name="crew")
    crew.user_set.add(*users("ringo", "bob", "mick"))
    with django_assert_max_num_queries(8):
        send_notification(crew, SYSTEM, "rehearsal moved", description="to nine")
    assert Notification.objects.count() == 3
    async_to_sync(asend_notification)(User.objects.all(), SYSTEM, "gig cancelled")
    assert Notification.objects.count() == 3 + User.objects.count()


def test_texts_are_groups_of_their_own(lennon, band):
    for number in range(3):
        send_notification(lennon, SYSTEM, "invoice due", description=f"No. {number}")
    for _ in range(2):
        send_notification(lennon, SYSTEM, "new singer of", band)
    groups = NotificationFeed(lennon).groups().rows
    assert [(str(each), each.action_count) for each in groups] == [
        ("New singer of Cream", 2),
        *[("Invoice due", 1)] * 3,
    ]


# Levels and kinds


def test_levels_are_those_of_djangos_messages(lennon):
    send_notification(
        lennon, SYSTEM, "disk full", description="no space left", level=Level.ERROR, kind="disks"
    )
    send_notification(lennon, SYSTEM, "disk nearly full", level=Level.WARNING)
    send_notification(lennon, SYSTEM, "backup finished")
    urgent = Notification.objects.filter(level__gte=Level.WARNING)
    assert [(each.action.verb, each.level_name, each.kind) for each in urgent] == [
        ("disk nearly full", "warning", ""),
        ("disk full", "error", "disks"),
    ]
    client = Client()
    client.force_login(lennon)
    html = client.get("/notifications/").content.decode()
    assert '<li class="stream-level-error stream-unread">' in html
    assert "Disk full" in html
    assert '<p class="stream-description">no space left</p>' in html
    assert "1 action" not in html
    api = APIClient()
    api.force_authenticate(lennon)
    shown = api.get("/api/notifications/").json()["results"]
    assert [each["level"] for each in shown] == ["info", "warning", "error"]
    assert shown[-1]["kind"] == "disks"


def test_opening_leads_to_its_address(lennon, hendrix, band):
    client = Client()
    client.force_login(lennon)
    for url, leads in (("/join/7/", "/join/7/"), ("", f"/bands/{band.pk}/")):
        send_notification(lennon, hendrix, "invited you to", band, url=url)
        newest = NotificationFeed(lennon).page(1)[0]
        assert client.get(f"/notifications/{newest.pk}/").url == leads
    # An address of another host, as somebody may have brought it into the data, leads nowhere.
    Action.objects.update(data={"url": "https://evil.example/"})
    assert client.get(f"/notifications/{newest.pk}/").url == f"/bands/{band.pk}/"


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"actor": None}, TypeError, r"send_notification\(actor=None\): who acts\? Pass SYSTEM"),
        ({"actor": "ann"}, TypeError, r"send_notification\(actor=…\): 'ann' is no model instance"),
        ({"level": 7}, ValueError, r"send_notification\(level=7\): write Level.INFO"),
        ({"level": "info"}, ValueError, r"send_notification\(level='info'\): write Level.INFO"),
        ({"kind": "x" * 101}, ValueError, "a kind is a text of up to 100 characters"),
        ({"kind": 7}, ValueError, "a kind is a text of up to 100 characters"),
        ({"kind": "*"}, ValueError, "a kind is a text of up to 100 characters"),
        ({"url": "javascript:alert(1)"}, ValueError, "this is no address of the site; write a p"),
        ({"url": "https://pay.example/x"}, ValueError, "or add the host to STREAM_REDIRECT_HOSTS"),
        ({"url": "//pay.example/x"}, ValueError, "this is no address of the site"),
        ({"verb": ""}, ValueError, r"send_notification\(verb=''\): the verb must not be empty"),
        ({"recipients": "ann"}, TypeError, r"send_notification\('ann'\): pass a user, users"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_written(lennon, options, error, message):
    with pytest.raises(error, match=message):
        send_notification(**{"recipients": lennon, "actor": SYSTEM, "verb": "x", **options})
    assert not Action.objects.exists()


@pytest.mark.parametrize("wrong", [{"level": 7}, {"kind": "x" * 101}, {"kind": None, "level": "a"}])
def test_a_rule_with_a_wrong_kind_or_level_is_refused_where_it_is_written(wrong):
    with pytest.raises(ValueError, match=r"^notify_on\((kind|level)="):
        notify_on("sang", **wrong)(lambda action: None)
    assert not rules


def test_a_forgotten_actor_stays_an_error(lennon, hendrix):
    with pytest.raises(TypeError, match="an action needs an actor"):
        action.send(None, "slept", public=False)
    with pytest.raises(TypeError, match="Action.actor is required"):
        Action(verb="slept", public=False).save()
    with pytest.raises(ValueError, match=r"^notify\(level=1\): write Level"):
        notify(hendrix, action.send(lennon, "sang"), level=1)
