"""Actions and streams."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import mixins
from rest_framework.exceptions import NotFound, PermissionDenied
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from stream.actions.building import build_action
from stream.api.base import BaseViewSet, follow_model
from stream.api.conf import sent_by_users
from stream.api.fields import NewActionSerializer
from stream.api.params import ActionParams, HomeParams, PageParams, filter_actions
from stream.api.representation import GroupSerializer, action_serializer
from stream.arc.requests import clean_key
from stream.feeds import Group, feed_manager
from stream.models import Action


class StreamViewSet(mixins.ListModelMixin, BaseViewSet):
    """A list of actions, newest first, as far as they are visible to the user.

    Override ``get_stream`` and ``operation``, its name in the schema, for a custom stream.
    """

    query = {"list": ActionParams}

    def get_stream(self) -> QuerySet[Action]:
        """Return the actions to choose from."""
        return Action.objects.with_messages().all()

    def get_queryset(self) -> QuerySet[Action]:
        # Permissions look at its model, before the parameters are checked.
        return Action._default_manager.all()

    def filter_queryset(self, queryset: Any) -> Any:
        stream: Any = self.get_stream()
        return filter_actions(stream.visible_to(self.request.user).with_objects(), self.params)

    def get_serializer_class(self) -> Any:
        return action_serializer()


class ActionViewSet(StreamViewSet):
    """All actions that the user may see. A user may add those that the site allows."""

    operation = "actions"
    bodies = {"create": NewActionSerializer}
    statuses = {"create": 201}

    def retrieve(self, request: Request, pk: str) -> Response:
        """Show an action."""
        key = clean_key(Action, pk)
        visible = Action.objects.visible_to(request.user).with_objects()
        action = None if key is None else visible.filter(pk=key).first()
        if not action:
            raise NotFound
        return Response(self.get_serializer(action).data)

    def is_offered(self) -> bool:
        return self.action != "create" or bool(sent_by_users())

    def create(self, request: Request) -> Response:
        """Act: the signed-in user is the actor."""
        if not self.is_offered():
            raise PermissionDenied(_("Nobody acts here: STREAM_API_ACTIONS names no verb."))
        if not Action.actor.find_field(request.user):
            raise PermissionDenied(_("Users do not act here: they are not registered as actors."))
        user: Any = request.user
        arguments = {"actor": user, **self.body()}
        new, using = build_action(Action, "stream.api", None, arguments)
        new.from_api = True
        new.save(force_insert=True, using=using)
        headers = {"Location": request.build_absolute_uri(f"{new.pk}/")}
        return Response(self.get_serializer(new).data, status=201, headers=headers)


class HomeStream(StreamViewSet):
    """The home feed of the signed-in user: public actions of what the user follows."""

    operation = "home"
    permission_classes = [IsAuthenticated]
    query = {"list": HomeParams}

    def filter_queryset(self, queryset: Any) -> Any:
        follow_model()
        options = ("with_user_activity", "flag", "since_follow")
        chosen = {name: self.params[name] for name in options if name in self.params}
        return filter_actions(Action.objects.user_stream(self.request.user, **chosen), self.params)


class NamedFeed(BaseViewSet):
    """A news feed of the signed-in user, of actions or of groups."""

    operation = "feed"
    permission_classes = [IsAuthenticated]
    query = {"list": PageParams}

    def get_queryset(self) -> QuerySet[Action]:
        # Permissions look at its model, before the parameters are checked.
        return Action._default_manager.all()

    def get_serializer_class(self) -> Any:
        return PolymorphicProxySerializer(
            "Activity", [action_serializer(), GroupSerializer], resource_type_field_name=None
        )

    def list(self, request: Request, name: str) -> Response:
        """List a news feed by its name in STREAM_NEWS_FEEDS, newest first."""
        follow_model()
        feeds = feed_manager.get_news_feeds(request.user)
        if name not in feeds:
            raise NotFound(_("There is no such feed."))
        rows: Any = self.paginate_queryset(feeds[name])  # type: ignore[arg-type]
        context, kind = self.get_serializer_context(), action_serializer()
        shown = (GroupSerializer if isinstance(row, Group) else kind for row in rows)
        results = [each(row, context=context).data for each, row in zip(shown, rows, strict=True)]
        return self.get_paginated_response(results)


class ModelStream(StreamViewSet):
    """What the objects of a model take part in, in any role."""

    operation = "model"

    def get_stream(self) -> QuerySet[Action]:
        actions: QuerySet[Action] = Action.objects.with_messages().get_for_model(
            self.named_model(Action.arcs.values())
        )
        return actions


class ObjectStream(StreamViewSet):
    """What an object takes part in, in any of the roles."""

    operation = "object"
    roles = tuple(Action.arcs)

    def get_stream(self) -> QuerySet[Action]:
        arcs = [Action.arcs[role] for role in self.roles]
        obj = self.named_object(self.named_model(arcs))
        held = Q()
        for arc in arcs:
            if arc.find_field(obj):
                held |= arc.q(obj)
        return Action.objects.with_messages().filter(held)
