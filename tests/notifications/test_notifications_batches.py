"""Delivering many actions at once: the same notifications as one by one, in few queries."""

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import Group, User
from django.db.models import F
from hypothesis import HealthCheck, given, settings, strategies as st

from stream.models import Action
from stream.notifications import (
    NotificationFeed,
    anotify_many,
    mute,
    notify,
    notify_many,
    notify_on,
    signals,
)
from stream.notifications.models import Mute, Notification
from stream.notifications.rules import remove_rule
from stream.utils import action
from tests.activities.models import Like, Photo
from tests.early.models import Band
from tests.support.notifications import check_counts, users
from tests.testapp.models import Tag

pytestmark = pytest.mark.django_db


@pytest.fixture
def people():
    return users("ann", "bob", "eve", "joe")


def found():
    """What each recipient has."""
    rows = Notification.objects.order_by("recipient", "action")
    return list(rows.values_list("recipient__username", "action", "group"))


def test_each_action_goes_to_its_own_recipients(lennon, people):
    ann, bob, eve, _ = people
    first, second, third = (action.send(lennon, verb) for verb in ("sang", "slept", "ate"))
    deliveries = [([ann, bob], first), (bob, second), (None, third), ([], third), (eve, third)]
    assert notify_many(deliveries) == 4
    assert [row[:2] for row in found()] == [
        ("ann", first.pk),
        ("bob", first.pk),
        ("bob", second.pk),
        ("eve", third.pk),
    ]
    assert notify_many(iter(deliveries)) == notify_many([]) == 0
    check_counts()


@pytest.mark.parametrize("count", [2, 100])
def test_it_takes_a_fixed_number_of_queries(lennon, people, count, django_assert_num_queries):
    sent = [action.send(lennon, "sang") for _ in range(count)]
    for queries in (5, 4):  # the second time nobody gets anything
        with django_assert_num_queries(queries):
            notify_many((people[number % 2], each) for number, each in enumerate(sent))
    assert Notification.objects.count() == count
    check_counts()


@pytest.mark.parametrize("chunk", [8, 40])
def test_batches_of_any_size(lennon, people, chunk, monkeypatch):
    monkeypatch.setattr("stream.notifications.recipients.RECIPIENTS_PER_TRANSACTION", chunk)
    Group.objects.create(name="all").user_set.set(people)
    wanted = [User.objects.exclude(pk=lennon.pk), people[0], Group.objects.get(), people, people[1]]
    sent = [(wanted[number % 5], action.send(lennon, "sang")) for number in range(20)]
    assert notify_many(sent) == 4 * (4 + 1 + 4 + 4 + 1)
    assert [row[1] for row in found() if row[0] == "ann"] == [
        each.pk for number, (_, each) in enumerate(sent) if number % 5 != 4
    ]
    check_counts()


def test_deleted_actions_and_users_are_left_out(lennon, people):
    ann, bob, *_ = people
    kept, gone = action.send(lennon, "sang"), action.send(lennon, "slept")
    Action.objects.filter(pk=gone.pk).delete()
    assert notify_many([(ann, kept), (ann, gone), (User(pk=987654), kept), (bob, kept)]) == 2
    assert notify_many([(ann, gone), (bob, gone)]) == 0
    check_counts()


def test_keys_given_as_texts(lennon, people):
    sent = [action.send(lennon, "sang") for _ in range(2)]
    assert notify_many([(User(pk=str(people[0].pk)), each) for each in sent]) == 2
    assert notify(User(pk=str(people[1].pk)), sent[0]) == 1


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.randoms(use_true_random=False), st.booleans())
def test_it_delivers_what_notify_delivers(lennon, people, random, to_self):
    for model in (Mute, Action):
        model.objects.all().delete()
    band = Band.objects.create(name="Cream")
    everybody = [lennon, *people]
    for user in random.sample(people, 2):
        mute(user, verb=random.choice(["sang", "slept"]))
        mute(user, random.choice([band, lennon, people[0]]))
    sent = [
        action.send(
            random.choice(everybody),
            random.choice(["sang", "slept", "ate"]),
            random.choice([None, band, *people]),
            public=random.random() < 0.7,
        )
        for _ in range(6)
    ]
    notify(random.sample(people, 3), sent[0])
    deliveries = [
        (random.sample(everybody, random.randrange(5)), random.choice(sent)) for _ in range(8)
    ]
    before = set(Notification.objects.values_list("pk", flat=True))
    expected = sum(notify(some, each, to_self=to_self) for some, each in deliveries)
    one_by_one = found()
    Notification.objects.exclude(pk__in=before).delete()
    assert notify_many(deliveries, to_self=to_self) == expected
    assert found() == one_by_one
    check_counts()


def test_what_is_no_action_is_refused(lennon, people):
    sang = action.send(lennon, "sang")
    for wrong, said in [
        ([(people[0], "sang")], r", item 0: notify\(action='sang'\): pass a saved action"),
        ([(people[0], Action(pk=5))], r", item 0: notify\(action=<Action: .*pass a saved action"),
        ([(people[0], sang), ([Band(pk=1)], sang)], ", item 1: notify.*instances of auth.User"),
        ([(Tag.objects.all(), sang)], r", item 0: notify\(a queryset of testapp.Tag\)"),
        ([(User.objects.values(), sang)], r", item 0: notify\(a queryset of values\)"),
        (None, r"\(None\): pass pairs of recipients and an action, such as \[\(bob, liked\)\]"),
        (people[0], r"\(<User: ann>\): pass pairs"),
        ("abc", r"\('abc'\): pass pairs"),
        ([people[0]], ", item 0: <User: ann> is no pair"),
        ([(people[0], sang, 1)], ", item 0: .* is no pair"),
    ]:
        with pytest.raises(TypeError, match=f"^notify_many(\\(\\))?{said}"):
            notify_many(wrong)
    for wrong in (User(username="x"), Group(name="x")):
        with pytest.raises(ValueError, match=r"item 0: notify\(auth.* is not saved; save it first"):
            notify_many([(wrong, sang)])
    assert not Notification.objects.exists()


def test_channels_hear_of_each_action_once(lennon, people, django_capture_on_commit_callbacks):
    heard = []

    def listen(action, count, notifications, **kwargs):
        names = notifications.order_by("pk").values_list("recipient__username", flat=True)
        heard.append((action.verb, count, list(names)))

    sang, slept = action.send(lennon, "sang"), action.send(lennon, "slept")
    notify(people[2], slept)
    signals.delivered.connect(listen)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            notify_many([(people[0], sang), (people[2], slept), (people[:2], sang)])
    finally:
        signals.delivered.disconnect(listen)
    assert heard == [("sang", 2, ["ann", "bob"])]


def test_in_async_code(lennon, people):
    sent = [action.send(lennon, "sang") for _ in range(2)]
    assert async_to_sync(anotify_many)([(people[0], each) for each in sent]) == 2


# What calls it


def test_a_rule_on_many_actions_takes_few_queries(lennon, people, django_assert_max_num_queries):
    def owner(action):
        return action.target

    notify_on("met")(owner)
    try:
        with django_assert_max_num_queries(20):
            action.send_many(
                {"actor": lennon, "verb": "met", "target": people[number % 4]}
                for number in range(100)
            )
    finally:
        remove_rule(owner)
    assert Notification.objects.count() == 100
    assert {NotificationFeed(each).unread_count for each in people} == {25}
    check_counts()


def test_objects_made_in_bulk_notify_in_few_queries(
    lennon, hendrix, monkeypatch, django_assert_max_num_queries
):
    monkeypatch.setattr(Like, "activity_notify", "photo__user")
    photo = Photo.objects.create(user=lennon, title="Help")
    with django_assert_max_num_queries(20):
        Like.objects.bulk_create([Like(author=hendrix, photo=photo) for _ in range(100)])
    assert NotificationFeed(lennon).unread_count == 100
    assert not Notification.objects.exclude(
        recipient=F("action__origin_activities_like__photo__user")
    )
