"""Filling the tables of timelines and notifications."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection

from benchmarks import loading
from benchmarks.dataset import ActionRow
from benchmarks.feeds import ours
from benchmarks.feeds.dataset import ENTRIES_EACH, NOTIFICATIONS_EACH, FeedsDataset
from benchmarks.loading import Row, fill
from benchmarks.results import OURS
from stream.models import Action
from stream.notifications.grouping import group_of

HQ_COLUMNS = (
    "id, recipient_id, verb, timestamp, level, unread, public, deleted, emailed, "
    "actor_content_type_id, actor_object_id, target_content_type_id, target_object_id, "
    "action_object_content_type_id, action_object_object_id"
)


def load(dataset: FeedsDataset) -> None:
    """Fill all tables; they must be empty."""
    loading.load(dataset, with_peer=False)
    _load_timelines(dataset)
    groups = {each.pk: group_of(each) for each in Action.objects.iterator()}
    fill(
        "stream_notifications_notification",
        f"recipient_id, action_id, {connection.ops.quote_name('group')}, datetime",
        _notifications(dataset, groups),
    )
    if settings.HQ:
        types = loading.content_types()
        fill("notifications_notification", HQ_COLUMNS, _hq_notifications(dataset, types))


def _load_timelines(dataset: FeedsDataset) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO stream_timelines_entry (user_id, datetime, action_id) "
            "SELECT u.id, a.datetime, a.id FROM auth_user u, stream_action a "
            "WHERE u.id <= %s AND a.id > %s",
            [dataset.users, dataset.actions - ENTRIES_EACH],
        )
        cursor.execute(
            "INSERT INTO stream_timelines_state (user_id, store, built_at, is_stale) "
            "SELECT id, 'table', date_joined, %s FROM auth_user WHERE id <= %s",
            [False, dataset.users],
        )
    with ours.timeline(OURS):
        for each in dataset.follow_sets:
            ours.build(User.objects.get(pk=each.user))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO bench_entry (user_id, datetime, action_id) "
            "SELECT user_id, datetime, action_id FROM stream_timelines_entry"
        )


def _inboxes(dataset: FeedsDataset) -> Iterator[tuple[int, list[ActionRow]]]:
    """Each recipient with the actions that were notified, oldest first."""
    rows = dataset.notifications()
    yield dataset.recipient, rows
    for user in range(1, dataset.recipients + 1):
        yield user, rows[-NOTIFICATIONS_EACH:]


def _notifications(dataset: FeedsDataset, groups: dict[int, int]) -> Iterator[Row]:
    for user, rows in _inboxes(dataset):
        for row in rows:
            yield user, row.id, groups[row.id], row.datetime


def _hq_notifications(dataset: FeedsDataset, types: dict[str, int]) -> Iterator[Row]:
    """The same; those of the one with very many have the keys of the actions."""
    number = dataset.actions
    for user, rows in _inboxes(dataset):
        for row in rows:
            number += 1
            yield (
                *(row.id if user == dataset.recipient else number, user, row.verb, row.datetime),
                *("info", 1, 1, 0, 0),
                *loading.generic(types, row.actor),
                *loading.generic(types, row.target),
                *loading.generic(types, row.action_object),
            )
