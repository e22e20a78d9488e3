"""``import_notifications``: each row of django-notifications-hq comes, once, in its state."""

import datetime as dt

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.management import CommandError
from django.db import connection

from stream.models import Action
from stream.moving.old_tables import OldTable
from stream.notifications import Level, NotificationFeed, notify
from stream.notifications.digests import send_digests
from stream.notifications.models import Notification
from stream.notifications.moving.move import notifications_of
from stream.notifications.moving.running import NotificationsRun
from stream.notifications.signals import delivered
from stream.streams import any_stream
from stream.utils import action
from tests.moving.test_import_actstream import run
from tests.plan.test_bounds import reads_at_most
from tests.support.mails import mails, wait_a_week
from tests.support.old_site import (
    NOTIFICATIONS,
    START,
    drop_tables,
    gone,
    make_notifications,
    make_tables,
    named,
)
from tests.testapp.models import Orchestra, Song

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=[False])
def old(request):
    """Make the table of the old package, and return what writes rows into it."""
    model = make_notifications(own_columns=request.param)

    def tell(recipient, actor, verb="liked", target=None, obj=None, **values):
        for role, each in (("actor", actor), ("target", target), ("action_object", obj)):
            values |= named(role, each) if each is not None else {}
        values.setdefault("timestamp", START)
        return model.objects.create(recipient_id=recipient.pk, verb=verb, **values)

    tell.rows = model.objects
    yield tell
    drop_tables("default", NOTIFICATIONS)


with_own_columns = pytest.mark.parametrize("old", [True], indirect=True)


@pytest.fixture
def ann():
    return User.objects.create(username="ann", email="ann@example.com")


@pytest.fixture
def bob():
    return User.objects.create(username="bob")


def take_over(*args, **options):
    return run("--run", *args, command="import_notifications", **options)


def unread(user):
    return NotificationFeed(user).unread_count


# What comes


def test_notification_keeps_key_time_recipient_and_level(old, ann, bob):
    when = dt.datetime(2014, 7, 8, 9, 10, 11, 123456, tzinfo=dt.UTC)
    old(ann, bob)
    row = old(ann, bob, timestamp=when, level="warning", verb="näht")

    output = take_over()

    new = Notification.objects.get(pk=row.pk)
    assert (new.recipient, new.datetime, new.level) == (ann, when, Level.WARNING)
    assert (new.action.actor, new.action.verb, new.action.datetime) == (bob, "näht", when)
    assert "Both sides are equal." in output


def test_action_that_has_come_is_used(old, ann, bob):
    song = Song.objects.create(title="x")
    sent = action.send(bob, "liked", target=song, datetime=START + dt.timedelta(seconds=0.9))
    row = old(ann, bob, target=song)

    take_over()

    assert Notification.objects.get(pk=row.pk).action == sent
    assert Action.objects.count() == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"verb": "Liked"},
        {"target": None},
        {"datetime": START + dt.timedelta(seconds=3)},
        {"datetime": START - dt.timedelta(seconds=3)},
        {"action_object": True},
    ],
)
def test_action_that_says_something_else_is_not_used(old, ann, bob, changed):
    song = Song.objects.create(title="x")
    objects = {"action_object": song} if changed.get("action_object") else {}
    what = {"verb": "liked", "target": song, "datetime": START} | changed | objects
    sent = action.send(bob, what.pop("verb"), **what)
    row = old(ann, bob, target=song)

    take_over()

    new = Notification.objects.get(pk=row.pk).action
    assert new != sent
    assert new.is_message
    assert not new.public


def test_notification_without_an_action_is_a_message_for_its_recipients_alone(old, ann, bob):
    song, eve = Song.objects.create(title="x"), User.objects.create(username="eve")
    old(ann, bob, target=song)
    old(eve, bob, target=song)

    take_over()

    message = Action.objects.get()
    assert (message.target, message.is_message, message.public) == (song, True, False)
    assert {each.recipient for each in Notification.objects.all()} == {ann, eve}
    assert [*any_stream(song).visible_to(User.objects.create(username="x"))] == []


def test_what_says_more_than_its_action_is_a_message(old, ann, bob):
    action.send(bob, "liked", datetime=START)
    row = old(ann, bob, description="Well done", data='{"a": 1}')

    take_over()

    message = Notification.objects.get(pk=row.pk).action
    assert (message.description, message.data) == ("Well done", {"a": 1})


def test_recipient_who_was_told_twice_has_both(old, ann, bob):
    action.send(bob, "liked", datetime=START)
    rows = [old(ann, bob) for _ in range(3)]

    take_over()

    assert Notification.objects.filter(recipient=ann).count() == len(rows)
    assert Action.objects.count() == 3


def test_actor_who_is_gone_leaves_a_message_of_the_site(old, ann):
    row = old(ann, None, "resigned", **gone("actor", User, 10**6))

    take_over()

    message = Notification.objects.get(pk=row.pk).action
    assert message.is_from_system
    assert message.data == {"orphans": {"actor": "auth.user:1000000"}}


def test_target_of_a_model_that_is_not_registered_is_noted(old, ann, bob):
    row = old(ann, bob, target=Orchestra.objects.create(pk=5, name="x"))

    take_over()

    message = Notification.objects.get(pk=row.pk).action
    assert (message.actor, message.target) == (bob, None)
    assert message.data == {"orphans": {"target": "testapp.orchestra:5"}}


def test_orphans_may_be_dropped(old, ann, bob):
    old(ann, None, **gone("actor", User, 10**6))
    row = old(ann, bob)

    take_over(orphans="drop")

    assert [each.pk for each in Notification.objects.all()] == [row.pk]


def test_notification_of_nobody_does_not_come(old, ann, bob):
    old(User(pk=10**6), bob)

    assert "Both sides are equal." in take_over()

    assert not Notification.objects.exists()


@with_own_columns
def test_own_columns_come_into_the_data(old, ann, bob):
    row = old(ann, bob, category="sales", data='{"a": 1}')
    other = old(ann, bob, weight=7)

    take_over()

    new = Notification.objects.in_bulk()
    assert new[row.pk].action.data == {"a": 1, "category": "sales"}
    assert new[other.pk].action.data == {"weight": 7}


def test_first_of_the_actions_within_a_second_is_used(old, ann, bob):
    song, start = Song.objects.create(title="x"), START + dt.timedelta(seconds=0.5)

    def sent(seconds, verb="liked", **roles):
        return action.send(bob, verb, datetime=start + dt.timedelta(seconds=seconds), **roles)

    sent(-1.1)
    sent(-0.9, "Liked")
    sent(-0.8, target=song)
    first = sent(-0.7)
    sent(0.1)
    row = old(ann, bob, timestamp=start)
    of_song = old(ann, bob, target=song, timestamp=start - dt.timedelta(seconds=1.8))
    of_nothing = old(ann, bob, target=song, timestamp=start + dt.timedelta(seconds=0.201))

    take_over()

    new = Notification.objects.in_bulk()
    assert new[row.pk].action == first
    assert new[of_song.pk].action.target == song
    assert not new[of_song.pk].action.is_message
    assert new[of_nothing.pk].action.is_message


def test_notifications_of_a_busy_actor_read_the_actions_of_their_seconds(old, ann, bob):
    def at(minutes):
        return START + dt.timedelta(minutes=minutes)

    action.send_many({"actor": bob, "verb": "sang", "datetime": at(n)} for n in range(2000))
    for number in range(20):
        old(ann, bob, "hummed", timestamp=at(1000 + number))
    move = notifications_of(OldTable.find(NOTIFICATIONS, "default"))
    move.engine.analyze(Action)
    batch, last = NotificationsRun(move, 100, is_kept=True), old.rows.latest("id").pk
    move.pairs  # noqa: B018 - which asks for the models

    with reads_at_most(250, "a batch"):
        before = entries_tested()
        rows = batch.read(0, last)
        tested = entries_tested() - before

    assert len(rows) == 20
    assert tested <= 250


def entries_tested():
    """Count what MariaDB reads of an index without counting it as read."""
    if connection.vendor != "mysql":
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SHOW SESSION STATUS LIKE 'Handler_icp_attempts'")
        return int(cursor.fetchone()[1])


# States


def test_states_stay(old, ann, bob):
    rows = [
        old(ann, bob, "a"),
        old(ann, bob, "b", unread=False),
        old(ann, bob, "c", deleted=True),
    ]

    take_over()

    new = Notification.objects.in_bulk()
    assert [new[row.pk].is_read for row in rows] == [False, True, True]
    assert [new[row.pk].is_archived for row in rows] == [False, False, True]
    assert unread(ann) == 1


def test_badge_counts_old_ones_below_what_all_are_read_up_to(old, ann, bob):
    old(ann, bob, "old")
    old(ann, bob, "older", id=800)
    sent = action.send(bob, "sang")
    Notification.objects.bulk_create(
        [Notification(pk=900, recipient=ann, action=sent, group=1, datetime=START)]
    )
    NotificationFeed(ann).mark_read_all()
    assert unread(ann) == 0

    take_over()

    assert unread(ann) == 2
    assert Notification.objects.get(pk=900).is_read


def test_nothing_old_is_mailed_and_nothing_is_signalled(old, ann, bob):
    heard = []
    old(ann, bob, emailed=True)
    old(ann, bob, "b", emailed=False)

    def hear(**kwargs):
        heard.append(kwargs)

    delivered.connect(hear)
    with mails():
        try:
            take_over()
            assert heard == []
        finally:
            delivered.disconnect(hear)
        wait_a_week()
        assert send_digests() == (0, 0)
        assert mail.outbox == []
        notify(ann, action.send(bob, "sang"))
        wait_a_week()
        assert send_digests() == (1, 0)


def test_new_notifications_have_keys_above_the_old_ones(old, ann, bob):
    old(ann, bob, id=700)

    take_over()
    notify(ann, action.send(bob, "sang"))

    assert Notification.objects.latest("id").pk > 700


# Running again


def test_run_that_was_broken_off_goes_on(old, ann, bob, monkeypatch):
    for number in range(10):
        old(ann, bob, f"verb {number % 3}", timestamp=START + dt.timedelta(days=number))
    write = NotificationsRun.write

    def fail_at_last(self, rows):
        write(self, rows)
        if rows[-1][0] > 6:
            raise KeyboardInterrupt

    monkeypatch.setattr(NotificationsRun, "write", fail_at_last)
    with pytest.raises(KeyboardInterrupt):
        take_over(batch=3)
    assert Notification.objects.count() == Action.objects.count() == 6
    monkeypatch.undo()

    assert "Both sides are equal." in take_over(batch=3)

    assert Notification.objects.count() == Action.objects.count() == 10


def test_second_run_changes_nothing(old, ann, bob):
    old(ann, bob)
    take_over()

    output = take_over()

    assert "notifications: nothing new" in output
    assert Notification.objects.count() == Action.objects.count() == 1


def test_message_of_many_batches_is_one(old, bob):
    for number in range(7):
        old(User.objects.create(username=f"user {number}"), bob)

    take_over(batch=2)

    assert Action.objects.count() == 1


def test_verify_finds_a_state_that_is_another(old, ann, bob):
    old(ann, bob)
    take_over()
    Notification.objects.update(read_at=START)

    with pytest.raises(CommandError, match="^2 of these are different"):
        run("--verify", command="import_notifications")


def test_verify_finds_an_action_that_is_another(old, ann, bob):
    song, other = Song.objects.create(title="x"), Song.objects.create(title="y")
    old(ann, bob, target=song)
    take_over()
    Action.objects.update(target_song=other)

    with pytest.raises(CommandError, match="^1 of these are different"):
        run("--verify", command="import_notifications")


def test_plan_says_what_would_come(old, ann, bob):
    old(ann, bob, target=Orchestra.objects.create(name="x"))

    output = run(command="import_notifications")

    assert "notifications_notification: 1 rows\n  actor auth.User: 1\n" in output
    assert '    register_target(["testapp.Orchestra"])\n' in output


def test_database_without_the_table_is_named():
    drop_tables("default", NOTIFICATIONS)

    with pytest.raises(CommandError, match="'default' has no notifications_notification; pass"):
        run(command="import_notifications")


# Beside actions that are to come


@pytest.fixture
def old_actions():
    model, _ = make_tables()
    yield model.objects
    drop_tables()


def acted(rows, actor, verb="liked", **values):
    return rows.create(verb=verb, timestamp=START, **named("actor", actor), **values)


@pytest.mark.parametrize("what", ["--run", "--verify"])
def test_old_actions_come_first(old, old_actions, ann, bob, what):
    acted(old_actions, bob)
    old(ann, bob)

    with pytest.raises(CommandError) as error:
        run(what, command="import_notifications")

    assert str(error.value) == (
        "actstream_action: 1 actions have not come, and notifications of them would become "
        "messages, which their recipients alone see. Run manage.py import_actstream --run first; "
        "or pass --without-actions if they are to stay there."
    )
    assert not Notification.objects.exists()


def test_notifications_come_after_the_actions(old, old_actions, ann, bob):
    came = acted(old_actions, bob)
    lost = acted(old_actions, Orchestra.objects.create(pk=5, name="x"))
    row = old(ann, bob)
    run("--run", orphans="drop")

    assert "Both sides are equal." in take_over()

    assert Notification.objects.get(pk=row.pk).action.pk == came.pk
    assert not Action.objects.filter(pk=lost.pk).exists()


def test_actions_that_were_deleted_since_are_not_waited_for(old, old_actions, ann, bob):
    first = acted(old_actions, bob)
    acted(old_actions, bob, "sang")
    old(ann, bob)
    run("--run")
    Action.objects.get(pk=first.pk).delete()

    assert "Both sides are equal." in take_over()


def test_actions_that_the_site_has_written_itself_are_not_waited_for(old, old_actions, ann, bob):
    sent = action.send(bob, "liked", datetime=START)
    Action.objects.filter(pk=sent.pk).update(id=sent.pk + 1000)
    acted(old_actions, bob)
    old(ann, bob)

    assert "Both sides are equal." in take_over()

    assert Action.objects.count() == 1


def test_actions_of_a_table_of_another_name_come_first(old, old_actions, ann, bob):
    acted(old_actions, bob)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE actstream_action RENAME TO kept_action")
    try:
        with pytest.raises(CommandError, match="^kept_action: 1 actions have not come"):
            take_over(actions="kept_action")
    finally:
        drop_tables("default", "kept_action")


def test_messages_do_not_stand_for_public_actions(old, old_actions, ann, bob):
    public = acted(old_actions, bob, id=20_000)
    row = old(ann, bob)
    take_over("--without-actions")
    message = Notification.objects.get(pk=row.pk).action
    assert message.is_message
    assert message.pk > public.pk

    with pytest.raises(CommandError, match="are different"):
        run("--verify")
    assert "Both sides are equal." in run("--run")

    assert Action.objects.get(pk=public.pk).public
    assert Action.objects.get(pk=message.pk).is_message
    assert Action.objects.count() == 2


def test_message_under_the_key_of_an_old_action_stops_its_run(old, old_actions, ann, bob):
    row = old(ann, bob)
    take_over()
    key = Notification.objects.get(pk=row.pk).action_id
    Action.objects.update(public=False)
    acted(old_actions, bob, id=key, public=False)

    with pytest.raises(CommandError, match=f"stream_action: 1 rows, the first of them {key}, have"):
        run("--run")


# What is lost, and dropping the table


def test_verify_counts_roles_that_are_empty_and_notifications_of_nobody(old, ann, bob):
    old(User(pk=10**6), bob)
    old(ann, None, **gone("actor", User, 10**6))

    output = take_over()

    said = "notifications: orphans, see --plan: 1 did not come, 1 roles of others are empty\n"
    assert said + "Both sides are equal.\n" in output


def test_old_table_is_dropped_once_the_old_actions_have_come(old, old_actions, ann, bob):
    acted(old_actions, bob)
    old(ann, bob)
    take_over("--without-actions")

    with pytest.raises(CommandError, match="^actstream_action: 1 actions have not come"):
        run("--drop", command="import_notifications", interactive=False)
    run("--run")
    run("--drop", command="import_notifications", interactive=False)

    assert OldTable.find(NOTIFICATIONS, "default") is None
    assert Notification.objects.count() == 1
