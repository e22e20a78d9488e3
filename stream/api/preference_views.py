"""What the signed-in user wants to hear of, if the app ``stream.notifications`` is installed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from stream.api.fields import StrictSerializer
from stream.api.notification_views import OwnViewSet
from stream.notifications import mutes
from stream.notifications.channels.conf import channels
from stream.notifications.kinds import ALL, Frequency, kind_of
from stream.notifications.models import Preference
from stream.notifications.preferences import preferences_of, set_preference

LIST = "list"  # whether there are notifications of a kind at all


class PreferenceSerializer(StrictSerializer):
    """How often a channel tells you of a kind of notifications."""

    kind = serializers.CharField(
        max_length=100, allow_blank=True, help_text='The kind; "*" is all others.'
    )
    label = serializers.CharField(  # type: ignore[assignment]
        read_only=True, help_text="The kind in words."
    )
    channel = serializers.CharField(
        max_length=50, help_text='The channel; "list" is whether you get such notifications at all.'
    )
    frequency = serializers.ChoiceField(choices=Frequency.choices)


class PreferenceViewSet(OwnViewSet):
    """What you hear of, where and how often."""

    operation = "preferences"
    serializer_class = PreferenceSerializer
    pagination_class: Any = None
    bodies = {"choose": PreferenceSerializer}

    def get_queryset(self) -> Any:
        return Preference._default_manager.all()

    def list(self, request: Request) -> Response:
        """List what holds for you, by kind and channel."""
        return Response(self.get_serializer(self._rows(), many=True).data)

    def choose(self, request: Request) -> Response:
        """Choose how often a channel tells you of a kind that is listed."""
        chosen = self.body()
        kind, channel, frequency = (chosen[name] for name in ("kind", "channel", "frequency"))
        if not any((row["kind"], row["channel"]) == (kind, channel) for row in self._rows()):
            raise ValidationError({"kind": ["No such kind and channel; see the list."]})
        known = [Frequency.NOW, Frequency.NEVER]
        if channel != LIST:
            known = list(channels()[channel].frequencies)
        if frequency not in known:
            raise ValidationError({"frequency": [f"This channel knows {', '.join(known)}."]})
        if channel != LIST:
            set_preference(request.user, kind, channel, frequency)
        elif frequency == Frequency.NEVER:
            mutes.mute(request.user, kind=kind)
        else:
            mutes.unmute(request.user, kind=kind)
        return Response({**chosen, "label": str(kind_of(kind))})

    def _rows(self) -> Sequence[dict[str, Any]]:
        return [
            {"kind": kind, "label": str(kind_of(kind)), "channel": channel, "frequency": frequency}
            for kind, held in preferences_of(self.request.user).items()
            for channel, frequency in held.items()
            if channel != LIST or kind not in ("", ALL)
        ]
