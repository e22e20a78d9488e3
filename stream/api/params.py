"""The query parameters of each kind of list."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from stream.actions.sending import ActionQuerySet
from stream.api.fields import ModelField, MomentField
from stream.models import Action

PAGE_SIZE = 25
LARGEST_PAGE_SIZE = 100
OBJECTS_PER_REQUEST = 100


def flag_field(**options: Any) -> serializers.CharField:
    said = "A kind of following; empty for the plain one."
    return serializers.CharField(
        required=False, allow_blank=True, max_length=100, help_text=said, **options
    )


class NoParams(serializers.Serializer[Any]):
    """No query parameters."""


class PageParams(serializers.Serializer[Any]):
    after = serializers.CharField(required=False, help_text="The cursor before the page.")
    before = serializers.CharField(required=False, help_text="The cursor after the page.")
    page_size = serializers.IntegerField(
        required=False, default=PAGE_SIZE, min_value=1, max_value=LARGEST_PAGE_SIZE
    )

    def validate(self, attrs: Any) -> Any:
        if "after" in attrs and "before" in attrs:
            raise ValidationError("A page is after one cursor or before one.")
        return attrs


class ActionParams(PageParams):
    verb = serializers.ListField(
        child=serializers.CharField(max_length=255),
        required=False,
        help_text="A verb; given several times, any of them.",
    )
    actor_type = ModelField("actor", required=False, help_text="Such as auth.user.")
    target_type = ModelField("target", required=False)
    action_object_type = ModelField("action_object", required=False)
    context_type = ModelField("context", required=False)
    since = MomentField(required=False, help_text="From this time on.")
    until = MomentField(required=False, help_text="Before this time.")


def filter_actions(
    actions: ActionQuerySet[Action], params: dict[str, Any]
) -> ActionQuerySet[Action]:
    """Filter actions by the parameters that ``ActionParams`` has checked."""
    if "verb" in params:
        actions = actions.filter(verb__in=params["verb"])
    for arc in Action.arcs.values():
        if model := params.get(f"{arc.name}_type"):
            actions = actions.filter(arc.q_model(model))
    if "since" in params:
        actions = actions.filter(datetime__gte=params["since"])
    if "until" in params:
        actions = actions.filter(datetime__lt=params["until"])
    return actions


class HomeParams(ActionParams):
    flag = flag_field()
    with_user_activity = serializers.BooleanField(
        required=False, help_text="Also what you do yourself, by default as the site says."
    )
    since_follow = serializers.BooleanField(
        required=False, default=False, help_text="Without what was before you followed."
    )


class FlagParams(serializers.Serializer[Any]):
    flag = flag_field(default="")


class FollowParams(PageParams):
    flag = flag_field()
    type = serializers.CharField(required=False, help_text="What is followed, such as auth.user.")


class CheckParams(FlagParams):
    object = serializers.ListField(
        child=serializers.CharField(trim_whitespace=False),
        min_length=1,
        max_length=OBJECTS_PER_REQUEST,
        help_text="An object such as auth.user:5; given several times, each of them.",
    )
