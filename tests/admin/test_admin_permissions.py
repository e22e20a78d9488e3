"""The admin names no object that the user may not view: in lists, forms, questions, messages."""

import pytest
from django.contrib.auth.models import Permission, User

from follow.models import Follow
from follow.signals import followed, unfollowed
from follow.utils import follow
from stream.models import Action
from stream.notifications import notify
from stream.notifications.models import Notification
from stream.utils import action
from tests.early.models import Band

pytestmark = pytest.mark.django_db

ACTIONS, FOLLOWS = "/admin/stream/action/", "/admin/follow/follow/"
NOTIFICATIONS = "/admin/stream_notifications/notification/"
SECRETS = ("lennon", "hendrix", "Secret Band", "whispered")


@pytest.fixture
def rows(lennon, hendrix):
    band = Band.objects.create(name="Secret Band")
    private = action.send(lennon, "whispered", band, hendrix, public=False)
    notify(hendrix, private)
    follow(hendrix, band)
    return band


@pytest.fixture
def staff(client):
    user = User.objects.create(username="viewer", is_staff=True)
    client.force_login(user)

    def permit(*names):
        user.user_permissions.add(*Permission.objects.filter(codename__in=names))
        return client

    return permit


def told(client, *urls, **data):
    """Return the secrets on pages; by POST where there is something to send."""
    pages = [client.post(url, data, follow=True) if data else client.get(url) for url in urls]
    assert [page.status_code for page in pages] == [200] * len(pages)
    return {each for each in SECRETS for page in pages if each in page.content.decode()}


def pages(start, model):
    pk = model.objects.get().pk
    return start, f"{start}{pk}/change/", f"{start}{pk}/history/"


def test_who_views_notifications_reads_no_actions(rows, staff):
    client = staff("view_notification")
    assert told(client, *pages(NOTIFICATIONS, Notification)) == set()
    assert f"action {Action.objects.get().pk}" in client.get(NOTIFICATIONS).content.decode()
    staff("view_action")
    assert told(client, *pages(NOTIFICATIONS, Notification)) == {"whispered"}
    staff("view_user")
    everybody = {"lennon", "hendrix", "whispered"}
    assert told(client, *pages(NOTIFICATIONS, Notification)) == everybody
    staff("view_band")
    assert told(client, *pages(NOTIFICATIONS, Notification)) == {*everybody, "Secret Band"}


def test_who_views_actions_or_follows_is_told_what_else_they_may_view(rows, staff):
    client = staff("view_action", "view_follow")
    assert told(client, *pages(ACTIONS, Action), *pages(FOLLOWS, Follow)) == {"whispered"}
    assert told(client, f"{ACTIONS}?target=early.band:{rows.pk}") == {"whispered"}
    assert told(client, f"{FOLLOWS}?target=early.band:{rows.pk}") == set()
    staff("view_band")
    assert told(client, *pages(ACTIONS, Action)) == {"whispered", "Secret Band"}
    assert told(client, *pages(FOLLOWS, Follow)) == {"Secret Band"}


def test_what_autocompletes_other_forms_names_nothing_else(rows, staff):
    client = staff("view_action", "view_group")  # some actors, so that there is a search
    url = "/admin/autocomplete/?app_label=stream_notifications&model_name=notification"
    assert told(client, f"{url}&field_name=action&term=") == {"whispered"}
    staff("view_user")
    assert told(client, f"{url}&field_name=action&term=") == {"lennon", "hendrix", "whispered"}


def test_forms_and_their_messages_name_nothing_else(rows, staff, hendrix):
    client = staff("view_follow", "change_follow", "add_follow")
    _, change, _ = pages(FOLLOWS, Follow)
    assert told(client, change) == set()
    entered = {"user": hendrix.pk, "target_band": rows.pk, "flag": "watching"}
    when = {"datetime_0": "2026-03-01", "datetime_1": "12:00"}
    assert told(client, change, **entered, **when) == set()
    assert Follow.objects.get(flag="watching").target == rows
    added = []
    followed.connect(
        lambda instance, **kwargs: added.append(instance.target),
        weak=False,
        sender=Band,
        dispatch_uid="t",
    )
    try:
        assert told(client, f"{FOLLOWS}add/", **{**entered, "flag": "new"}, **when) == set()
    finally:
        followed.disconnect(sender=Band, dispatch_uid="t")
    assert added == [rows]


@pytest.mark.parametrize("chosen", [True, False])
def test_deleting_names_nothing_else_and_tells_listeners_all(rows, staff, chosen):
    client = staff("view_follow", "delete_follow")
    pk, ended = Follow.objects.get().pk, []
    url, data = f"{FOLLOWS}{pk}/delete/", {"post": "yes"}
    if chosen:
        url, data = FOLLOWS, {"action": "delete_selected", "_selected_action": pk}
        assert told(client, url, **data) == set()
        data["post"] = "yes"
    else:
        assert told(client, url) == set()
    unfollowed.connect(
        lambda instance, **kwargs: ended.append(instance.target),
        weak=False,
        sender=Band,
        dispatch_uid="t",
    )
    try:
        assert told(client, url, **data) == set()
    finally:
        unfollowed.disconnect(sender=Band, dispatch_uid="t")
    assert ended == [rows]
    assert told(client, "/admin/") == set()
