"""The notifications of a user, one by one or in groups, and their counts."""

from __future__ import annotations

from functools import cached_property, partial
from typing import Any

from django.db.models import Exists, OuterRef

from stream.arc.loading import load_objects
from stream.arc.reading import is_made_as_usual
from stream.arc.rules import signed_in
from stream.feeds import Feed
from stream.models import Action
from stream.notifications import marking
from stream.notifications.groups import NotificationGroup, read_groups
from stream.notifications.inbox import Inbox, inbox_of
from stream.notifications.models import Notification, database_of
from stream.notifications.query import NotificationQuerySet, range_of
from stream.notifications.reading import ACTION, RECIPIENT, count_new, read_rows
from stream.paging.keyed import KeyedPage


class NotificationFeed(Feed[Notification]):
    """The notifications of a user, newest first; none unless somebody is signed in.

    ``unread`` and ``unseen`` leave out the others. Those that are archived are in the feed of
    ``archived`` ones alone. Raises TypeError for what is not a user.
    """

    def __init__(
        self,
        user: Any,
        *,
        unread: bool = False,
        unseen: bool = False,
        archived: bool = False,
        using: str | None = None,
    ) -> None:
        super().__init__(signed_in(user, type(self).__name__))
        self.unread, self.unseen, self.archived = unread, unseen, archived
        self.using = using or database_of(self.user)

    # Counts are counted from the rows, by the index of unread ones.

    @cached_property
    def inbox(self) -> Inbox:
        """The marks of the user, read once; ``refresh()`` forgets them."""
        return inbox_of(self.user, self.using) if self.user else Inbox()

    def refresh(self) -> None:
        """Forget the marks and counts, so that they are read again."""
        for name in ("inbox", "unseen_count", "unread_count"):
            self.__dict__.pop(name, None)

    @cached_property
    def unseen_count(self) -> int:
        """How many notifications the user has not seen. One query."""
        return self.count_unseen()

    @cached_property
    def unread_count(self) -> int:
        """How many notifications the user has not read. One query."""
        return self.count_unread()

    def count_unseen_groups(self, limit: int | None = None) -> int:
        """Count the groups of unseen notifications, not further than a limit. One query."""
        unseen = self.visible if self._hides_some else self.notifications
        groups = unseen.filter(**self.inbox.not_seen).order_by().values("group").distinct()
        return groups[:limit].count() if self.user else 0

    def count_unseen(self, limit: int | None = None) -> int:
        """Count unseen notifications, not further than a limit, for a badge such as "99+"."""
        return self._count("seen", limit)

    def count_unread(self, limit: int | None = None) -> int:
        """Count unread notifications, not further than a limit, for a badge such as "99+"."""
        return self._count("read", limit)

    def _count(self, kind: str, limit: int | None) -> int:
        if not self.user:
            return 0
        if not self._hides_some:
            return count_new(kind, self.user.pk, self.using, limit)
        is_new = self.inbox.not_read if kind == "read" else self.inbox.not_seen
        return self.visible.filter(**is_new).order_by()[:limit].count()

    def count(self) -> int:
        """Return how many notifications there are that the user may see, by one query."""
        counted = self.visible if self._hides_some else self.notifications
        return counted.order_by().count()

    @property
    def _hides_some(self) -> bool:
        """Whether some objects are hidden from the user, and so are notifications of them."""
        manager: Any = Action._default_manager
        hides: bool = manager.hides_objects_from(self.user)
        return hides

    # Reading

    @property
    def notifications(self) -> NotificationQuerySet[Notification]:
        """The notifications as a queryset, as they are stored."""
        notifications: NotificationQuerySet[Notification] = Notification.objects.using(self.using)
        if not self.user:
            return notifications.none()
        return notifications.filter(recipient=self.user.pk, **self._lookups).order_by("-pk")

    @property
    def in_order(self) -> NotificationQuerySet[Notification]:
        """The same, written so that reading the first of them is fast."""
        if not self.user or not self._is_usual:
            return self.notifications
        notifications: NotificationQuerySet[Notification] = Notification.objects.using(self.using)
        return notifications.newest_of(self.user.pk).filter(**self._lookups)

    @property
    def _is_usual(self) -> bool:
        return type(self).notifications is NotificationFeed.notifications

    @property
    def _lookups(self) -> dict[str, Any]:
        """The lookups that the user's notifications in the feed meet."""
        lookups: dict[str, Any] = {}
        if self.archived or not (self.unread or self.unseen):  # what is archived is read
            lookups["archived"] = int(self.archived)
        if self.unread:
            lookups |= self.inbox.not_read
        if self.unseen:  # and so unread
            lookups |= self.inbox.not_seen
        return lookups

    @property
    def visible(self) -> NotificationQuerySet[Notification]:
        """Like ``notifications``, without those of objects that are hidden from the user."""
        manager: Any = Action._default_manager
        actions = manager.db_manager(self.using).visible_to(self.user).order_by()
        return self.notifications.filter(Exists(actions.filter(pk=OuterRef("action"))))

    def page(
        self, size: int = 25, after: str | None = None, before: str | None = None
    ) -> KeyedPage[Notification]:
        """Return a page of notifications with their actions and objects.

        Two queries and one for each model on the page; one more if a custom feed or manager says
        what is read. ``after`` and ``before`` take the ``next`` and ``previous`` of another page.
        ``seen_at`` and ``read_at`` are filled in if all were marked at once. Those of objects that
        are hidden from the user are left out, so a page may hold fewer. Raises InvalidCursor.
        """
        manager: Any = Action._default_manager
        are_usual = all(map(is_made_as_usual, (Notification, Action)))
        if self.user and self._is_usual and are_usual and manager.reads_as_usual():
            lookups = range_of(self.user.pk, self.using) | self._lookups
            fetch = partial(read_rows, lookups, self.using)
            page: KeyedPage[Notification] = KeyedPage.make(fetch, size, after, before)
        else:
            page = KeyedPage.of(self.notifications, size, after, before)
        page.rows = self.load(page.rows)
        return page

    def load(self, rows: list[Notification]) -> list[Notification]:
        """Load the actions of these notifications and their objects; leave out hidden ones."""
        manager: Any = Action._default_manager.db_manager(self.using)
        bare = [row.action_id for row in rows if not ACTION.is_cached(row)]
        loaded = manager.with_messages().defer("data").in_bulk(bare) if bare else {}
        loaded |= {row.action_id: row.action for row in rows if ACTION.is_cached(row)}
        visible = manager.visible_among_delivered(loaded.values(), self.user)
        actions = {action.pk: action for action in visible}
        load_objects(list(actions.values()))
        shown = [row for row in rows if row.action_id in actions]
        for row in shown:
            ACTION.set_cached_value(row, actions[row.action_id])
            RECIPIENT.set_cached_value(row, self.user)
            self._fill_in(row)
        return shown

    def _fill_in(self, row: Notification) -> None:
        row.inbox = inbox = self.inbox
        if row.read_at is None and row.pk <= inbox.read_up_to:
            row.read_at = inbox.read_up_to_at
        if row.seen_at is None:
            row.seen_at = inbox.seen_up_to_at if row.pk <= inbox.seen_up_to else row.read_at

    def groups(
        self, size: int = 25, after: str | None = None, before: str | None = None
    ) -> KeyedPage[NotificationGroup]:
        """Return a page of groups, the one with the newest notification first.

        Eight queries, and one for each model on the page; six more if the nearest notifications are
        of few groups. Up to a thousand notifications are read for each group of a page. If they
        are of fewer groups, the page has fewer than was asked for, and a ``next``. Raises
        InvalidCursor.
        """
        return read_groups(self, size, after, before)

    def get(self, pk: Any) -> Notification:
        """Return a notification of the user, archived or not. Raises Notification.DoesNotExist."""
        key, owner = marking.notification_key(pk, "get"), getattr(self.user, "pk", None)
        shown = self.load([Notification.objects.using(self.using).get(pk=key, recipient=owner)])
        if not shown:
            raise Notification.DoesNotExist(f"{self!r}: an object of {pk} is hidden from the user")
        return shown[0]

    # Marking: notifications, given as instances, keys or a queryset of them, or the notifications
    # of a group or of several. One that is marked as read is seen, too.

    def mark_seen(self, *notifications: Any, group: Any = None) -> int:
        """Mark notifications or groups as seen; return how many were not."""
        return self._change("mark_seen", notifications, group, marking.mark_seen)

    def mark_read(self, *notifications: Any, group: Any = None) -> int:
        """Mark notifications or groups as read; return how many were not."""
        return self._change("mark_read", notifications, group, marking.mark_read)

    def mark_seen_all(self) -> None:
        """Mark all notifications as seen: by one row, unless somebody delivers to the user."""
        self._mark_all(read=False)

    def mark_read_all(self) -> None:
        """Mark all notifications as read: by one row, unless somebody delivers to the user."""
        self._mark_all(read=True)

    def mark_unread(self, *notifications: Any, group: Any = None) -> int:
        """Mark notifications or groups as unread; return how many were read. They stay seen."""
        return self._change("mark_unread", notifications, group, marking.mark_unread)

    def archive(self, *notifications: Any, group: Any = None) -> int:
        """Put notifications or groups away, as read; return how many were not."""
        return self._change("archive", notifications, group, marking.archive)

    def restore(self, *notifications: Any, group: Any = None) -> int:
        """Take notifications or groups out of the archive; return how many were in it."""
        return self._change("restore", notifications, group, marking.restore)

    def _change(
        self, call: str, notifications: tuple[Any, ...], group: Any, change: marking.Change
    ) -> int:
        chosen = marking.chosen_q(notifications, group, call)
        self.refresh()
        if not self.user:
            return 0
        rows = Notification.objects.using(self.using).filter(chosen)
        return marking.change_of(rows, self.user.pk, change)

    def _mark_all(self, *, read: bool) -> None:
        self.refresh()
        if self.user:
            marking.mark_all(Notification.objects.using(self.using), self.user, read=read)

    def delete(self, *notifications: Any, group: Any = None) -> int:
        """Delete notifications or groups; return how many there were."""
        chosen = marking.chosen_q(notifications, group, "delete")
        self.refresh()
        if not self.user:
            return 0
        own = Notification.objects.using(self.using).filter(chosen, recipient=self.user.pk)
        return int(own.delete()[1].get(Notification._meta.label, 0))
