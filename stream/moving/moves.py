"""Old rows on their way: which can come, which are orphans, and the SQL that says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from django.db import connections
from django.db.models import Model

from stream.moving.engines import Engine, engine_of
from stream.moving.old_tables import ContentTypes, OldTable
from stream.moving.roles import NEW, OLD, Pair, Role

KEEP, DROP = "keep", "drop"


@dataclass(frozen=True)
class Orphans:
    """Rows that name in a role what has no column here, or what is gone."""

    role: str
    label: str
    count: int
    model: type[Model] | None  # None where the site has no such model
    is_registered: bool


class Move:
    """The rows of an old table, and the model that they come to."""

    name: ClassVar[str]  # what the rows are, in words
    time_column: ClassVar[str]
    word_column: ClassVar[tuple[str, str]]  # by which rows are counted: there, and here
    on_conflict: ClassVar[bool] = False  # whether a constraint keeps twins away

    def __init__(
        self, model: type[Any], table: OldTable, roles: Sequence[Role], up_to: int | None = None
    ) -> None:
        self.model, self.table, self.roles, self.up_to = model, table, roles, up_to
        self.using = table.using
        self.engine: Engine = engine_of(connections[table.using])
        self.types = ContentTypes(table.using)
        self.engine.prepare()
        known = {role.key_column for role in roles} | {role.type_column for role in roles} - {""}
        table.require(known | {"id", self.time_column, self.word_column[0]})

    def quote(self, name: str) -> str:
        return self.engine.quote(name)

    def old(self, column: str) -> str:
        return f"{OLD}.{self.quote(column)}"

    def new(self, column: str) -> str:
        return f"{NEW}.{self.quote(column)}"

    def values(self, is_kept: bool) -> dict[str, str]:
        """Return what comes into the columns of new rows but those of roles."""
        raise NotImplementedError

    def same(self) -> str:
        """Return the condition that a new row says what an old one says, without the keys."""
        raise NotImplementedError

    def twins(self) -> list[str]:
        """Return the conditions of a new row that is the same as an old one, under another key."""
        raise NotImplementedError

    @property
    def impossible(self) -> dict[str, str]:
        """Conditions under which a row cannot come, by the column that is the reason."""
        return {}

    # Running SQL

    def fetch(self, sql: str, params: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
        with connections[self.using].cursor() as cursor:
            cursor.execute(sql, params)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows

    def number(self, sql: str) -> int:
        return int(self.fetch(sql)[0][0] or 0)

    def iterate(self, sql: str) -> Iterator[tuple[Any, ...]]:
        with connections[self.using].cursor() as cursor:
            cursor.execute(sql)
            while rows := cursor.fetchmany(2000):
                yield from rows

    # What there is

    @property
    def source(self) -> str:
        return f"{self.quote(self.table.name)} {OLD}"

    @property
    def target(self) -> str:
        return f"{self.quote(self.model._meta.db_table)} {NEW}"

    @property
    def in_range(self) -> str:
        return f"{self.old('id')} <= {self.up_to:d}" if self.up_to is not None else "1 = 1"

    @cached_property
    def counts(self) -> dict[str, Counter[int]]:
        """Return how many rows name objects of each content type, by role. One GROUP BY."""
        typed = [role for role in self.roles if role.type_column]
        columns = ", ".join(self.old(role.type_column) for role in typed)
        found: dict[str, Counter[int]] = {role.name: Counter() for role in self.roles}
        sql = f"SELECT {columns}, COUNT(*) FROM {self.source} WHERE {self.in_range}"
        for *keys, count in self.fetch(f"{sql} GROUP BY {columns}"):
            self.total += count
            for role, key in zip(typed, keys, strict=True):
                if key is not None:
                    found[role.name][key] += count
        return found

    total = 0

    @cached_property
    def pairs(self) -> list[Pair]:
        """Return the roles and models that occur and have a column."""
        found: list[Pair] = []
        for role in self.roles:
            if role.arc is None:
                user: Any = self.model._meta.get_field(role.name).related_model
                found.append(Pair.of(role, user, None, f"k{len(found)}", self.engine))
                continue
            for key in sorted(self.counts[role.name]):
                model = self.types.model(key)
                if model and role.arc.find_field(model):
                    found.append(Pair.of(role, model, key, f"k{len(found)}", self.engine))
        if len(found) > self.engine.tables_in_a_join:
            found = [pair.by_subquery() for pair in found]
        return found

    def pairs_of(self, role: Role) -> list[Pair]:
        return [pair for pair in self.pairs if pair.role is role]

    # Conditions

    def joins(self, *roles: Role) -> str:
        pairs = [pair for pair in self.pairs if not roles or pair.role in roles]
        return "".join(f" LEFT JOIN {pair.join}" for pair in pairs if pair.join)

    def is_found(self, role: Role) -> str:
        keys = [f"{pair.key} IS NOT NULL" for pair in self.pairs_of(role)]
        return f"({' OR '.join(keys)})" if keys else "1 = 0"

    def is_orphan(self, role: Role) -> str:
        return f"({role.is_named(self.engine)} AND NOT {self.is_found(role)})"

    def is_there(self, more: str = "") -> str:
        """Return the condition that the row has come."""
        same = f"{self.new('id')} = {self.old('id')}{more}"
        return f"EXISTS (SELECT 1 FROM {self.target} WHERE {same})"

    def can_come(self, is_kept: bool = False) -> str:
        """Return the condition that a row comes: whole, or with the rest that is no orphan."""
        parts = [f"NOT ({condition})" for condition in self.impossible.values()]
        for role in self.roles:
            if role.is_required and not (is_kept and role.may_be_empty):
                parts.append(self.is_found(role))
            elif not is_kept:
                parts.append(f"NOT {self.is_orphan(role)}")
        return " AND ".join(parts) or "1 = 1"

    def no_twin(self) -> str:
        """Return the condition that the site has not written the same row itself."""
        found = [f"EXISTS (SELECT 1 FROM {self.target} WHERE {twin})" for twin in self.twins()]
        return " AND ".join(f"NOT {each}" for each in found) or "1 = 1"

    def column_values(self) -> dict[str, str]:
        """Return the keys of the objects, by the columns of the new row."""
        keys: dict[str, list[str]] = {}
        for pair in self.pairs:
            keys.setdefault(pair.column, []).append(pair.key)
        return {
            column: f"COALESCE({', '.join(each)})" if len(each) > 1 else each[0]
            for column, each in keys.items()
        }

    def others(self) -> list[str]:
        """Return the columns of the old table that nothing here is made of."""
        sql = " ".join([*self.values(False).values(), *(role.key_column for role in self.roles)])
        known = {role.type_column for role in self.roles} | {r.key_column for r in self.roles}
        return [
            name for name in self.table.columns if name not in known and self.old(name) not in sql
        ]

    # Orphans

    @cached_property
    def orphans(self) -> list[Orphans]:
        """Return the orphans by role and model. A query for each role."""
        self.counts  # noqa: B018 - which counts the rows, too
        found = []
        for role in self.roles:
            kind = self.old(role.type_column) if role.type_column else "NULL"
            sql = (
                f"SELECT {kind}, COUNT(*) FROM {self.source}{self.joins(role)} "
                f"WHERE {self.in_range} AND {self.is_orphan(role)}"
            )
            rows = self.fetch(f"{sql} GROUP BY {kind}" if role.type_column else sql)
            for key, count in rows:
                if not count:
                    continue
                model = self.types.model(key) if key is not None else None
                label = self.types.label(key) if key is not None else role.name
                is_known = role.arc is None or bool(model and role.arc.find_field(model))
                found.append(Orphans(role.name, label, count, model, is_known))
        for column, condition in self.impossible.items():
            where = f"WHERE {self.in_range} AND {condition}"
            if count := self.number(f"SELECT COUNT(*) FROM {self.source} {where}"):
                found.append(Orphans(column, "", count, None, True))
        return found

    def orphan_rows(self) -> Iterator[tuple[int, str, str, Any]]:
        """Yield each orphan: the key of its row, its role, its model, and its key there."""
        for role in self.roles:
            kind = self.old(role.type_column) if role.type_column else "NULL"
            columns = f"{self.old('id')}, {kind}, {self.old(role.key_column)}"
            for key, content_type, obj in self.iterate(
                f"SELECT {columns} FROM {self.source}{self.joins(role)} "
                f"WHERE {self.in_range} AND {self.is_orphan(role)} ORDER BY {self.old('id')}"
            ):
                label = role.name if content_type is None else self.types.label(content_type)
                yield key, role.name, label, obj
        for column, condition in self.impossible.items():
            for key, value in self.iterate(
                f"SELECT {self.old('id')}, {self.old(column)} FROM {self.source} "
                f"WHERE {self.in_range} AND {condition} ORDER BY {self.old('id')}"
            ):
                yield key, column, "", value

    def orphan_names(self) -> dict[str, str]:
        """Return "blog.post:17" by role, NULL where the role has no orphan."""
        label = self.engine.joined("app_label", "'.'", "model")
        types = self.quote("django_content_type")
        names = {}
        for role in self.roles:
            if role.arc is None:
                continue
            of = f"SELECT {label} FROM {types} t WHERE t.id = {self.old(role.type_column)}"
            name = self.engine.joined(f"({of})", "':'", self.old(role.key_column))
            names[role.name] = f"CASE WHEN {self.is_orphan(role)} THEN {name} END"
        return names
