"""The settings, read live so that ``override_settings`` works."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

Verbs = Iterable[tuple[Any, ...]]

_Options = TypeVar("_Options")  # a dataclass

DEFAULT_VERBS: Verbs = (("default", _("Stream Item")),)


def verb_words() -> dict[str, str | Promise]:
    """Return the words of ``STREAM_VERBS``: labels or sentences that people see, by verb."""
    return {verb: words for verb, words, *_look in verb_entries()}


def verb_looks() -> dict[str, Any]:
    """Return the looks of ``STREAM_VERBS``: what its entries say after the words, by verb."""
    return {verb: look for verb, _words, *looks in verb_entries() for look in looks}


def verb_entries() -> Verbs:
    """Return the entries of ``STREAM_VERBS``: a verb, its words and perhaps its look."""
    verbs: Any = getattr(settings, "STREAM_VERBS", DEFAULT_VERBS)
    return verbs.items() if isinstance(verbs, Mapping) else verbs


def base_template() -> str | None:
    """Return ``STREAM_BASE_TEMPLATE``, which pages extend; None where the site names none."""
    name: str | None = getattr(settings, "STREAM_BASE_TEMPLATE", None)
    return name


def base_blocks() -> dict[str, str]:
    """Return ``STREAM_BASE_BLOCKS``: the blocks of the base template, by what stands in them."""
    names: dict[str, str] = getattr(settings, "STREAM_BASE_BLOCKS", {})
    return names


def activity_types() -> dict[str, str]:
    """Return ``STREAM_ACTIVITY_TYPES``: verbs and their types in ActivityStreams 2.0."""
    types: dict[str, str] = getattr(settings, "STREAM_ACTIVITY_TYPES", {})
    return types


def tracking_is_disabled() -> bool:
    """Return ``STREAM_DISABLE_MODEL_TRACKING``: whether ``Activity`` models publish nothing."""
    return bool(getattr(settings, "STREAM_DISABLE_MODEL_TRACKING", False))


def home_includes_own() -> bool:
    """Return ``STREAM_HOME_INCLUDES_OWN``: whether home feeds hold what their users do, too."""
    return bool(getattr(settings, "STREAM_HOME_INCLUDES_OWN", False))


def load_subclass(setting: str, value: Any, base: str) -> Any:
    """Return the class that a setting names or is, a subclass of what the path ``base`` names.

    Raises ImproperlyConfigured.
    """
    try:
        found = import_string(value) if isinstance(value, str) else value
    except ImportError as error:
        raise ImproperlyConfigured(f"{setting} = {value!r}: {error}; name a class.") from error
    if not (isinstance(found, type) and issubclass(found, import_string(base))):
        raise ImproperlyConfigured(f"{setting} = {value!r}: name a subclass of {base}.")
    return found


def read_options(setting: str, kind: type[_Options]) -> _Options:
    """Return the dict that a setting holds as a dataclass of this kind, or its defaults.

    Raises ImproperlyConfigured.
    """
    given = getattr(settings, setting, {})
    if not isinstance(given, dict):
        raise ImproperlyConfigured(f"{setting} = {given!r:.80}: write a dict.")
    known = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    for name, value in given.items():
        if name not in known:
            raise wrong_option(setting, name, value, f"the options are {', '.join(known)}")
    return kind(**given)


def wrong_option(setting: str, name: str, value: Any, remedy: str) -> ImproperlyConfigured:
    """Return the error of an option, which ends with what to write instead."""
    return ImproperlyConfigured(f"{setting}[{name!r}] = {value!r:.80}: {remedy}.")


def redis_url(needed_by: str) -> str:
    """Return ``STREAM_REDIS_URL``. Raises ImproperlyConfigured."""
    url = getattr(settings, "STREAM_REDIS_URL", None)
    if not isinstance(url, str) or not url.startswith(("redis://", "rediss://", "unix://")):
        raise ImproperlyConfigured(
            f"STREAM_REDIS_URL = {url!r:.80}: {needed_by} needs the address of a server; write "
            f"one such as 'redis://127.0.0.1:6379/0'."
        )
    return url
