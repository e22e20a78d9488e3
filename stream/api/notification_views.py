"""Notifications of the signed-in user, if the app ``stream.notifications`` is installed."""

from __future__ import annotations

from typing import Any

from django.db.models import BigIntegerField, Model
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from stream.api.base import BaseViewSet
from stream.api.fields import StrictSerializer
from stream.api.objects import NOT_FOUND, labels
from stream.api.params import OBJECTS_PER_REQUEST, PageParams
from stream.api.representation import action_serializer
from stream.arc.requests import clean_key, find_model, find_object
from stream.models import Action
from stream.notifications import mutes
from stream.notifications.feed import NotificationFeed
from stream.notifications.levels import Level
from stream.notifications.models import Mute, Notification


class NotificationParams(PageParams):
    unread = serializers.BooleanField(required=False, default=False, help_text="Only unread ones.")
    unseen = serializers.BooleanField(required=False, default=False, help_text="Only unseen ones.")
    archived = serializers.BooleanField(
        required=False, default=False, help_text="Those that are archived, and no others."
    )


class NotificationSerializer(serializers.Serializer[Any]):
    """An action that was delivered to you."""

    id = serializers.IntegerField()
    group = serializers.CharField(help_text="Equal for notifications that may be shown as one.")
    datetime = serializers.DateTimeField(help_text="When it was delivered.")
    seen_at = serializers.DateTimeField(allow_null=True)
    read_at = serializers.DateTimeField(allow_null=True)
    archived = serializers.BooleanField(source="is_archived")
    kind = serializers.CharField(help_text="The rule or reason by which you got it.")
    reason = serializers.CharField(help_text="Why you got it, in words; perhaps none.")
    level = serializers.ChoiceField([name.lower() for name in Level.names], source="level_name")

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "action": action_serializer()()}


class CountsSerializer(serializers.Serializer[Any]):
    """How many notifications you have not seen and not read."""

    unseen = serializers.IntegerField()
    unread = serializers.IntegerField()


class ChosenSerializer(StrictSerializer):
    """Which notifications: some, or those of some groups; say one of the two."""

    wrong = "Say one of ids and groups."

    ids = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=BigIntegerField.MAX_BIGINT),
        required=False,
        min_length=1,
        max_length=OBJECTS_PER_REQUEST,
    )
    groups = serializers.ListField(
        child=serializers.RegexField(r"^[0-9]{1,19}$"),
        required=False,
        min_length=1,
        max_length=OBJECTS_PER_REQUEST,
    )

    def validate(self, attrs: Any) -> Any:
        if len(attrs) != 1 or attrs.get("all") is False:
            raise ValidationError(self.wrong)
        if any(int(group) > BigIntegerField.MAX_BIGINT for group in attrs.get("groups", [])):
            raise ValidationError({"groups": ["There is no such group."]})
        return attrs


class MarkSerializer(ChosenSerializer):
    """Which notifications: some, those of some groups, or all; say one of the three."""

    wrong = "Say one of ids, groups, and all=true."

    all = serializers.BooleanField(required=False)


class MuteSerializer(StrictSerializer):
    """A kind, a verb, or an object of which you want no notifications, whatever its role."""

    kind = serializers.CharField(required=False, max_length=100, allow_blank=True, default="")
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
        return {"kind": mute.kind, "verb": mute.verb, "type": mute.model, "id": mute.object_id}

    def validate(self, attrs: Any) -> Any:
        given = [bool(attrs[name]) for name in ("kind", "verb", "type")]
        if given.count(True) != 1 or bool(attrs["type"]) != bool(attrs["id"]):
            raise ValidationError("Give a kind, a verb, or an object by type and id.")
        return attrs


class OwnViewSet(BaseViewSet):
    """The base of these views, for signed-in users only."""

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
        feed = self.feed(**{name: self.params[name] for name in ("unread", "unseen", "archived")})
        rows: Any = self.paginate_queryset(feed)  # type: ignore[arg-type]
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)

    def retrieve(self, request: Request, pk: str) -> Response:
        """Show a notification."""
        return Response(self.get_serializer(self._own(pk)).data)

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
    """Counts, which take a query each, and marking, which answers with them."""

    operation = "notification"
    serializer_class = CountsSerializer
    pagination_class: Any = None
    bodies = {
        **dict.fromkeys(("seen", "read"), MarkSerializer),
        **dict.fromkeys(("unread", "archive", "restore"), ChosenSerializer),
    }

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

    def unread(self, request: Request) -> Response:
        """Mark notifications as unread; they stay seen, and come out of the archive."""
        return self._mark(request, "mark_unread")

    def archive(self, request: Request) -> Response:
        """Archive notifications, as read."""
        return self._mark(request, "archive")

    def restore(self, request: Request) -> Response:
        """Take notifications out of the archive."""
        return self._mark(request, "restore")

    def _mark(self, request: Request, name: str) -> Response:
        chosen, feed = self.body(), self.feed()
        if "all" in chosen:
            getattr(feed, f"{name}_all")()
        elif "groups" in chosen:
            getattr(feed, name)(group=[int(group) for group in chosen["groups"]])
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
        """Mute a verb or an object; nothing happens if it is muted already."""
        what = self.body()
        obj = self._object(what) if what["type"] else None
        named = {name: what[name] or None for name in ("kind", "verb")}
        if not mutes.has_room(request.user, obj, **named):
            raise ValidationError(_("You have muted too much; unmute something first."))
        mutes.mute(request.user, obj, **named)
        return Response(what, status=201)

    def remove(self, request: Request) -> Response:
        """Unmute a verb or an object, as it is listed; nothing happens if it is not muted."""
        what = self.body()
        names = {"kind": "kind", "verb": "verb", "model": "type", "object_id": "id"}
        named = {field: what[name] for field, name in names.items()}
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
