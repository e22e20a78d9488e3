"""System checks that the apps of both old packages share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.urls import NoReverseMatch, reverse


def missing_addresses(
    own: str, name: str, needed: Sequence[tuple[str, list[Any], str]], check_id: str
) -> Iterator[CheckMessage]:
    """Warn where a site includes old addresses, but not those to which they lead.

    ``own`` is an old address of the module ``name``; ``needed`` are new ones, with their arguments
    and the lines that include them.
    """
    if not getattr(settings, "ROOT_URLCONF", None) or not _is_there(own, []):
        return
    lines = [line for address, args, line in needed if not _is_there(address, args)]
    if lines:
        yield Warning(
            f"{name} is included, but not the addresses to which it leads.",
            hint=f"Add {' and '.join(lines)} to the URLs of the site.",
            id=check_id,
        )


def _is_there(address: str, args: list[Any]) -> bool:
    try:
        reverse(address, args=args)
    except NoReverseMatch:
        return False
    return True


def old_keys(label: str, new: str, stand_in: str) -> Iterator[CheckMessage]:
    """Return E074 for each key of a site's model to a model of an old package that is gone."""
    if any(each.label == label for each in apps.get_app_configs()):
        return  # the package, or what stands in for it
    for model in apps.get_models(include_auto_created=False):
        for field in (*model._meta.local_fields, *model._meta.local_many_to_many):
            to: Any = field.remote_field and field.remote_field.model
            if isinstance(to, str) and to.lower().startswith(f"{label}."):
                yield Error(
                    f"{model._meta.label}.{field.name} has a key to {to}, which is not installed.",
                    hint=f"Add '{stand_in}' to INSTALLED_APPS, which stands in for it until the "
                    f"key points to {new}.",
                    obj=field,
                    id="stream.E074",
                )
