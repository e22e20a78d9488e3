"""What tests of notifications share."""

from django.contrib.auth.models import User

from stream.notifications import NotificationFeed
from stream.notifications.models import Inbox, Notification


def users(*names):
    return User.objects.bulk_create([User(username=name) for name in names]) and list(
        User.objects.filter(username__in=names).order_by("pk")
    )


def check_counts():
    """Assert that all ways to count agree, for each user, and with what each row says."""
    for user in User.objects.all():
        own = Notification.objects.filter(recipient=user)
        rows = list(own.select_related("recipient__stream_inbox"))
        not_read = {row.pk for row in rows if not row.is_read}
        not_seen = {row.pk for row in rows if not row.is_seen}
        feed = NotificationFeed(user)
        assert (feed.unread_count, feed.unseen_count) == (len(not_read), len(not_seen)), user
        assert not_seen <= not_read
        assert {row.pk for row in own.unread()} == not_read
        assert {row.pk for row in own.unseen()} == not_seen
        assert own.read().count() == len(rows) - len(not_read)
        assert own.seen().count() == len(rows) - len(not_seen)
    assert not Notification.objects.exclude(recipient__in=User.objects.all()).exists()
    assert not Inbox.objects.exclude(user__in=User.objects.all()).exists()
