"""Fields whose values every database can store, and compares alike."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any, ClassVar

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
DEPTH = 30  # levels of data; MariaDB takes 31
ESCAPED_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")  # in JSON


def validate_text(text: str) -> None:
    """Refuse NUL, which PostgreSQL cannot store, and lone surrogates, which UTF-8 cannot."""
    if not is_storable(text):
        raise ValidationError(_("Texts must not hold NUL or half of a surrogate pair."))


def validate_time(when: dt.date) -> None:
    """Refuse years that some database or some time zone does not have."""
    if not FIRST_YEAR <= when.year <= LAST_YEAR:
        raise ValidationError(
            _("Times must be in the years %(first)d to %(last)d."),
            params={"first": FIRST_YEAR, "last": LAST_YEAR},
        )


def validate_data(data: Any) -> None:
    """Refuse what is not an object of JSON, and what some database cannot store in one."""
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
    """Tell whether every database can store a text: without NUL and half of a surrogate pair."""
    try:
        return "\x00" not in text and bool(text.isascii() or text.encode())
    except UnicodeEncodeError:
        return False


def _is_plain(value: Any) -> bool:
    """Tell whether JSON certainly has a value, which is not nested."""
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

    path_in_migrations: ClassVar[str]

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, self.path_in_migrations, args, kwargs

    def is_usual(self, value: Any) -> bool:
        """Tell whether the validators certainly take a value, in a fraction of their time."""
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
        # Fixtures, for one, are written without a call of ``refuse_values``.
        self.refuse(value, self.model._meta.object_name or "")
        return super().get_db_prep_save(value, connection)


@lru_cache(maxsize=64)
def _checked_fields(model: type[Model]) -> list[CheckedField]:
    return [field for field in model._meta.concrete_fields if isinstance(field, CheckedField)]


def refuse_values(
    model: type[Model], values: Mapping[str, Any], call: str, only: Collection[str] | None = None
) -> None:
    """Raise ValueError for the first of these values that must not be written to a model.

    Call it before anything is written: an error in the midst of a transaction breaks it.
    """
    for field in _checked_fields(model):
        if field.attname in values and (only is None or field.attname in only):
            field.refuse(values[field.attname], call)


class _Exact(CheckedField):
    """Text that equals no other text: no collation takes "Liked" for "liked".

    Migrations name its class, since the collation differs by database.
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
    """A CharField whose text equals no other on any database: "Liked" is not "liked"."""

    path_in_migrations = "stream.arc.ExactCharField"


class ExactTextField(_Exact, models.TextField):  # type: ignore[type-arg]
    """A TextField whose text equals no other on any database: "Liked" is not "liked"."""

    path_in_migrations = "stream.arc.ExactTextField"


class MomentField(CheckedField, models.DateTimeField):  # type: ignore[type-arg]
    """A time that each database and each time zone has."""

    path_in_migrations = "django.db.models.DateTimeField"
    default_validators = [validate_time]

    def is_usual(self, value: Any) -> bool:
        return type(value) is dt.datetime and FIRST_YEAR <= value.year <= LAST_YEAR


class DataField(CheckedField, models.JSONField):
    """An object of JSON; None is written as an empty one."""

    path_in_migrations = "django.db.models.JSONField"
    default_validators = [validate_data]
    empty_values = (None, {})  # [] and "" are validated, too

    def is_usual(self, value: Any) -> bool:
        return type(value) is dict and all(
            type(name) is str and is_storable(name) and _is_plain(each)
            for name, each in value.items()
        )

    def pre_save(self, model_instance: Model, add: bool) -> Any:
        data = super().pre_save(model_instance, add)
        if data is None:  # from a form that was left blank
            data = {}
            setattr(model_instance, self.attname, data)
        return data

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        is_null = value is None or (isinstance(value, Value) and value.value is None)
        return super().get_db_prep_save({} if is_null else value, connection)

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Any:
        data = super().from_db_value(value, expression, connection)
        # Raw SQL may have written something else into the column, such as a list.
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
