"""What the API shows of actions and objects."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from rest_framework import serializers

from stream.api.conf import serializer_of
from stream.arc.names import object_name, object_url
from stream.models import Action

logger = logging.getLogger("stream")


@dataclass(frozen=True)
class HiddenObject:
    """An object that the reader may not view: only its type and key are shown."""

    model: type[Model]
    pk: Any


class ObjectSerializer(serializers.Serializer[Any]):
    """An object of any registered model. More is shown by its options alone."""

    type = serializers.CharField(help_text="The model, such as auth.user.")
    id = serializers.CharField(help_text="The key, always as text.")
    text = serializers.CharField(help_text="The name; empty where you may not view the object.")
    url = serializers.URLField(
        allow_null=True, help_text="The object's page, if it has one that you may view."
    )
    details = serializers.DictField(help_text="What the site shows besides, if you may view it.")

    def to_representation(self, obj: Any) -> dict[str, Any]:
        if isinstance(obj, HiddenObject):
            label, text, url, details = obj.model._meta.label_lower, "", None, {}
        else:
            label, text = obj._meta.concrete_model._meta.label_lower, object_name(obj)
            url, details = self._url(obj), self._details(obj)
        return {"type": label, "id": str(obj.pk), "text": text, "url": url, "details": details}

    def _url(self, obj: Model) -> str | None:
        url = object_url(obj)
        return self.context["request"].build_absolute_uri(url) if url else None

    def _details(self, obj: Model) -> Any:
        serializer = serializer_of(obj)
        try:
            return serializer(obj, context=self.context).data if serializer else {}
        except Exception:  # one object must not break the whole list
            logger.exception("the serializer of %s %s failed", type(obj)._meta.label, obj.pk)
            return {}


class ActionSerializer(serializers.Serializer[Any]):
    """An action. Options of "stream.Action" may show another."""

    id = serializers.IntegerField()
    datetime = serializers.DateTimeField()
    actor = ObjectSerializer(allow_null=True)
    verb = serializers.CharField()
    verb_display = serializers.CharField(source="get_verb_display")
    action_object = ObjectSerializer(allow_null=True)
    target = ObjectSerializer(allow_null=True)
    context = ObjectSerializer(allow_null=True)  # type: ignore[assignment]
    description = serializers.CharField()
    data = serializers.DictField()  # type: ignore[assignment]
    public = serializers.BooleanField()


def action_serializer() -> Any:
    """Return what shows actions: the site's serializer, or ours."""
    return serializer_of(Action) or ActionSerializer


class GroupSerializer(serializers.Serializer[Any]):
    """Some actions that are shown as one; what they do not share is null."""

    text = serializers.CharField(source="__str__", help_text="The group as one sentence.")
    updated_at = serializers.DateTimeField(help_text="The time of the newest action.")
    actors = ObjectSerializer(many=True, help_text="Some of those who acted, the last first.")
    actor_count = serializers.IntegerField()
    action_count = serializers.IntegerField()
    is_exact = serializers.BooleanField(
        help_text="Whether the counts are of the whole group, or at least so many."
    )
    verb = serializers.CharField(allow_null=True)
    verb_display = serializers.CharField(source="get_verb_display")
    action_object = ObjectSerializer(allow_null=True)
    target = ObjectSerializer(allow_null=True)
    context = ObjectSerializer(allow_null=True)  # type: ignore[assignment]

    def get_fields(self) -> dict[str, Any]:
        actions = action_serializer()(many=True, help_text="The newest, the last first.")
        return {**super().get_fields(), "actions": actions}


class FollowSerializer(serializers.Serializer[Any]):
    """A user follows an object."""

    user = ObjectSerializer()
    target = ObjectSerializer()
    flag = serializers.CharField(help_text="The kind of following; empty for the plain one.")
    actor_only = serializers.BooleanField(
        help_text="Whether the home feed shows only what the object does itself."
    )
    datetime = serializers.DateTimeField()


class FollowingSerializer(serializers.Serializer[Any]):
    """Whether the signed-in user follows an object."""

    type = serializers.CharField()
    id = serializers.CharField()
    following = serializers.BooleanField()
