"""What a request names and where it may lead: one rule for pages, feeds, API, admin and follow."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_permission_codename
from django.contrib.auth.models import AnonymousUser
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet, Subquery
from django.db.models.lookups import IsNull
from django.http import HttpRequest
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from stream.arc.arc import Arc
from stream.arc.models import ArcModel
from stream.arc.rules import concrete_model, signed_in
from stream.arc.values import is_storable

# What the databases count in 64 bits, as microseconds.
DAYS_IN_A_DURATION = 106_751_990

# A power of ten; the databases and Django write such numbers out.
LONGEST_NUMBER = 1000

IMPOSSIBLE = (ValidationError, ValueError, TypeError, ArithmeticError)


# Models


def find_model(label: str, arcs: Iterable[Arc]) -> type[Model] | None:
    """Return the model ``app_label.model`` where it is registered itself with one of the arcs.

    A proxy is none, nor is a child of a registered model: its objects have its parent's addresses.
    """
    app_label, _, name = label.partition(".")
    try:
        model = apps.get_model(app_label, name)
    except LookupError:
        return None
    return model if any(model in arc.models for arc in arcs) else None


def registered_model(model_or_obj: Any, arcs: Iterable[Arc]) -> type[Model] | None:
    """Return the model that stands for an object: its own or else its nearest registered parent."""
    arcs = list(arcs)
    for model in concrete_model(model_or_obj).__mro__:
        if any(model in arc.models for arc in arcs):
            return model
    return None


def _tables() -> list[type[ArcModel]]:
    """Return the models with arcs, such as Action and Follow."""
    models = (model for model in apps.get_models() if issubclass(model, ArcModel))
    return [each for each in models if any(arc.model is each for arc in each.arcs.values())]


# Keys


def clean_key(model: type[Model], text: str) -> Any:
    """Return the key that a text spells, or None for one that no object of the model can have."""
    return clean_value(model._meta.pk, text)


def clean_value(field: Any, text: str) -> Any:
    """Return the value that a text spells, or None for one that no database has in such a column.

    Databases answer what is out of range each in their own way, mostly with an error.
    """
    while field.remote_field:  # a child has the key of its parent
        field = field.target_field
    if not is_storable(text):
        return None
    try:
        value = field.to_python(text)
        field.run_validators(value)
        return _in_range(value)
    except IMPOSSIBLE:
        return None


def _in_range(value: Any) -> Any:
    match value:
        case float():
            return value if math.isfinite(value) else None
        case Decimal():  # 0E+1000000 has one digit
            power = value.adjusted() if value else 0
            return (value or Decimal(0)) if abs(power) < LONGEST_NUMBER else None
        case dt.timedelta():
            return value if abs(value.days) < DAYS_IN_A_DURATION else None
        case dt.datetime():
            if not 1 < value.year < 9999:  # in another zone it is out of the calendar
                return None
            if settings.USE_TZ:
                return timezone.make_aware(value) if timezone.is_naive(value) else value
            return timezone.make_naive(value) if timezone.is_aware(value) else value
        case memoryview():
            return bytes(value)
    return value


# Objects


def visible_objects(model: type[Model], reader: Any) -> QuerySet[Any]:
    """Return the objects of a model that a reader may know of; None is an anonymous reader.

    The default manager of the registered model decides, by its method ``visible_to(user)``, where
    it has one, for proxies and children too. Else they are all of them, for readers with the
    model's permission ``view``; or those in an action that the reader may see, and the reader.
    """
    reader = AnonymousUser() if reader is None else reader
    tables = _tables()
    model = _ruling_model(model, tables)
    objects = followable_objects(model, reader)
    readable = [each for each in tables if hasattr(each._default_manager, "visible_to")]
    if (
        hasattr(model._default_manager, "visible_to")
        or not readable
        or _may_view_all(model, reader)
    ):
        return objects
    return objects.filter(_seen(model, reader, readable))


def followable_objects(model: type[Model], reader: Any) -> QuerySet[Any]:
    """Return the objects of a model that a reader may begin to follow: all that no rule hides.

    The rule is ``visible_to(user)`` of the registered model's manager. Without one, objects that
    nobody has heard of can be followed too, such as a new post or user: to follow an object tells
    that it is there, and no more.
    """
    manager: Any = _ruling_model(model, _tables())._default_manager
    objects: QuerySet[Any] = (
        manager.visible_to(AnonymousUser() if reader is None else reader)
        if hasattr(manager, "visible_to")
        else manager.all()
    )
    return objects


def are_all_visible(model: type[Model]) -> bool:
    """Tell whether a reader may know of each object of a model that a row names which they may see.

    So it is unless the default manager hides some of them.
    """
    manager: Any = _ruling_model(model, _tables())._default_manager
    return not hasattr(manager, "visible_to") and not manager.all().query.has_filters()


def _ruling_model(model: type[Model], tables: list[type[ArcModel]]) -> type[Model]:
    """Return the model whose manager says which objects a reader may know of."""
    arcs = (arc for table in tables for arc in table.arcs.values())
    return registered_model(model, arcs) or concrete_model(model)


def _may_view_all(model: type[Model], reader: Any) -> bool:
    meta = model._meta
    permission = f"{meta.app_label}.{get_permission_codename('view', meta)}"
    # A user model of the site's own may have no permissions.
    return hasattr(reader, "has_perm") and bool(reader.has_perm(permission))


def _seen(model: type[Model], reader: Any, tables: list[type[ArcModel]]) -> Q:
    """Build the condition that an object is in a row that the reader may see, or is the reader."""
    seen = Q(pk__in=[])
    for table in tables:
        manager: Any = table._default_manager
        rows = manager.visible_to(reader)
        for arc in table.arcs.values():
            if field := arc.find_field(model):
                seen |= Q(IsNull(Subquery(field.first_of_outer(rows)), False))
    user = signed_in(reader, "visible_objects")
    if user and issubclass(concrete_model(model), concrete_model(user)):
        seen |= Q(pk=user.pk)
    return seen


def find_object(model: type[Model], text: str, reader: Any) -> Model | None:
    """Return the object of a key, in one query; None where there is none to know of."""
    return _first(visible_objects(model, reader), clean_key(model, text))


def find_to_follow(model: type[Model], text: str, reader: Any) -> Model | None:
    """Return the object of a key that a reader may begin to follow, in one query, or None."""
    return _first(followable_objects(model, reader), clean_key(model, text))


def find_stored(model: type[Model], text: str) -> Model | None:
    """Return the object of a key, whoever may know of it: to undo what was done with it."""
    return _first(model._base_manager.all(), clean_key(model, text))


def _first(objects: QuerySet[Any], key: Any) -> Model | None:
    if key is None:
        return None
    try:
        obj: Model | None = objects.filter(pk=key).first()
    except IMPOSSIBLE:  # the database's driver has no such key
        return None
    return obj


# Where to go


def redirect_hosts() -> list[str]:
    """Return ``STREAM_REDIRECT_HOSTS``: other hosts of the site."""
    hosts: list[str] = getattr(settings, "STREAM_REDIRECT_HOSTS", [])
    return hosts


def check_redirect_hosts(**kwargs: Any) -> list[CheckMessage]:
    """Return E045 where ``STREAM_REDIRECT_HOSTS`` holds what no redirect can lead to."""
    hosts = redirect_hosts()
    is_list = isinstance(hosts, Collection) and not isinstance(hosts, str)
    if is_list and all(isinstance(each, str) and not set(each) & set("/*") for each in hosts):
        return []
    return [
        Error(
            f"STREAM_REDIRECT_HOSTS = {hosts!r:.80}: it is a list of hosts, without scheme, path "
            f"and wildcard.",
            hint='Write them as they stand in addresses: ["shop.example.com", "localhost:8000"].',
            id="stream.E045",
        )
    ]


def safe_url(request: HttpRequest, *urls: Any) -> str:
    """Return the first of these addresses that a redirect may lead to; "" where there is none.

    They are those of the request's own host, and of the hosts in ``STREAM_REDIRECT_HOSTS``.
    """
    hosts = {request.get_host(), *redirect_hosts()}
    for url in urls:
        text = str(url or "")
        if is_storable(text) and url_has_allowed_host_and_scheme(
            text, allowed_hosts=hosts, require_https=request.is_secure()
        ):
            return text
    return ""
