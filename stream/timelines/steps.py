"""What each kind of job does, in steps. A step is one transaction and may be repeated."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.db.models import Q
from django.utils.dateparse import parse_datetime

from stream.following import follow_model
from stream.jobs.models import Step
from stream.models import Action
from stream.plan.homefeed import HomeFeed
from stream.plan.timeline import get_timeline
from stream.timelines.conf import options
from stream.timelines.followers import Followers, followers_of, follows_of
from stream.timelines.models import Job, Joined

if TYPE_CHECKING:
    from stream.timelines.stored import StoredTimeline

ACTIONS_PER_STEP = 20
USERS_PER_STEP = 50


def take_step(job: Job, using: str) -> Step:
    """Do the next step of a job."""
    timeline: Any = get_timeline()
    if not timeline.is_stored:
        return Step()
    take: Callable[[StoredTimeline, Job, str], Step] = STEPS[job.kind]
    return take(timeline, job, using)


def take_fan_out(timeline: StoredTimeline, job: Job, using: str) -> Step:
    """Add some actions to the timelines of their followers, or one to those of a chunk of them."""
    keys = job.data["actions"]
    begin, part_number, after, count = job.cursor or (0, 0, None, 0)
    end = min(begin + ACTIONS_PER_STEP, len(keys))
    actions = Action._base_manager.using(using).filter(public=True).in_bulk(keys[begin:end])
    parts = {pk: list(followers_of(action)) for pk, action in actions.items()}
    joined = _joined(
        ((part.reach.followed, part.key) for some in parts.values() for part in some), using
    )
    above = options().join_above
    rows, trims = 0, []
    for number in range(begin, end):
        action: Any = actions.get(keys[number])
        for part in parts[keys[number]][part_number:] if action else []:
            if (part.reach.followed, str(part.key)) not in joined:
                part = replace(part, after=_position(after))
                part, size = _chunk(part, count, using)
                rows += timeline.add(action, part, using, is_new=part_number == 0)
                if timeline.is_to_trim(action):
                    users = part.users(using).distinct()
                    trims.append(partial(timeline.trim, users, using))
                count += size
                is_much = above is not None and count > above
                if part.until and not (is_much and _join(part, using)):
                    after = part.until[0].isoformat(), part.until[1]
                    return Step((number, part_number, after, count), rows, trims)
            part_number, after, count = part_number + 1, None, 0
        part_number, after, count = 0, None, 0  # also if the action is gone
    return Step((end, 0, None, 0) if end < len(keys) else None, rows, trims)


def _position(cursor: Any) -> Any:
    return cursor and (parse_datetime(cursor[0]), cursor[1])


def _chunk(part: Followers, count: int, using: str) -> tuple[Followers, int]:
    """Return the first of these followers, and how many they are at most."""
    size = options().chunk
    if (above := options().join_above) is not None:
        size = max(1, min(size, above + 1 - count))  # to know at once when they are too many
    return part.first(size, using), size


def _joined(objects: Iterable[tuple[str, Any]], using: str) -> set[tuple[str, str]]:
    """Return which objects, given by column and key, are joined: one query at most."""
    if options().join_above is None:
        return set()
    marked = Q()
    for followed, key in objects:
        marked |= Q(followed=followed, object_key=str(key))
    if not marked:
        return set()
    marks = Joined.objects.using(using).filter(marked, is_ending=False)
    return set(marks.values_list("followed", "object_key"))


def _join(part: Followers, using: str) -> bool:
    """Join an object's actions from now on; return False while its mark is ending."""
    mark, _ = Joined.objects.using(using).get_or_create(
        followed=part.reach.followed, object_key=str(part.key)
    )
    return not mark.is_ending


def take_copy_in(timeline: StoredTimeline, job: Job, using: str) -> Step:
    """Add a followee's newest actions to the follower's timeline, while the follow is there."""
    keys, number = job.data["follows"], job.cursor or 0
    follows = follow_model("stream.timelines")._base_manager.using(using)
    follow = follows.filter(pk=keys[number]).first()
    rows = _copy_in(timeline, follow, using) if follow else 0
    return Step(number + 1 if number + 1 < len(keys) else None, rows)


def _copy_in(timeline: StoredTimeline, follow: Any, using: str) -> int:
    """Add the newest actions of a followed object to a timeline, unless the object is joined."""
    field = type(follow).target.filled_field(follow)
    if field is None or not timeline.lock(follow.user_id, using):
        return 0
    key, keep = getattr(follow, field.attname), options().keep
    if _joined([(field.column, key)], using):
        return 0
    rows = 0
    for reach in HomeFeed(Action, None).reaches():
        if reach.followed != field.column or (follow.actor_only and not reach.is_by_actor):
            continue
        actions = Action._base_manager.using(using).filter(public=True, **{reach.field.name: key})
        pairs = actions.order_by("-datetime", "-pk").values_list("datetime", "pk")
        newest = list(pairs[: keep + 1])
        floor = newest[keep][0] if len(newest) > keep else None
        rows += timeline.add_newest(follow.user_id, newest[:keep], floor, using)
    return rows


def take_purge(timeline: StoredTimeline, job: Job, using: str) -> Step:
    """Take actions out of a timeline that are not, or no longer, in the user's feed."""
    key: Any = get_user_model()._meta.pk.to_python(job.data["user"])
    if timeline.lock(key, using):
        timeline.purge(key, using)
    return Step()


def take_build(timeline: StoredTimeline, job: Job, using: str) -> Step:
    """Build a timeline from the tables."""
    users = get_user_model()._base_manager.using(using)
    user = users.filter(pk=job.data["user"]).first()
    return Step(None, timeline.build(user, using)) if user else Step()


def take_unjoin(timeline: StoredTimeline, job: Job, using: str) -> Step:
    """Store the actions of a joined object: new ones are fanned out while its mark is ending.

    Then its actions are copied in for its followers, some in each step. At the end the mark goes.
    """
    mark = Joined.objects.using(using).filter(pk=job.data["joined"]).first()
    if mark is None:
        return Step()
    if not mark.is_ending:
        mark.is_ending = True
        mark.save(update_fields=["is_ending"])
        return Step(0)
    follows = follows_of(mark.followed, mark.object_key, using).filter(pk__gt=job.cursor or 0)
    some = list(follows.order_by("pk")[:USERS_PER_STEP])
    rows = sum(_copy_in(timeline, follow, using) for follow in some)
    if len(some) == USERS_PER_STEP:
        return Step(some[-1].pk, rows)
    mark.delete()
    return Step(None, rows)


STEPS: dict[str, Callable[[StoredTimeline, Job, str], Step]] = {
    Job.Kind.FAN_OUT: take_fan_out,
    Job.Kind.COPY_IN: take_copy_in,
    Job.Kind.PURGE: take_purge,
    Job.Kind.BUILD: take_build,
    Job.Kind.UNJOIN: take_unjoin,
}
