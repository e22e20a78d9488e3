"""Fields whose values every database can hold, and takes for the same."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model, Value, lookups
from django.db.models.expressions import Col
from django.utils import translation
from django.utils.translation import gettext_lazy as _

# MariaDB's times are of the years 1000 to 9999. Time zones, and the ends of periods, need a margin.
FIRST_YEAR, LAST_YEAR = 1001, 9998
DEPTH = 30  # levels of data, of which MariaDB takes 31
ESCAPED_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")  # in JSON


def validate_text(text: str) -> None:
    """Refuse NUL, which PostgreSQL has not, and lone surrogates, which UTF-8 has not."""
    if not is_storable(text):
        raise ValidationError(_("Texts must not hold NUL or half of a surrogate pair."))


def validate_time(when: dt.date) -> None:
    """Refuse years that some database, or some time zone, has not."""
    if not FIRST_YEAR <= when.year <= LAST_YEAR:
        raise ValidationError(
            _("Times must be in the years %(first)d to %(last)d."),
            params={"first": FIRST_YEAR, "last": LAST_YEAR},
        )


def validate_data(data: Any) -> None:
    """Refuse what is no object of JSON, and what some database cannot hold in one."""
    if not isinstance(data, dict):
        raise ValidationError(_("Write an object of JSON, such as {}."))
    if _is_deeper(data, DEPTH):
        raise ValidationError(
            _("This is nested more than %(depth)d levels deep."), params={"depth": DEPTH}
        )
    try:
        text = json.dumps(data, cls=DjangoJSONEncoder, allow_nan=False, ensure_ascii=False)
    except (TypeError, ValueError) as error:
        raise ValidationError(f"{error}; pass what JSON can hold") from None
    if ESCAPED_NUL.search(text) or not is_storable(text):
        raise ValidationError(_("Texts must not hold NUL or half of a surrogate pair."))


def is_storable(text: str) -> bool:
    """Tell whether each database can keep a text: without NUL and half of a surrogate pair."""
    try:
        return "\x00" not in text and bool(text.isascii() or text.encode())
    except UnicodeEncodeError:
        return False


def _is_plain(value: Any) -> bool:
    """Tell whether a value of data is neither nested nor of a type that JSON may not have."""
    kind = type(value)
    return value is None or kind is int or kind is bool or (kind is str and is_storable(value))


def _is_deeper(value: Any, levels: int) -> bool:
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list | tuple):
        return False
    return not levels or any(_is_deeper(each, levels - 1) for each in value)


class CheckedField(models.Field):  # type: ignore[type-arg]
    """A field whose validators hold for whatever writes it, not for forms alone."""

    def is_usual(self, value: Any) -> bool:
        """Tell of most values, in a fraction of the time, that the validators would take them."""
        return False

    def refuse(self, value: Any, call: str) -> None:
        """Raise ValueError, beginning with ``call``, for a value that must not be written."""
        if self.is_usual(value):
            return
        if isinstance(value, Value):
            value = value.value
        if hasattr(value, "resolve_expression"):
            return
        try:
            self.run_validators(self.to_python(value))
        except ValidationError as error:
            with translation.override(None):
                why = " ".join(error.messages)
            raise ValueError(f"{call}({self.name}={value!r:.80}): {why}") from None

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        # For what writes without asking ``refuse_values`` first, such as fixtures.
        self.refuse(value, self.model._meta.object_name or "")
        return super().get_db_prep_save(value, connection)


@lru_cache(maxsize=64)
def _checked_fields(model: type[Model]) -> list[CheckedField]:
    return [field for field in model._meta.concrete_fields if isinstance(field, CheckedField)]


def refuse_values(
    model: type[Model], values: Mapping[str, Any], call: str, only: Collection[str] | None = None
) -> None:
    """Raise ValueError for the first of these values that must not be written to a model.

    Asked before anything is written: what is raised meanwhile breaks a transaction.
    """
    for field in _checked_fields(model):
        if field.attname in values and (only is None or field.attname in only):
            field.refuse(values[field.attname], call)


class _Exact(CheckedField):
    """Text that equals no other text: no collation takes "Liked" for "liked".

    Migrations name the field: nothing else gives MariaDB another collation than the others.
    """

    default_validators = [validate_text]

    def is_usual(self, value: Any) -> bool:
        is_plain = type(value) is str and value.isascii() and "\x00" not in value
        return is_plain and (self.max_length is None or len(value) <= self.max_length)

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:
        parameters = super().db_parameters(connection)
        if connection.vendor == "mysql":
            # By the characters alone, trailing blanks included.
            parameters["collation"] = "utf8mb4_nopad_bin"
        return parameters


class ExactCharField(_Exact, models.CharField):  # type: ignore[type-arg]
    """A CharField that no collation takes for another: "Liked" is not "liked" on any engine."""

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "stream.arc.ExactCharField", args, kwargs


class ExactTextField(_Exact, models.TextField):  # type: ignore[type-arg]
    """A TextField that no collation takes for another: "Liked" is not "liked" on any engine."""

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "stream.arc.ExactTextField", args, kwargs


class MomentField(CheckedField, models.DateTimeField):  # type: ignore[type-arg]
    """A time that each database and each time zone has. In migrations a ``DateTimeField``."""

    default_validators = [validate_time]

    def is_usual(self, value: Any) -> bool:
        return type(value) is dt.datetime and FIRST_YEAR <= value.year <= LAST_YEAR

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.DateTimeField", args, kwargs


class DataField(CheckedField, models.JSONField):
    """An object of JSON, empty for None. In migrations a ``JSONField``."""

    default_validators = [validate_data]
    empty_values = (None, {})  # what needs no validation: neither [] nor ""

    def is_usual(self, value: Any) -> bool:
        return type(value) is dict and all(
            type(name) is str and is_storable(name) and _is_plain(each)
            for name, each in value.items()
        )

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs

    def pre_save(self, model_instance: Model, add: bool) -> Any:
        data = super().pre_save(model_instance, add)
        if data is None:  # of a form that was left blank
            data = {}
            setattr(model_instance, self.attname, data)
        return data

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        is_null = value is None or (isinstance(value, Value) and value.value is None)
        return super().get_db_prep_save({} if is_null else value, connection)

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Any:
        data = super().from_db_value(value, expression, connection)
        # SQL may have written something else into the column, for which nobody is prepared.
        return {} if isinstance(expression, Col) and not isinstance(data, dict) else data


class _FoldsCase:
    """A lookup that ignores case, although the collation of the column doesn't."""

    def process_lhs(self, compiler: Any, connection: Any, lhs: Any = None) -> Any:
        sql, params = super().process_lhs(compiler, connection, lhs)  # type: ignore[misc]
        if connection.vendor == "mysql":
            sql = f"{sql} COLLATE utf8mb4_uca1400_as_ci"
        return sql, params


for _lookup in (
    lookups.IExact,
    lookups.IContains,
    lookups.IStartsWith,
    lookups.IEndsWith,
    lookups.IRegex,
):
    for _field in (ExactCharField, ExactTextField):
        _field.register_lookup(type(_lookup.__name__, (_FoldsCase, _lookup), {}))
