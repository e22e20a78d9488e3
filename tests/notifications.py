"""What tests of notifications share."""

from django.contrib.auth.models import User
from django.db.models import F, Q

from stream.notifications.models import Inbox, Notification


def users(*names):
    return User.objects.bulk_create([User(username=name) for name in names]) and list(
        User.objects.filter(username__in=names).order_by("pk")
    )


def check_counters():
    """Assert that the counters of all inboxes are what counting finds."""
    for inbox in Inbox.objects.all():
        own = Notification.objects.filter(recipient=inbox.user)
        not_seen = own.filter(Q(seen_at=None), number__gt=inbox.seen_up_to).count()
        not_read = own.filter(Q(read_at=None), number__gt=inbox.read_up_to).count()
        assert (inbox.unseen, inbox.unread) == (not_seen, not_read), inbox
        assert inbox.unseen <= inbox.unread
        assert not own.filter(number__gt=inbox.delivered).exists()
        assert own.unread().count() == not_read
        assert own.read().count() == own.count() - not_read
        assert own.unseen().count() == not_seen
        assert own.seen().count() == own.count() - not_seen
    assert not Notification.objects.filter(recipient__stream_inbox=None).exists()
    assert not Notification.objects.filter(number__lte=0).exists()
    assert not Inbox.objects.filter(read_up_to__gt=F("delivered")).exists()
