"""What a recipient reads: notifications, one by one or in groups, and counts."""

from __future__ import annotations

from functools import cached_property, partial
from typing import Any

from django.db.models import Exists, OuterRef, Q

from stream.arc.loading import load_objects
from stream.arc.reading import is_made_as_usual
from stream.arc.rules import signed_in
from stream.feeds import Feed
from stream.models import Action
from stream.notifications import marking
from stream.notifications.groups import NotificationGroup, read_groups
from stream.notifications.models import Inbox, Notification
from stream.notifications.paging import KeyedPage, get_page
from stream.notifications.query import NotificationQuerySet, range_of
from stream.notifications.reading import ACTION, RECIPIENT, count_new, read_rows
from stream.paging.pages import make_page
from stream.web.visibility import hide_addresses


class NotificationFeed(Feed[Notification]):
    """The notifications of a user, newest first; nobody signed in has none.

    ``unread`` and ``unseen`` leave out the others. Raises TypeError for what is no user.
    """

    def __init__(
        self, user: Any, *, unread: bool = False, unseen: bool = False, using: str | None = None
    ) -> None:
        super().__init__(signed_in(user, type(self).__name__))
        self.unread, self.unseen = unread, unseen
        self.using = using or marking.database_of(self.user)

    # Counts, of the rows: by the index of what is unread

    @cached_property
    def inbox(self) -> Inbox:
        """The marks of the user, read once; ``refresh()`` forgets them."""
        key = self.user.pk if self.user else None
        found = Inbox.objects.using(self.using).filter(pk=key).first() if self.user else None
        return found or Inbox(pk=key)

    def refresh(self) -> None:
        """Read the marks and counts anew when they are asked for."""
        for name in ("inbox", "unseen_count", "unread_count"):
            self.__dict__.pop(name, None)

    @cached_property
    def unseen_count(self) -> int:
        """How many the user has not seen: one query."""
        return self.count_unseen()

    @cached_property
    def unread_count(self) -> int:
        """How many the user has not read: one query."""
        return self.count_unread()

    def count_unseen(self, limit: int | None = None) -> int:
        """Count what the user has not seen, no further than a limit, for a badge such as "99+"."""
        return self._count("seen", limit)

    def count_unread(self, limit: int | None = None) -> int:
        """Count what the user has not read, no further than a limit, for a badge such as "99+"."""
        return self._count("read", limit)

    def _count(self, kind: str, limit: int | None) -> int:
        return count_new(kind, self.user.pk, self.using, limit) if self.user else 0

    def count(self) -> int:
        """Return how many there are, by one query of an index.

        Those of actions that have become private are counted, too.
        """
        return self.notifications.order_by().count()

    # Reading

    @property
    def notifications(self) -> NotificationQuerySet[Notification]:
        """The notifications as a queryset, as they are stored."""
        rows: NotificationQuerySet[Notification] = Notification.objects.using(self.using)
        if not self.user:
            return rows.none()
        return rows.filter(recipient=self.user.pk, **self._lookups).order_by("-pk")

    @property
    def in_order(self) -> NotificationQuerySet[Notification]:
        """The same, for who reads the first of them."""
        if not self.user or not self._is_usual:
            return self.notifications
        rows: NotificationQuerySet[Notification] = Notification.objects.using(self.using)
        return rows.newest_of(self.user.pk).filter(**self._lookups)

    @property
    def _is_usual(self) -> bool:
        return type(self).notifications is NotificationFeed.notifications

    @property
    def _lookups(self) -> dict[str, Any]:
        """What the user's notifications meet, to be in the feed."""
        found: dict[str, Any] = {}
        if self.unread:
            found |= dict(self.inbox.not_read.children)  # type: ignore[arg-type]
        if self.unseen:  # and so unread
            found |= dict(self.inbox.not_seen.children)  # type: ignore[arg-type]
        return found

    @property
    def visible(self) -> NotificationQuerySet[Notification]:
        """Like ``notifications``, without those of actions that have become private."""
        manager: Any = Action._default_manager
        actions = manager.using(self.using).visible_to(self.user).order_by()
        return self.notifications.filter(Exists(actions.filter(pk=OuterRef("action"))))

    def page(
        self, size: int = 25, after: str | None = None, before: str | None = None
    ) -> KeyedPage[Notification]:
        """Return a page of notifications with their actions and objects.

        Two queries, or three where a feed or manager of one's own says what is read, and one for
        each model on the page. ``after`` and ``before`` take the ``next`` and ``previous`` of
        another page. ``seen_at`` and ``read_at`` say also what was marked at once. Without actions
        that have become private a page may hold fewer. Raises InvalidCursor.
        """
        manager: Any = Action._default_manager
        are_usual = all(map(is_made_as_usual, (Notification, Action)))
        if self.user and self._is_usual and are_usual and manager.reads_as_usual():
            lookups = range_of(self.user.pk, self.using) | self._lookups
            fetch = partial(read_rows, lookups, self.using)
            page: KeyedPage[Notification] = make_page(fetch, size, after, before, KeyedPage)
        else:
            page = get_page(self.notifications, size, after, before)
        page.rows = self.load(page.rows)
        return page

    def load(self, rows: list[Notification]) -> list[Notification]:
        """Load the actions of these notifications and their objects; leave out what is private."""
        manager: Any = Action._default_manager.db_manager(self.using)
        bare = [row.action_id for row in rows if not ACTION.is_cached(row)]
        found = manager.defer("data").in_bulk(bare) if bare else {}
        found |= {row.action_id: row.action for row in rows if ACTION.is_cached(row)}
        actions = {action.pk: action for action in manager.visible_among(found.values(), self.user)}
        load_objects(list(actions.values()))
        hide_addresses(actions.values(), self.user)
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

        Eight queries, and one for each model on the page; six more where the nearest notifications
        are of few groups. For each group a thousand notifications are looked at: where they are of
        fewer groups, a page has fewer than was asked for, and a ``next``. Raises InvalidCursor.
        """
        return read_groups(self, size, after, before)

    def get(self, pk: Any) -> Notification:
        """Return one of the user's, loaded. Raises Notification.DoesNotExist."""
        rows = self.load([self.notifications.get(pk=marking.notification_key(pk, "get"))])
        if not rows:
            raise Notification.DoesNotExist(f"{self!r}: the action of {pk} is private")
        return rows[0]

    # Marking. What is marked as read is seen, too.

    def mark_seen(self, *notifications: Any, group: int | None = None) -> int:
        """Mark notifications (instances or keys) or a group as seen; return how many were not."""
        chosen = marking.chosen_q(notifications, group, "mark_seen")
        return self._mark(chosen, read=False)

    def mark_read(self, *notifications: Any, group: int | None = None) -> int:
        """Mark notifications (instances or keys) or a group as read; return how many were not."""
        chosen = marking.chosen_q(notifications, group, "mark_read")
        return self._mark(chosen, read=True)

    def mark_seen_all(self) -> None:
        """Mark all that are there as seen: one row, while nobody delivers to the user."""
        self._mark_all(read=False)

    def mark_read_all(self) -> None:
        """Mark all that are there as read: one row, while nobody delivers to the user."""
        self._mark_all(read=True)

    def _mark(self, chosen: Q, *, read: bool) -> int:
        self.refresh()
        return marking.mark_some(self.user, self.using, chosen, read=read) if self.user else 0

    def _mark_all(self, *, read: bool) -> None:
        self.refresh()
        if self.user:
            marking.mark_all(self.user, self.using, read=read)

    def delete(self, *notifications: Any, group: int | None = None) -> int:
        """Delete notifications (instances or keys) or a group; return how many there were."""
        chosen = marking.chosen_q(notifications, group, "delete")
        self.refresh()
        if not self.user:
            return 0
        own = Notification.objects.using(self.using).filter(chosen, recipient=self.user.pk)
        return int(own.delete()[1].get(Notification._meta.label, 0))
