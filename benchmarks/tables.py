"""What the tables hold: a data set as rows of this project, of its peers and of SQL by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import starmap

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db import connection

from benchmarks.dataset import END, ActionRow, Dataset, FollowRow, Id
from benchmarks.filling import Row, fill

ROLES = {
    "actor": ("user", "repository"),
    "target": ("user", "repository"),
    "action_object": ("commit", "comment"),
}
APPS = {"user": "auth", "repository": "bench", "commit": "bench", "comment": "bench"}
JOINED = END.isoformat(" ", "microseconds")
USER = (
    "id, username, password, first_name, last_name, email, is_superuser, is_staff, is_active, "
    "date_joined"
)
ENTRIES_EACH = 10  # on the stored timeline of everybody whose follows are no case
NOTIFICATIONS_EACH = 100  # of the recipients


def user_row(key: int, name: str) -> Row:
    return key, name, "!", "", "", "", 0, 0, 1, JOINED


def load(dataset: Dataset) -> None:
    """Fill all tables but those of timelines and notifications; they must be empty."""
    tables = list(_tables(dataset)) + (list(_peer_tables(dataset)) if settings.PEER else [])
    for table, columns, rows in tables:
        fill(table, columns, rows)


def _tables(dataset: Dataset) -> Iterator[tuple[str, str, Iterable[Row]]]:
    keys = {model: range(1, count + 1) for model, count in dataset.counts.items()}
    yield "auth_user", USER, (user_row(key, f"user{key}") for key in keys["user"])
    for model, column in (("repository", "name"), ("commit", "message"), ("comment", "text")):
        rows = zip(keys[model], (f"{model} number {key}" for key in keys[model]), strict=True)
        yield f"bench_{model}", f"id, {column}", rows
    arcs = ", ".join(f"{role}_{model}_id" for role, models in ROLES.items() for model in models)
    columns = f"id, datetime, verb, description, data, public, {arcs}"
    yield "stream_action", columns, map(_action, dataset.action_rows())
    columns = "id, user_id, target_user_id, target_repository_id, datetime, flag, actor_only"
    yield "follow_follow", columns, map(_follow, dataset.follow_rows())


def _action(row: ActionRow) -> Row:
    objects = zip((row.actor, row.target, row.action_object), ROLES.values(), strict=True)
    arcs = (
        obj[1] if obj and obj[0] == model else None for obj, models in objects for model in models
    )
    return (row.id, row.datetime, row.verb, "", "{}", row.public, *arcs)


def _follow(row: FollowRow) -> Row:
    model, key = row.target
    columns = (key, None) if model == "user" else (None, key)
    return (row.id, row.user, *columns, row.datetime, "", row.actor_only)


# Peers


class Generic:
    """Columns of generic foreign keys."""

    def __init__(self) -> None:
        find = ContentType.objects.get_by_natural_key
        self.types = {model: find(app, model).pk for model, app in APPS.items()}

    def of(self, *objects: Id | None) -> Row:
        return tuple(
            each
            for obj in objects
            for each in ((self.types[obj[0]], str(obj[1])) if obj else (None, None))
        )


def _peer_tables(dataset: Dataset) -> Iterator[tuple[str, str, Iterable[Row]]]:
    generic = Generic()
    roles = ", ".join(f"{role}_content_type_id, {role}_object_id" for role in ROLES)

    def action(row: ActionRow) -> Row:
        objects = generic.of(row.actor, row.target, row.action_object)
        return (row.id, row.datetime, row.verb, "", row.public, *objects)

    def follow(row: FollowRow) -> Row:
        return (row.id, row.user, *generic.of(row.target), row.actor_only, "", row.datetime)

    columns = f"id, timestamp, verb, description, public, {roles}"
    yield "actstream_action", columns, map(action, dataset.action_rows())
    columns = "id, user_id, content_type_id, object_id, actor_only, flag, started"
    yield "actstream_follow", columns, map(follow, dataset.follow_rows())


# Timelines and notifications


def load_timelines(dataset: Dataset) -> None:
    """Store the newest actions for everybody but those whose timelines are built."""
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


def copy_timelines() -> None:
    """Let the timelines by hand hold the same."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO bench_entry (user_id, datetime, action_id) "
            "SELECT user_id, datetime, action_id FROM stream_timelines_entry"
        )


def load_notifications(dataset: Dataset) -> None:
    """Notify one of very many actions, and each of the recipients of some."""
    from stream.models import Action
    from stream.notifications.grouping import group_of

    rows = dataset.notifications()
    inboxes = [(row, dataset.recipient) for row in rows]
    for user in range(1, dataset.recipients + 1):
        inboxes += [(row, user) for row in rows[-NOTIFICATIONS_EACH:]]
    groups = {each.pk: group_of(each) for each in Action.objects.iterator()}
    columns = f"recipient_id, action_id, {connection.ops.quote_name('group')}, datetime"
    ours = ((user, row.id, groups[row.id], row.datetime) for row, user in inboxes)
    fill("stream_notifications_notification", columns, ours)
    if not settings.HQ:
        return
    generic = Generic()

    def hq(number: int, row: ActionRow, user: int) -> Row:
        # Those of the one with very many have the keys of the actions.
        key = row.id if user == dataset.recipient else dataset.actions + number
        objects = generic.of(row.actor, row.target, row.action_object)
        return (key, user, row.verb, row.datetime, "info", 1, 1, 0, 0, *objects)

    roles = ", ".join(f"{role}_content_type_id, {role}_object_id" for role in ROLES)
    columns = "id, recipient_id, verb, timestamp, level, unread, public, deleted, emailed"
    numbered = ((number, *each) for number, each in enumerate(inboxes, 1))
    fill("notifications_notification", f"{columns}, {roles}", starmap(hq, numbered))
