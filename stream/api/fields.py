"""Checking what a request says: nothing unknown, and nothing that a database cannot take."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.settings import api_settings

from stream.api.conf import CHOSEN_ROLES, sent_by_users
from stream.api.objects import NOT_FOUND, labels
from stream.arc.requests import find_model, find_object
from stream.arc.rules import concrete_model
from stream.arc.values import validate_data
from stream.models import Action

# Limits of one action. A list may hold a hundred actions.
DATA_BYTES = 10_000  # as JSON in UTF-8
DESCRIPTION_CHARACTERS = 10_000


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields that it does not know."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            refuse_unknown("field", data, self.fields)
        return super().to_internal_value(data)


def refuse_unknown(kind: str, names: Collection[str], known: Collection[str]) -> None:
    """Raise ValidationError if a name is not known, with the names that are."""
    unknown = ", ".join(ascii(name)[:80] for name in names if name not in known)
    if unknown:
        told = ", ".join(known) or "none"
        raise ValidationError({"detail": f"Unknown {kind}: {unknown}. Known here: {told}."})


def clean_query(serializer_class: type[serializers.Serializer[Any]], request: Request) -> Any:
    """Return the checked query parameters. Raises ValidationError, also for unknown ones."""
    fields = serializer_class().fields
    query = {
        name: values
        for name, values in request.query_params.lists()
        if name != api_settings.URL_FORMAT_OVERRIDE  # chooses the renderer
    }
    refuse_unknown("query parameter", query, fields)
    data: dict[str, Any] = {}
    for name, values in query.items():
        if isinstance(fields[name], serializers.ListField):
            data[name] = values
        elif len(values) == 1:
            data[name] = values[0]
        else:
            raise ValidationError({name: ["Give this parameter once."]})
    serializer = serializer_class(data=data, context={"request": request})
    serializer.is_valid(raise_exception=True)
    return serializer.validated_data


class ModelField(serializers.CharField):
    """``app_label.model``, registered in a role of actions, as a model class."""

    def __init__(self, role: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.arc = Action.arcs[role]

    def to_internal_value(self, data: Any) -> Any:
        model = find_model(super().to_internal_value(data), [self.arc])
        if not model:
            role = self.arc.name.replace("_", " ")
            raise ValidationError(f"No type of {role}. Known here: {labels([self.arc]) or 'none'}.")
        return model


class MomentField(serializers.DateTimeField):
    """A time that any database can compare with: ISO 8601, in the site's zone if it names none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=["iso-8601"], **kwargs)

    def enforce_timezone(self, value: dt.datetime) -> dt.datetime:
        try:
            value = super().enforce_timezone(value)
            if timezone.is_aware(value):
                value.astimezone(dt.UTC)  # as it is sent to the database
        except OverflowError:
            self.fail("overflow")
        return value


class NamedObjectSerializer(StrictSerializer):
    """An object in a role, named by its type and key, that the user may view."""

    type = serializers.CharField(help_text="The model, such as auth.user.")
    id = serializers.CharField(trim_whitespace=False, help_text="The key.")

    def __init__(self, role: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.arc = Action.arcs[role]

    def validate(self, attrs: Any) -> Any:
        model = ModelField(self.arc.name).to_internal_value(attrs["type"])
        obj = find_object(model, attrs["id"], self.context["request"].user)
        if obj is None:
            raise ValidationError({"id": [NOT_FOUND]})
        return obj


class DataField(serializers.DictField):
    """An object of JSON that every database can hold."""

    def to_internal_value(self, data: Any) -> Any:
        data = super().to_internal_value(data)
        validate_data(data)
        text = json.dumps(data, cls=DjangoJSONEncoder, ensure_ascii=False)
        if len(text.encode()) > DATA_BYTES:
            said = _("This takes more than %(most)d bytes as JSON.") % {"most": DATA_BYTES}
            raise ValidationError(said)
        return data


class NewActionSerializer(StrictSerializer):
    """An action of the signed-in user, now."""

    verb = serializers.ChoiceField(choices=[])
    target = NamedObjectSerializer("target", required=False, allow_null=True)
    action_object = NamedObjectSerializer("action_object", required=False, allow_null=True)
    context = NamedObjectSerializer(  # type: ignore[assignment]
        "context", required=False, allow_null=True
    )
    description = serializers.CharField(
        required=False,
        allow_blank=True,
        trim_whitespace=False,
        default="",
        max_length=DESCRIPTION_CHARACTERS,
    )
    data = DataField(  # type: ignore[assignment]
        required=False, help_text=f"Up to {DATA_BYTES} bytes as JSON."
    )
    public = serializers.BooleanField(
        default=True, help_text="False: only those who have a role in it see it, now and later."
    )

    def get_fields(self) -> Any:
        fields: Any = super().get_fields()
        fields["verb"].choices = verbs = list(sent_by_users())
        known = f"Users may not send this verb. Known here: {', '.join(verbs)}."
        fields["verb"].error_messages["invalid_choice"] = known  # not the verb: it may be anything
        return fields

    def validate(self, attrs: Any) -> Any:
        models = sent_by_users()[attrs["verb"]]
        for role in CHOSEN_ROLES:
            obj, wanted = attrs.get(role), models.get(role, [])
            if (obj is None and wanted) or (obj is not None and concrete_model(obj) not in wanted):
                labels = ", ".join(model._meta.label_lower for model in wanted) or "nothing"
                raise ValidationError({role: [f"{attrs['verb']!r} takes here: {labels}."]})
        return attrs


class NewFollowSerializer(StrictSerializer):
    """How to follow."""

    actor_only = serializers.BooleanField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Show only what the object does itself; null leaves it as it is.",
    )
