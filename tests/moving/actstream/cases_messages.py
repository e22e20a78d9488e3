"""Messages, which the old packages had in a table of their own, are apart from actions."""

import warnings

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db.models import prefetch_related_objects
from django.test import RequestFactory

from stream.admin import ActionAdmin
from stream.contrib.actstream.signals import action as old_action
from stream.contrib.notifications.signals import notify
from stream.models import Action
from stream.notifications import NotificationFeed, send_notification
from stream.utils import action
from tests.support.old_site import NOTIFICATIONS, drop_tables, make_notifications, named


@pytest.fixture
def liked(ann, song):
    return action.send(ann, "liked", song)


@pytest.fixture
def message(ann, bob, liked):
    return send_notification(bob, ann, "warned", description="secret")


def profile(user, type_of):
    """Return what an old page of a user shows."""
    return Action.objects.filter(actor_content_type=type_of(User), actor_object_id=user.pk)


@pytest.mark.parametrize(
    "find",
    [
        lambda ann: Action.objects.all(),
        lambda ann: Action.objects.filter(actor_user=ann),
        lambda ann: Action.objects.exclude(verb="x"),
        lambda ann: Action.objects.using("default"),
        lambda ann: Action.objects.get_for_actor(ann),
        lambda ann: ann.actor_actions.all(),
        lambda ann: ann.actor_actions.exclude(verb="x"),
        lambda ann: [Action.objects.latest("pk")],
        lambda ann: [Action.objects.order_by("-pk").first()],
        lambda ann: list(Action.objects.iterator()),
    ],
)
def test_actions_are_found_without_messages(ann, liked, message, find):
    assert list(find(ann)) == [liked]


def test_a_page_of_a_profile_holds_no_message(ann, liked, message, type_of):
    assert list(profile(ann, type_of)) == [liked]
    assert (Action.objects.count(), ann.actor_actions.count()) == (1, 1)
    with pytest.raises(Action.DoesNotExist):
        Action.objects.get(pk=message.pk)


def test_relations_are_loaded_at_once_without_messages(
    ann, bob, liked, message, django_assert_num_queries
):
    prefetch_related_objects([ann, bob], "actor_actions")
    with django_assert_num_queries(0):
        assert list(ann.actor_actions.all()) == [liked]


def test_who_needs_messages_asks_for_them(ann, liked, message):
    every = Action.objects.with_messages()
    assert set(every.all()) == set(ann.actor_actions.with_messages().all()) == {liked, message}
    assert every.get(pk=message.pk) == every.using("default").get(pk=message.pk) == message
    assert Action.objects.count() == 1


def test_the_recipient_and_the_sender_may_see_a_message(ann, bob, liked, message):
    assert set(Action.objects.visible_to(bob)) == {liked, message}
    assert set(Action.objects.visible_to(ann)) == {liked, message}
    assert Action.objects.visible_among([liked, message], bob) == [liked, message]
    assert Action.objects.visible_among([liked, message], None) == [liked]


def test_notifications_hold_messages(bob, message, django_assert_max_num_queries):
    feed = NotificationFeed(bob)
    assert (feed.count(), feed.unread_count) == (1, 1)
    assert [each.action for each in feed.visible] == [message]
    with django_assert_max_num_queries(3):  # as without old names: rows, actions, users
        [told] = feed.page().rows
    assert told.action == message
    assert [each.action for each in bob.notifications.all()] == [message]


def test_pages_of_the_recipient_hold_messages(client, bob, message):
    client.force_login(bob)
    assert b"warned" in client.get("/notifications/").content
    assert client.get(f"/stream/action/{message.pk}/").status_code == 200
    assert client.get(f"/api/actions/{message.pk}/").json()["verb"] == "warned"
    verbs = [each["verb"] for each in client.get("/api/actions/").json()["results"]]
    assert "warned" in verbs
    assert client.get("/api/notifications/").json()["results"][0]["action"]["verb"] == "warned"


def test_the_admin_holds_messages(admin_client, liked, message):
    assert b"warned" in admin_client.get("/admin/stream/action/").content
    assert admin_client.get(f"/admin/stream/action/{message.pk}/change/").status_code == 200
    request = RequestFactory().get("/")
    rows = ActionAdmin(Action, None).get_queryset(request)
    assert list(rows) == [message, liked]


@pytest.mark.django_db(transaction=True)
def test_taking_notifications_over_adds_no_action(ann, bob, type_of):
    action.send(ann, "liked")
    model = make_notifications()
    try:
        row = model.objects.create(
            recipient_id=bob.pk, verb="warned", description="secret", **named("actor", ann)
        )
        call_command("import_notifications", "--run", verbosity=0)
    finally:
        drop_tables("default", NOTIFICATIONS)

    assert Action.objects.count() == 1
    assert not profile(ann, type_of).filter(description="secret").exists()
    [told] = NotificationFeed(bob).page().rows
    assert (told.pk, told.action.description) == (row.pk, "secret")


def test_sending_by_the_old_name_adds_no_action(ann, bob, liked):
    with warnings.catch_warnings(action="ignore"):
        notify.send(ann, recipient=bob, verb="warned")
    assert list(Action.objects.all()) == [liked]
    assert bob.notifications.get().action.verb == "warned"


def test_old_receivers_may_send_messages_and_are_not_told_of_them(ann, bob, song):
    heard = []

    def receiver(sender, **kwargs):
        heard.append(kwargs.pop("verb"))
        notify.send(sender, recipient=bob, verb="told", target=kwargs["target"])

    old_action.connect(receiver)
    try:
        old_action.send(ann, verb="liked", target=song)
        action.send(ann, "saw", song)
    finally:
        old_action.disconnect(receiver)

    assert heard == ["liked", "saw"]
    assert bob.notifications.count() == 2
