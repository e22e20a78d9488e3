"""Notifications of the signed-in user, where the app ``stream.notifications`` is installed."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from stream.api.base import BaseViewSet
from stream.api.fields import StrictSerializer
from stream.api.objects import NOT_FOUND, labels
from stream.api.params import MOST_OBJECTS, PageParams
from stream.api.representation import ActionSerializer
from stream.models import Action
from stream.notifications import mutes
from stream.notifications.feed import NotificationFeed
from stream.notifications.models import Mute, Notification
from stream.web.lookup import clean_key, find_model, find_object
from stream.web.visibility import objects_of

MOST = 2**63 - 1  # as keys and groups


class NotificationParams(PageParams):
    unread = serializers.BooleanField(required=False, default=False, help_text="Only unread ones.")
    unseen = serializers.BooleanField(required=False, default=False, help_text="Only unseen ones.")


class NotificationSerializer(serializers.Serializer[Any]):
    """An action that was delivered to you."""

    id = serializers.IntegerField()
    group = serializers.CharField(help_text="Equal for notifications that may be shown as one.")
    datetime = serializers.DateTimeField(help_text="When it was delivered.")
    seen_at = serializers.DateTimeField(allow_null=True)
    read_at = serializers.DateTimeField(allow_null=True)
    action = ActionSerializer()


class CountsSerializer(serializers.Serializer[Any]):
    """How many notifications you have not seen and not read."""

    unseen = serializers.IntegerField()
    unread = serializers.IntegerField()


class MarkSerializer(StrictSerializer):
    """Which notifications: some, a group or all; say one of the three."""

    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=MOST),
        required=False,
        min_length=1,
        max_length=MOST_OBJECTS,
    )
    group = serializers.RegexField(r"^[0-9]{1,19}$", required=False)
    all = serializers.BooleanField(required=False)

    def validate(self, attrs: Any) -> Any:
        if len(attrs) != 1 or attrs.get("all") is False:
            raise ValidationError("Say one of ids, group, and all=true.")
        if int(attrs.get("group", 0)) > MOST:
            raise ValidationError({"group": ["There is no such group."]})
        return attrs


class MuteSerializer(StrictSerializer):
    """A verb, or an object of which you want no notifications, whatever its role."""

    verb = serializers.CharField(required=False, max_length=255, allow_blank=True, default="")
    type = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=100,
        default="",
        help_text="The model, such as auth.user.",
    )
    id = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=255,
        default="",
        trim_whitespace=False,
        help_text="The key.",
    )

    def to_representation(self, mute: Any) -> dict[str, str]:
        return {"verb": mute.verb, "type": mute.model, "id": mute.object_id}

    def validate(self, attrs: Any) -> Any:
        if bool(attrs["verb"]) == bool(attrs["type"]) or bool(attrs["type"]) != bool(attrs["id"]):
            raise ValidationError("Give a verb, or an object by type and id.")
        return attrs


class OwnViewSet(BaseViewSet):
    """Only users have notifications, and each their own."""

    permission_classes = [IsAuthenticated]
    write_scope = "stream_notifications"

    def get_queryset(self) -> Any:
        # Permissions look at its model, before the parameters are checked.
        return Notification.objects.all()

    def feed(self, **options: Any) -> NotificationFeed:
        return NotificationFeed(self.request.user, **options)


class NotificationViewSet(OwnViewSet):
    """Notifications, newest first."""

    operation = "notifications"
    serializer_class = NotificationSerializer
    query = {"list": NotificationParams}
    statuses = {"destroy": 204}

    def list(self, request: Request) -> Response:
        """List your notifications, newest first."""
        feed = self.feed(unread=self.params["unread"], unseen=self.params["unseen"])
        rows: Any = self.paginate_queryset(feed)  # type: ignore[arg-type]
        self.viewable.look_up(objects_of(row.action for row in rows))
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)

    def retrieve(self, request: Request, pk: str) -> Response:
        """Show a notification."""
        found = self._own(pk)
        self.viewable.look_up(objects_of([found.action]))
        return Response(self.get_serializer(found).data)

    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a notification."""
        self.feed().delete(self._own(pk))
        return Response(status=204)

    def _own(self, pk: str) -> Notification:
        key = clean_key(Notification, pk)
        try:
            return self.feed().get(key)
        except Notification.DoesNotExist:
            raise NotFound(_("No such notification.")) from None


class CountsViewSet(OwnViewSet):
    """Counts, which take one query of one row; and marking, which answers with them."""

    operation = "notification"
    serializer_class = CountsSerializer
    pagination_class: Any = None
    bodies = dict.fromkeys(("seen", "read"), MarkSerializer)

    def counts(self, request: Request) -> Response:
        """Count your unseen and unread notifications."""
        feed = self.feed()
        counts = {"unseen": feed.unseen_count, "unread": feed.unread_count}
        return Response(counts, headers={"Cache-Control": "no-store"})

    def seen(self, request: Request) -> Response:
        """Mark notifications as seen; those of others and unknown ones are left out."""
        return self._mark(request, "mark_seen")

    def read(self, request: Request) -> Response:
        """Mark notifications as read and seen; those of others and unknown ones are left out."""
        return self._mark(request, "mark_read")

    def _mark(self, request: Request, name: str) -> Response:
        chosen, feed = self.body(), self.feed()
        if "all" in chosen:
            getattr(feed, f"{name}_all")()
        elif "group" in chosen:
            getattr(feed, name)(group=int(chosen["group"]))
        else:
            getattr(feed, name)(*chosen["ids"])
        return self.counts(request)


class MuteViewSet(OwnViewSet):
    """What you have muted."""

    operation = "mutes"
    serializer_class = MuteSerializer
    pagination_class: Any = None
    bodies = {"create": MuteSerializer, "remove": MuteSerializer}
    statuses = {"create": 201}

    def get_queryset(self) -> Any:
        return Mute._default_manager.all()

    def list(self, request: Request) -> Response:
        """List what you have muted, newest first."""
        return Response(self.get_serializer(self._own().order_by("-pk"), many=True).data)

    def create(self, request: Request) -> Response:
        """Mute a verb or an object; all is well where it is muted already."""
        what = self.body()
        obj = self._object(what) if what["type"] else None
        verb = what["verb"] or None
        if not mutes.has_room(request.user, obj, verb=verb):
            raise ValidationError(_("You have muted too much; unmute something first."))
        mutes.mute(request.user, obj, verb=verb)
        return Response(what, status=201)

    def remove(self, request: Request) -> Response:
        """Hear again of a verb or an object, as it is listed; all is well where it is not muted."""
        what = self.body()
        named = {"verb": what["verb"], "model": what["type"], "object_id": what["id"]}
        self._own().filter(**named).delete()
        return Response(what)

    def _own(self) -> Any:
        user: Any = self.request.user
        return self.get_queryset().filter(user=user)

    def _object(self, what: dict[str, str]) -> Model:
        model = find_model(what["type"], Action.arcs.values())
        if not model:
            known = labels(Action.arcs.values())
            raise ValidationError({"type": [f"No type of actions. Known here: {known}."]})
        obj = find_object(model, what["id"], self.request.user)
        if obj is None:
            raise ValidationError({"id": [NOT_FOUND]})
        return obj
