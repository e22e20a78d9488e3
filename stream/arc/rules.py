"""What an arc refuses, and the words for it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, cast

from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.db.backends.utils import names_digest
from django.db.models import SET_DEFAULT, Model, QuerySet
from django.db.models.options import Options

from stream.arc.columns import ArcForeignKey

OnDelete = Callable[..., Any]

COLUMN_BYTES = 60  # of a field's name: its column ends in "_id", and PostgreSQL keeps 63 bytes
INDEX_BYTES = 30  # Django allows no more
DIGEST = 6


class NotRegistered(LookupError):  # noqa: N818 - reads like admin's NotRegistered
    """The model has no column in the arc."""

    __module__ = "stream.arc"  # where tracebacks should say that it is found


def concrete_model(obj: Any) -> type[Model]:
    """Return the model behind an instance, a class, a proxy or a lazy object.

    Raises TypeError for anything else.
    """
    meta = getattr(obj, "_meta", None)
    if not isinstance(meta, Options):
        raise TypeError(f"{obj!r:.80} is no model instance")
    model: type[Model] = meta.concrete_model or meta.model
    return model


def shown(obj: Model) -> str:
    """Return an object's model and key for messages; its ``str`` may fail or tell too much."""
    return f"{obj._meta.label} {obj.pk!r:.80}"


def key_of(obj: Any) -> Any:
    """Return an object's key. Raises TypeError for a class, ValueError for an unsaved object."""
    if isinstance(obj, type):
        raise TypeError(f"{obj.__name__} is a class; pass an instance")
    if obj.pk is None:  # IS NULL would find rows without an object
        raise ValueError(f"{shown(obj)} is not saved, so nothing can point to it; save it first")
    return obj.pk


def key_text(model: type[Model], obj: Model) -> str:
    """Return an object's key as its registered model writes it into addresses."""
    pk: Any = model._meta.pk
    text: str = pk.value_to_string(obj)
    return text


def in_values(objects: QuerySet[Any]) -> QuerySet[Any] | list[Any]:
    """Return what ``__in`` takes for the objects of a queryset: the queryset, or its keys.

    MariaDB has no LIMIT in a subquery, and Django selects all columns of a union. Raises TypeError
    for a queryset of other values.
    """
    model, fields = objects.model, objects._fields  # type: ignore[attr-defined]
    if fields not in (None, ("pk",), (model._meta.pk.name,)):
        raise TypeError(
            f"a queryset of the {', '.join(map(str, fields))} of {model._meta.label}: pass one of "
            f"objects, without values() and values_list()"
        )
    if objects.query.is_sliced or objects.query.combinator:
        return list(objects.values_list("pk", flat=True))
    return objects


def fields_of(rows: Any, obj: Any) -> list[ArcForeignKey]:
    """Return the foreign keys that may point to an object, or to it as an object of a child."""
    found = []
    for arc in rows.arcs.values():
        own, model = arc.find_field(obj), concrete_model(obj)
        found += [each for each in arc.fields if each is own or _has_keys_of(each, model)]
    return found


def _has_keys_of(field: ArcForeignKey, parent: type[Model]) -> bool:
    model = field.related_model
    while model is not parent:
        link: Any = model._meta.pk
        if not (link.remote_field and link.remote_field.parent_link):
            return False
        model = link.remote_field.model
    return True


def column_name(name: Any, usual: str, model: type[Model], call: str) -> str:
    """Return the name of a column, shortened if it is made from the name of the model."""
    filled = filled_in(name, usual, model, call)
    return filled if filled == name else shortened(filled, COLUMN_BYTES)


def filled_in(name: Any, usual: str, model: type[Model], call: str) -> str:
    """Return a name, by default the usual one, with its ``%(model_name)s`` and the like filled in.

    Underscores of the app's label that Django would refuse in a name are left out.
    """
    name = usual if name is None else name
    names = {"model_name": model._meta.model_name, "app_label": model._meta.app_label}
    try:
        filled = str.__mod__(name, names)
    except (KeyError, TypeError, ValueError):
        filled = ""
    if not filled:
        raise ImproperlyConfigured(
            f"{call}: {name!r:.80} is no name; it is a text that may hold %(model_name)s and "
            f"%(app_label)s."
        )
    return filled if filled == name else re.sub("_{2,}", "_", filled).rstrip("_")


def shortened(name: str, most_bytes: int) -> str:
    """Return a name, whose end is replaced by a digest if it is too long.

    Databases cut off names that have too many bytes, and two names may become the same.
    """
    if len(name.encode()) <= most_bytes:
        return name
    digest = names_digest(name, length=DIGEST)
    return name.encode()[: most_bytes - DIGEST].decode(errors="ignore") + digest


def check_model(model: type[Model], on_delete: OnDelete, call: str) -> None:
    """Raise ImproperlyConfigured for a model to which no such foreign key can point."""
    if not callable(on_delete):
        raise ImproperlyConfigured(f"{call}: on_delete={on_delete!r:.80}; pass models.CASCADE.")
    if hasattr(on_delete, "on_delete_sql"):  # of Django 6.1
        raise ImproperlyConfigured(
            f"{call}: on_delete={on_delete}: Django lets the database delete rows only where all "
            f"foreign keys around them say so, those of notifications too; pass models.CASCADE."
        )
    if on_delete is SET_DEFAULT:
        raise ImproperlyConfigured(f"{call}: columns have no default; pass on_delete=SET_NULL.")
    label = model._meta.label
    if model._meta.app_config is None:
        raise ImproperlyConfigured(
            f"{call}: the app of {label} is not installed; add it to INSTALLED_APPS."
        )
    if swapped := model._meta.swapped:
        raise ImproperlyConfigured(
            f"{call}: {label} is swapped for {swapped}; pass settings.{model._meta.swappable}."
        )
    if len(model._meta.pk_fields) > 1:
        raise ImproperlyConfigured(
            f"{call}: {label} has a composite primary key, to which no foreign key can point; "
            f"register a model with a single primary key."
        )


def check_same(
    known: ArcForeignKey, name: str, related_name: str, on_delete: OnDelete, call: str
) -> None:
    """Raise ImproperlyConfigured where a model is registered again with other options."""
    relation = known.remote_field
    for option, new, old in (
        ("field_name", name, known.name),
        ("related_name", related_name, relation.related_name),
        ("on_delete", on_delete, relation.on_delete),
    ):
        if new != old:
            raise ImproperlyConfigured(
                f"{call}: {relation.model._meta.label} is registered already, with "
                f"{option}={getattr(old, '__name__', repr(old))}; register it once."
            )


def signed_in(user: Any, call: str) -> Model | None:
    """Return a user, or None for an anonymous one. Raises TypeError for anything else."""
    if user is None or (getattr(user, "is_anonymous", False) and not isinstance(user, type)):
        return None
    if not isinstance(user, get_user_model()) or user.pk is None:
        raise TypeError(f"{call}({user!r:.80}): pass a saved user, or request.user")
    return cast(Model, user)
