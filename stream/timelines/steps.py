"""What each kind of job does, a step at a time. A step is one transaction and may be repeated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from django.contrib.auth import get_user_model
from django.db.models import Q
from django.utils.dateparse import parse_datetime

from stream.following import follow_model
from stream.models import Action
from stream.plan.source import get_timeline
from stream.timelines.conf import options
from stream.timelines.followers import Followers, all_reaches, followers_of
from stream.timelines.models import Job, Joined

if TYPE_CHECKING:
    from stream.timelines.stored import StoredTimeline

MOST_ACTIONS = 20  # of one step
MOST_USERS = 50


class Step(NamedTuple):
    """What a step has done; the cursor is None where that was the last."""

    cursor: Any = None
    rows: int = 0
    after: Sequence[Callable[[], Any]] = ()  # to be called when it is committed


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
    begin, place, after, count = job.cursor or (0, 0, None, 0)
    end = min(begin + MOST_ACTIONS, len(keys))
    actions = Action._base_manager.using(using).filter(public=True)
    some = actions.in_bulk(keys[begin:end])
    joined = _joined(some.values(), using)
    rows, trims = 0, []
    for number in range(begin, end):
        action: Any = some.get(keys[number])
        for part in list(followers_of(action))[place:] if action else []:
            if (part.reach.followed, str(part.key)) not in joined:
                part = replace(part, after=_place(after))
                part, size = _chunk(part, count, using)
                rows += timeline.add(action, part, using, is_new=place == 0)
                if timeline.is_to_trim(action):
                    trims.append(partial(timeline.trim_followers, part, using))
                count += size
                if part.until and not (_is_much(count) and _join(part, using)):
                    after = part.until[0].isoformat(), part.until[1]
                    return Step((number, place, after, count), rows, trims)
            place, after, count = place + 1, None, 0
        place, after, count = 0, None, 0  # also where the action is gone
    return Step((end, 0, None, 0) if end < len(keys) else None, rows, trims)


def _place(cursor: Any) -> Any:
    return cursor and (parse_datetime(cursor[0]), cursor[1])


def _chunk(part: Followers, count: int, using: str) -> tuple[Followers, int]:
    """Return the first of these followers, and how many they are at the most."""
    size = options().chunk
    if (above := options().join_above) is not None:
        size = max(1, min(size, above + 1 - count))  # to know at once when they are too many
    return part.first(size, using), size


def _is_much(count: int) -> bool:
    above = options().join_above
    return above is not None and count > above


def _joined(actions: Iterable[Action], using: str) -> set[tuple[str, str]]:
    """Return the objects of actions that are joined when they are read: one query at most."""
    if options().join_above is None:
        return set()
    marked = Q()
    for action in actions:
        for part in followers_of(action):
            marked |= Q(followed=part.reach.followed, object_key=str(part.key))
    if not marked:
        return set()
    found = Joined.objects.using(using).filter(marked, is_ending=False)
    return set(found.values_list("followed", "object_key"))


def _join(part: Followers, using: str) -> bool:
    """Let an object's actions be joined when they are read from now on, unless that is ending."""
    mark, _ = Joined.objects.using(using).get_or_create(
        followed=part.reach.followed, object_key=str(part.key)
    )
    return not mark.is_ending


def take_copy_in(timeline: StoredTimeline, job: Job, using: str) -> Step:
    """Add a followee's newest actions to the follower's timeline, while the follow is there."""
    keys, number = job.data["follows"], job.cursor or 0
    found = follow_model("stream.timelines")._base_manager.using(using).filter(pk=keys[number])
    rows = sum(_copy_in_of(timeline, each, using) for each in found)
    return Step(number + 1 if number + 1 < len(keys) else None, rows)


def _copy_in_of(timeline: StoredTimeline, follow: Any, using: str) -> int:
    field = type(follow).target.filled_field(follow)
    if field is None or not timeline.lock(follow.user_id, using):
        return 0
    key = getattr(follow, field.attname)
    joined = Joined.objects.using(using).filter(
        followed=field.column, object_key=str(key), is_ending=False
    )
    if joined.exists():
        return 0
    return copy_in(timeline, follow.user_id, field.column, key, follow.actor_only, using)


def copy_in(
    timeline: StoredTimeline, user: Any, followed: str, key: Any, actor_only: bool, using: str
) -> int:
    """Add the newest actions of a followed object to a timeline that is locked."""
    keep = options().keep
    columns = {field.column: field for arc in Action.arcs.values() for field in arc.fields}
    rows = 0
    for reach in all_reaches(Action):
        if reach.followed != followed or (actor_only and not reach.actor_only):
            continue
        actions = Action._base_manager.using(using).filter(
            Q((columns[reach.column].name, key)), public=True
        )
        pairs = actions.order_by("-datetime", "-pk").values_list("datetime", "pk")
        newest = list(pairs[: keep + 1])
        floor = newest[keep][0] if len(newest) > keep else None
        rows += timeline.add_newest(user, newest[:keep], floor, using)
    return rows


def take_purge(timeline: StoredTimeline, job: Job, using: str) -> Step:
    """Take out of a timeline what is not of the user's feed, or not any more."""
    key: Any = get_user_model()._meta.pk.to_python(job.data["user"])
    if timeline.lock(key, using):
        timeline.purge(key, using)
    return Step()


def take_build(timeline: StoredTimeline, job: Job, using: str) -> Step:
    """Make a timeline anew, from the tables."""
    users = get_user_model()._base_manager.using(using)
    user = users.filter(pk=job.data["user"]).first()
    return Step(None, timeline.build(user, using)) if user else Step()


def take_unjoin(timeline: StoredTimeline, job: Job, using: str) -> Step:
    """Store the actions of a joined object again: the mark is ending, so all are fanned out.

    First to those who follow it, some in a step; at the end the mark goes.
    """
    found = Joined.objects.using(using).filter(pk=job.data["joined"]).first()
    if found is None:
        return Step()
    if not found.is_ending:
        found.is_ending = True
        found.save(update_fields=["is_ending"])
        return Step(0)
    follow = follow_model("stream.timelines")
    field = follow.target.by_column(found.followed)
    reach = next(each for each in all_reaches(Action) if each.followed == found.followed)
    key = field.target_field.to_python(found.object_key)
    follows = follow._base_manager.using(using).filter(Q((field.name, key)), pk__gt=job.cursor or 0)
    some = list(follows.order_by("pk")[:MOST_USERS])
    rows = 0
    for each in some:
        if timeline.lock(each.user_id, using):
            rows += copy_in(timeline, each.user_id, reach.followed, key, each.actor_only, using)
    if len(some) == MOST_USERS:
        return Step(some[-1].pk, rows)
    found.delete()
    return Step(None, rows)


STEPS: dict[str, Callable[[StoredTimeline, Job, str], Step]] = {
    Job.Kind.FAN_OUT: take_fan_out,
    Job.Kind.COPY_IN: take_copy_in,
    Job.Kind.PURGE: take_purge,
    Job.Kind.BUILD: take_build,
    Job.Kind.UNJOIN: take_unjoin,
}
