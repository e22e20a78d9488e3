"""Finding actions: the streams."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.db.models import Model, Q

from stream.arc.models import ArcQuerySet
from stream.arc.pages import newest_first
from stream.arc.rules import fields_of, key_of, signed_in
from stream.arc.visibility import guards
from stream.base import BaseAction
from stream.conf import home_includes_own
from stream.groups.feeds import AggregatedFeed
from stream.paging.pages import Beyond
from stream.plan.homefeed import HomeFeed, restrict
from stream.plan.pages import Plan
from stream.plan.timeline import get_timeline

if TYPE_CHECKING:
    from stream.arc import Arc
    from stream.groups.keys import Part
    from stream.paging import Page
    from stream.paging.pages import Position


_Row = TypeVar("_Row", bound=BaseAction)

#: Conditions by which apps let a user see actions that are not public: functions of the user.
VISIBLE_BY: list[Callable[[Any], Q]] = []


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

    def context_stream(self, obj: Model, **filters: Any) -> Self:
        """What happens in an object, such as a project."""
        return self.get_for_context(obj)._as_stream(filters)

    def any_stream(self, obj: Model, **filters: Any) -> Self:
        """What an object takes part in, in any role."""
        return self.get_for_any(obj)._as_stream(filters)

    def model_stream(self, model_or_obj: Any, **filters: Any) -> Self:
        """What objects of a model take part in, in any role."""
        return self.get_for_model(model_or_obj)._as_stream(filters)

    def user_stream(
        self,
        user: Any,
        with_user_activity: bool | None = None,
        flag: str | None = None,
        since_follow: bool = False,
        **filters: Any,
    ) -> Self:
        """The home feed: what the objects do that a user follows.

        Unless a follow is ``actor_only``, also what is done to and with the object, and in it.
        ``with_user_activity`` adds what the user does, by default as ``STREAM_HOME_INCLUDES_OWN``
        says, ``flag`` takes one kind of following only, and ``since_follow`` leaves out what was
        before the follow. A slice or page, in this order,
        takes two to five short queries and those of the objects, however many follows and actions
        there are. Raises ImproperlyConfigured where the app ``follow`` is not installed.
        """
        user = signed_in(user, "user_stream")
        if with_user_activity is None:
            with_user_activity = home_includes_own()
        feed = HomeFeed(self.model, user, with_user_activity, flag, since_follow)
        return restrict(self._as_stream(filters).guarded_for(user), feed)

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
        """What a user may see: public actions, and those with a role for or delivered to the user.

        Of what ``send_notification`` sends, the role of the actor alone counts.

        Without those of an object that is hidden from the user, as ``guarded_for`` says. None is
        anybody. Raises TypeError for what is no user.
        """
        visible = Q(public=True)
        if user := signed_in(user, "visible_to"):
            for field in fields_of(self.model, user):
                # Of a message, the actor alone has a role that counts.
                is_actor = field.name in self.model.actor.columns
                any_action = Q() if is_actor else Q(is_message__isnull=True)
                visible |= any_action & Q((field.name, key_of(user)))
            for condition in VISIBLE_BY:
                visible |= condition(user)
        return self.filter(visible).guarded_for(user)

    def guarded_for(self, reader: Any) -> Self:
        """Leave out actions in which an object has a role that is hidden from a reader.

        ``visible_to`` of a model's options, or of its default manager, says which are hidden, and
        so does that manager itself. No query: conditions of the same statement.
        """
        return self.filter(*guards(self.model, signed_in(reader, "guarded_for")))

    # Finders, of actions that are public or not

    def get_for_actor(self, actor: Model) -> Self:
        """Actions by this actor. Raises NotRegistered for an object of another model."""
        return self._held_by(actor, self.model.actor)

    def get_for_actors(self, actors: Iterable[Model]) -> Self:
        """Actions by one of these actors: a queryset, or a list, also of several models.

        An empty list gives no actions.
        """
        return self.filter(self.model.actor.q_in(actors))

    def get_for_target(self, target: Model) -> Self:
        """Actions on this target. Raises NotRegistered for an object of another model."""
        return self._held_by(target, self.model.target)

    def get_for_targets(self, targets: Iterable[Model]) -> Self:
        """Actions whose target is one of these. An empty list gives no actions."""
        return self.filter(self.model.target.q_in(targets))

    def get_for_action_object(self, obj: Model) -> Self:
        """Actions with this object. Raises NotRegistered for an object of another model."""
        return self._held_by(obj, self.model.action_object)

    def get_for_action_objects(self, objects: Iterable[Model]) -> Self:
        """Actions whose action object is one of these. An empty list gives no actions."""
        return self.filter(self.model.action_object.q_in(objects))

    def get_for_context(self, obj: Model) -> Self:
        """Actions in this context. Raises NotRegistered for an object of another model."""
        return self._held_by(obj, self.model.context)

    def get_for_contexts(self, objects: Iterable[Model]) -> Self:
        """Actions whose context is one of these objects. An empty list gives no actions."""
        return self.filter(self.model.context.q_in(objects))

    def get_for_any(self, obj: Model) -> Self:
        """Actions in which an object has any role. Raises NotRegistered."""
        return self._held_by(obj, *self.model.arcs.values())

    def get_for_model(self, model_or_obj: Any) -> Self:
        """Actions in which objects of a model have any role. Raises NotRegistered."""
        arcs = self.model.arcs.values()
        known = [arc.q_model(model_or_obj) for arc in arcs if arc.find_field(model_or_obj)]
        return self._in_any(known, model_or_obj)

    def _held_by(self, obj: Model, *arcs: Arc) -> Self:
        """Actions in which an object has one of these roles, known to ``with_objects``."""
        if len(arcs) == 1:
            rows = self.filter(arcs[0].q(obj))
        else:
            rows = self._in_any([arc.q(obj) for arc in arcs if arc.find_field(obj)], obj)
        if not obj._state.adding:  # an unsaved object may have nothing but a key
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
        """Return a page of actions, newest first, by a few queries without a COUNT.

        Where filters leave out very many actions, a page may be short and still have a ``next``.
        ``after`` and ``before`` take the ``next`` and ``previous`` of another page. Pages are
        stable while actions come and go, and with equal times. ``STREAM_TIMELINE`` says how a home
        feed is read. Raises InvalidCursor for a forged cursor, TypeError for a slice, ``values()``
        and the like, and another order.
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
            if found.reached is None:  # else Django's query reads on to the end of the slice
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
