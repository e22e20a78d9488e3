"""The settings, read live so that ``override_settings`` works."""

from collections.abc import Iterable

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Verbs = Iterable[tuple[str, str | Promise]]

DEFAULT_VERBS: Verbs = (("default", _("Stream Item")),)


def verb_labels() -> dict[str, str | Promise]:
    """Return ``STREAM_VERBS`` as a dict: the labels that people see, by verb."""
    verbs: Verbs = getattr(settings, "STREAM_VERBS", DEFAULT_VERBS)
    return dict(verbs)


def activity_types() -> dict[str, str]:
    """Return ``STREAM_ACTIVITY_TYPES``: verbs and their types in ActivityStreams 2.0."""
    types: dict[str, str] = getattr(settings, "STREAM_ACTIVITY_TYPES", {})
    return types


def object_types() -> dict[str, str]:
    """Return ``STREAM_OBJECT_TYPES``: labels of models and their types in ActivityStreams 2.0."""
    types: dict[str, str] = getattr(settings, "STREAM_OBJECT_TYPES", {})
    return types


def tracking_is_disabled() -> bool:
    """Return ``STREAM_DISABLE_MODEL_TRACKING``: whether ``Activity`` models publish nothing."""
    return bool(getattr(settings, "STREAM_DISABLE_MODEL_TRACKING", False))
