"""A job goes on where it stopped, also where what it was at is gone."""

import pytest
from django.contrib.auth.models import User

from follow.models import Follow
from follow.utils import follow
from stream.jobs import running as jobs
from stream.models import Action
from stream.streams import user_stream
from stream.timelines import get_timeline
from stream.timelines.followers import of_feed
from stream.timelines.models import Job
from stream.timelines.steps import take_step
from stream.utils import action
from tests.testapp.models import Tag

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("end", ["delete", "hide"])
def test_an_action_that_is_gone_in_the_middle_leaves_the_next_one_whole(settings, end):
    settings.STREAM_TIMELINE = "stream.timelines.TableTimeline"
    settings.STREAM_JOBS = {"deliver": "command"}
    settings.STREAM_TIMELINE_OPTIONS = {"chunk": 2}
    star = User.objects.create(username="star")
    fans = User.objects.bulk_create(User(username=f"fan{n}") for n in range(5))
    Follow.objects.bulk_create(Follow(user=fan, target=star) for fan in fans)
    for fan in fans:
        get_timeline().page(user_stream(fan))
    jobs.run_all()

    action.send_many({"actor": star, "verb": verb} for verb in ("sang", "bowed"))
    job = Job.objects.get()
    job.cursor = take_step(job, "default").cursor
    job.save()
    first = star.actor_actions.get(verb="sang")
    if end == "delete":
        first.delete()
    else:
        type(first).objects.filter(pk=first.pk).update(public=False)
    jobs.run_all()
    for fan in fans:
        assert list(get_timeline().page(user_stream(fan))) == list(user_stream(fan))


def test_keys_that_a_field_converts(timelines, lennon, hendrix, monkeypatch):
    table = timelines("TableTimeline", deliver="command")
    tag = Tag.objects.create(name="rock")
    follow(lennon, tag, actor_only=False)
    sent = action.send(hendrix, "used", tag)
    key = Tag._meta.pk
    monkeypatch.setattr(key, "from_db_value", lambda value, *args: value and f"#{value}", False)
    monkeypatch.setattr(key, "get_prep_value", lambda value: value and value.removeprefix("#"))
    table.page(user_stream(lennon))
    jobs.run_all()
    assert [each.pk for each in table.page(user_stream(lennon))] == [sent.pk]
    assert of_feed(list(Action.objects.all()), lennon, "default") == [sent]
