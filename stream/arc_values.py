"""Fields whose values mean the same in every database."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import lookups


class _Exact:
    """Text that equals no other text: no collation takes "Liked" for "liked".

    Migrations name the field: nothing else gives MariaDB another collation than the others.
    """

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:
        parameters = super().db_parameters(connection)  # type: ignore[misc]
        if connection.vendor == "mysql":
            # By the characters alone, trailing blanks included.
            parameters["collation"] = "utf8mb4_nopad_bin"
        return parameters


class ExactCharField(_Exact, models.CharField):  # type: ignore[type-arg]
    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "stream.arc.ExactCharField", args, kwargs


class ExactTextField(_Exact, models.TextField):  # type: ignore[type-arg]
    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "stream.arc.ExactTextField", args, kwargs


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
