"""The signals of following."""

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from follow import signals, utils
from follow.models import Follow
from follow.signals import send_unfollowed
from tests.early.models import Band

pytestmark = pytest.mark.django_db


@pytest.fixture
def musicians():
    return Group.objects.create(name="musicians")


@pytest.fixture
def told():
    """What the signals told: (name, sender, user, target)."""
    events = []

    def receiver(name):
        def receive(sender, user, target, instance, **kwargs):
            assert isinstance(instance, Follow)
            events.append((name, sender, user, target))

        return receive

    receivers = {name: receiver(name) for name in ("followed", "unfollowed")}
    for name, receive in receivers.items():
        getattr(signals, name).connect(receive)
    yield events
    for name, receive in receivers.items():
        getattr(signals, name).disconnect(receive)


def test_signals_tell_of_each_change_once(lennon, hendrix, musicians, told):
    utils.follow(lennon, hendrix)
    utils.follow(lennon, hendrix)
    utils.unfollow(lennon, hendrix)
    utils.unfollow(lennon, hendrix)
    utils.toggle(lennon, musicians)
    assert told == [
        ("followed", User, lennon, hendrix),
        ("unfollowed", User, lennon, hendrix),
        ("followed", Group, lennon, musicians),
    ]


def test_saving_again_tells_nothing(lennon, hendrix, told):
    follow = utils.follow(lennon, hendrix)
    follow.save()
    assert len(told) == 1


def test_deleting_the_user_or_the_target_tells_unfollowed(lennon, hendrix, musicians, told):
    utils.follow(lennon, musicians)
    utils.follow(hendrix, musicians)
    told.clear()
    hendrix_again = User.objects.get(pk=hendrix.pk)
    hendrix.delete()
    assert told == [("unfollowed", Group, hendrix_again, musicians)]
    told.clear()
    musicians.delete()
    assert [event[:2] for event in told] == [("unfollowed", Group)]
    assert not Follow.objects.exists()


def test_the_user_may_be_gone_when_unfollowed_is_sent(lennon, hendrix, told):
    follow = Follow(user_id=4711, target_user_id=4712, pk=1)
    send_unfollowed(instance=follow)
    assert told == [("unfollowed", User, None, None)]


def test_where_nobody_listens_nothing_is_fetched():
    fans = [User.objects.create(username=str(number)) for number in range(20)]
    counts = []
    for followers in (fans[:1], fans):
        band = Band.objects.create(name="x")
        for fan in followers:
            utils.follow(fan, band)
        with CaptureQueriesContext(connection) as queries:
            band.delete()
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 8  # MariaDB has a few more


def test_fixtures_tell_nothing(lennon, hendrix, told, tmp_path):
    utils.follow(lennon, hendrix)
    fixture = tmp_path / "follows.json"
    call_command("dumpdata", "follow", output=str(fixture), verbosity=0)
    Follow.objects.all().delete()
    told.clear()
    call_command("loaddata", str(fixture), verbosity=0)
    assert Follow.objects.get().target == hendrix
    assert told == []


def test_a_handler_that_raises_takes_the_follow_back(lennon, hendrix):
    def refuse(**kwargs):
        raise PermissionError

    signals.followed.connect(refuse, sender=User)
    try:
        with pytest.raises(PermissionError):
            utils.follow(lennon, hendrix)
    finally:
        signals.followed.disconnect(refuse, sender=User)
    assert not Follow.objects.exists()
