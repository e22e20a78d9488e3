"""Finding actions: the streams."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.db.models import Model, Q

from stream.arc.models import ArcQuerySet
from stream.arc.pages import newest_first
from stream.arc.rules import fields_of, key_of, signed_in
from stream.base import BaseAction
from stream.groups.feeds import AggregatedFeed
from stream.paging.pages import Beyond
from stream.plan.homefeed import HomeFeed, restrict
from stream.plan.pages import Plan
from stream.plan.source import get_timeline

if TYPE_CHECKING:
    from stream.arc import Arc
    from stream.groups.keys import Part
    from stream.paging import Page
    from stream.paging.pages import Position


_Row = TypeVar("_Row", bound=BaseAction)


class ReadingQuerySet(ArcQuerySet[_Row]):
    """Actions, newest first. What is called a stream holds public ones only, with their objects."""

    _feed: HomeFeed | None = None

    # Streams

    def actor_stream(self, obj: Model, **filters: Any) -> Self:
        """What an object does."""
        return self.get_for_actor(obj)._as_stream(filters)

    def target_stream(self, obj: Model, **filters: Any) -> Self:
        """What is done to an object."""
        return self.get_for_target(obj)._as_stream(filters)

    def action_object_stream(self, obj: Model, **filters: Any) -> Self:
        """What is done with an object."""
        return self.get_for_action_object(obj)._as_stream(filters)

    def any_stream(self, obj: Model, **filters: Any) -> Self:
        """What an object takes part in, in any role."""
        return self.get_for_any(obj)._as_stream(filters)

    def model_stream(self, model_or_obj: Any, **filters: Any) -> Self:
        """What objects of a model take part in, in any role."""
        return self.get_for_model(model_or_obj)._as_stream(filters)

    def user_stream(
        self,
        user: Any,
        with_user_activity: bool = False,
        flag: str | None = None,
        since_follow: bool = False,
        **filters: Any,
    ) -> Self:
        """The home feed: what is done by all that a user follows, or with and to it by reach.

        ``with_user_activity`` adds what the user does, ``flag`` takes one kind of following only,
        and ``since_follow`` leaves out what was before the follow. A slice or page, in
        this order, is read in two to five short queries, besides those of the objects, whatever
        the number of follows and actions. Raises ImproperlyConfigured where the app
        ``follow`` is not installed.
        """
        user = signed_in(user, "user_stream")
        feed = HomeFeed(self.model, user, with_user_activity, flag, since_follow)
        return restrict(self._as_stream(filters), feed)

    def _as_stream(self, filters: dict[str, Any]) -> Self:
        return self.public().filter(**filters).with_objects()

    def grouped(self, *group_by: Part, most_rows: int | None = None) -> AggregatedFeed:
        """Group actions: ``target_stream(photo).grouped("verb", "day").page()``; see GroupBy.

        By default by verb, by target or else action object, and by day. A group counts its actions
        among the next ``most_rows`` (1000) of the stream.
        """

        return AggregatedFeed(self, *group_by, most_rows=most_rows)

    # Audience

    def public(self) -> Self:
        """Without the actions that are not public."""
        return self.filter(public=True)

    def visible_to(self, user: Any) -> Self:
        """What a user may see: public actions, and those in which the user has a role.

        Raises TypeError for what is no user.
        """
        visible = Q(public=True)
        if user := signed_in(user, "visible_to"):
            for field in fields_of(self.model, user):
                visible |= Q((field.name, key_of(user)))
        return self.filter(visible)

    # Finders, of actions that are public or not

    def get_for_actor(self, actor: Model) -> Self:
        """Actions by this actor. Raises NotRegistered for an object of another model."""
        return self._held_by(actor, self.model.actor)

    def get_for_actors(self, actors: Iterable[Model]) -> Self:
        """Actions by any of these actors, of mixed models or a queryset; none for no actors."""
        return self.filter(self.model.actor.q_in(actors))

    def get_for_target(self, target: Model) -> Self:
        """Actions on this target. Raises NotRegistered for an object of another model."""
        return self._held_by(target, self.model.target)

    def get_for_targets(self, targets: Iterable[Model]) -> Self:
        """Actions on any of these targets, of mixed models or a queryset; none for no targets."""
        return self.filter(self.model.target.q_in(targets))

    def get_for_action_object(self, obj: Model) -> Self:
        """Actions with this object. Raises NotRegistered for an object of another model."""
        return self._held_by(obj, self.model.action_object)

    def get_for_action_objects(self, objects: Iterable[Model]) -> Self:
        """Actions with any of these objects, of mixed models or a queryset; none for none."""
        return self.filter(self.model.action_object.q_in(objects))

    def get_for_any(self, obj: Model) -> Self:
        """Actions in which an object has any role. Raises NotRegistered."""
        return self._held_by(obj, *self.model.arcs.values())

    def get_for_model(self, model_or_obj: Any) -> Self:
        """Actions in which objects of a model have any role. Raises NotRegistered."""
        arcs = self.model.arcs.values()
        known = [arc.q_model(model_or_obj) for arc in arcs if arc.find_field(model_or_obj)]
        return self._in_any(known, model_or_obj)

    def _held_by(self, obj: Model, *arcs: Arc) -> Self:
        """Those in which an object has one of these roles; ``with_objects`` need not load it."""
        if len(arcs) == 1:
            rows = self.filter(arcs[0].q(obj))
        else:
            rows = self._in_any([arc.q(obj) for arc in arcs if arc.find_field(obj)], obj)
        if not obj._state.adding:  # else it may be no more than a key
            rows._known = (*rows._known, obj)
        return rows

    def _in_any(self, conditions: list[Q], model_or_obj: Any) -> Self:
        if not conditions:
            self.model.actor.field_for(model_or_obj)  # raises NotRegistered
        held = Q()
        for condition in conditions:
            held |= condition
        return self.filter(held)

    # Pages

    def page(
        self, size: int = 25, after: str | None = None, before: str | None = None
    ) -> Page[_Row]:
        """Return a page of rows, newest first, without a COUNT, by one query or few.

        Where filters leave out very many rows, a page may be short and have a ``next``.
        ``after`` and ``before`` take the ``next`` and ``previous`` of another page. Stable while
        rows come and go, and with equal times. A home feed is read where ``STREAM_TIMELINE`` says.
        Raises InvalidCursor for a forged cursor, TypeError for a slice, ``values()`` and the like,
        and another order.
        """
        if self._feed is None:
            return super().page(size, after, before)
        return get_timeline().page(newest_first(self), size, after, before)

    def _clone(self) -> Self:
        clone = super()._clone()
        clone._feed = self._feed
        return clone

    def _fetch_fast(self) -> list[_Row] | None:
        if plan := Plan.make(self):
            found = plan.fetch()
            if found.reached is None:  # else the plain query reads what is rare, or all of it
                return found.rows
        return super()._fetch_fast()

    def beyond(self, position: Position | None, newer: bool, limit: int) -> Beyond:
        ordered = self.order_by("datetime", "pk") if newer else self.all()
        plan = Plan.make(ordered[:limit], position, is_page=True)
        if plan is None:
            return super().beyond(position, newer, limit)
        found = plan.fetch()
        self.load(found.rows)
        return Beyond(found.rows, limit, found.reached)
