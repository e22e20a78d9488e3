"""What each database writes differently: keys made of texts, JSON, checksums, sequences."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, Model

UUID_PATTERN = "^[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}$"

# MariaDB takes no UUID whose version is above 7 and whose variant is of before RFC 4122.
OF_MARIADB = (
    "^[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?"
    "([0-7][0-9a-fA-F]{3}-?[0-9a-fA-F]{4}|[0-9a-fA-F]{4}-?[89a-fA-F][0-9a-fA-F]{3})"
    "-?[0-9a-fA-F]{12}$"
)


class Engine:
    """Expressions of SQL for one database. What they take is SQL, too."""

    # What follows the INSERT of rows that may be there already, under another key.
    on_conflict = " ON CONFLICT DO NOTHING"
    tables_in_a_join = 50
    # Whether an index is read between ends that each row of another table gives.
    has_ranges_by_row = True
    # A SELECT that reads the tables in the order in which they are written.
    select_in_order = "SELECT"
    empty_object = "'{}'"

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection

    def quote(self, name: str | None) -> str:
        return self.connection.ops.quote_name(str(name))

    def prepare(self) -> None:
        """Give the connection the functions that the expressions below call."""

    def key(self, text: str, field: Field[Any, Any], when: str) -> str:
        """Return the key that a text stands for; NULL for what is no key, or where not ``when``.

        What is tested first costs least: a text is read for the one model that it is a key of.
        """
        field = _end_of_links(field)
        if isinstance(field, models.IntegerField | models.AutoField):
            cases = self.integer(text)
        elif isinstance(field, models.UUIDField):
            cases = self.uuid(text, field)
        else:
            cases = {"1 = 1": self.same_text(text, field)}
        parts = " ".join(f"WHEN {when} AND {test} THEN {key}" for test, key in cases.items())
        return f"CASE {parts} END"

    def is_text(self, field: Field[Any, Any]) -> bool:
        """Tell whether the keys of a field are texts, or are compared as texts."""
        field = _end_of_links(field)
        return not isinstance(field, models.IntegerField | models.AutoField | models.UUIDField)

    def compared(self, column: str, field: Field[Any, Any]) -> str:
        """Return what ``key`` is compared with: a column, or its text where keys are odd."""
        end = _end_of_links(field)
        is_odd = self.is_text(end) and not isinstance(end, models.CharField | models.TextField)
        return self.text(column) if is_odd else column

    def integer(self, text: str) -> dict[str, str]:
        """Return numbers, by the conditions under which a text is one."""
        raise NotImplementedError

    def uuid(self, text: str, field: Field[Any, Any]) -> dict[str, str]:
        """Return UUIDs as the database keeps them, by conditions."""
        return {"1 = 1": f"LOWER(REPLACE({text}, '-', ''))"}

    def same_text(self, text: str, field: Field[Any, Any]) -> str:
        """Return a text in the collation of a field."""
        return text

    def exact(self, text: str) -> str:
        """Return a text that equals no other."""
        return text

    def text(self, value: str) -> str:
        return f"CAST({value} AS text)"

    def length(self, text: str) -> str:
        """Return how many characters a text has."""
        return f"LENGTH({text})"

    def joined(self, *texts: str) -> str:
        return "(" + " || ".join(texts) + ")"

    def json_object(self, column: str, column_type: str) -> str:
        """Return JSON that is an object: what is none stands in it as ``data``."""
        raise NotImplementedError

    def with_names(self, data: str, name: str, values: Mapping[str, str]) -> str:
        """Return JSON with one name more: an object of those values that are not NULL."""
        parts = ", ".join(f"'{each}', {value}" for each, value in values.items())
        return f"json_patch({data}, json_object('{name}', json_object({parts})))"

    def with_values(self, data: str, values: Mapping[str, str]) -> str:
        """Return JSON with further names: those of these values that are not NULL."""
        parts = ", ".join(f"'{each}', {value}" for each, value in values.items())
        return f"json_patch({data}, json_object({parts}))"

    def is_same(self, one: str, other: str) -> str:
        """Return the condition that two values are equal, or both NULL."""
        return f"{one} IS NOT DISTINCT FROM {other}"

    def seconds_around(self, column: str) -> tuple[str, str]:
        """Return the times a second before and after one."""
        return f"{column} - INTERVAL '1 second'", f"{column} + INTERVAL '1 second'"

    def by_index(self, index: str) -> str:
        """Return what stands after a table that an index is to be used of."""
        return ""

    def looked_up(self, few: str, many: str, condition: str) -> str:
        """Return a join that reads a table by a key, for each row of a list of some keys."""
        return f"{few} JOIN {many} ON {condition}"

    def checksum(self, text: str) -> str:
        """Return an aggregate that differs where the texts of the rows do."""
        raise NotImplementedError

    def reserve(self, model: type[Model], last: int) -> None:
        """Let the keys of new rows begin above ``last``, and above those that are there."""
        raise NotImplementedError

    def analyze(self, model: type[Model]) -> None:
        """Tell the planner how many rows a table has by now, where it asks nobody else."""

    def highest(self, model: type[Model]) -> int:
        pk = self.quote(model._meta.pk.column)
        with self.connection.cursor() as cursor:
            cursor.execute(f"SELECT MAX({pk}) FROM {self.quote(model._meta.db_table)}")
            return int(cursor.fetchone()[0] or 0)


class PostgreSQL(Engine):
    empty_object = "CAST('{}' AS jsonb)"

    def prepare(self) -> None:
        # A text that is no JSON would end the statement. Both are gone with the connection.
        with self.connection.cursor() as cursor:
            cursor.execute(
                "CREATE OR REPLACE FUNCTION pg_temp.stream_json(body text) RETURNS jsonb AS $$ "
                "BEGIN RETURN body::jsonb; EXCEPTION WHEN others THEN RETURN to_jsonb(body); END "
                "$$ LANGUAGE plpgsql IMMUTABLE"
            )
            # To compile expressions takes longer than a batch: 5 s of its 6.
            cursor.execute("SET jit = off")

    def integer(self, text: str) -> dict[str, str]:
        number = f"CAST({text} AS bigint)"
        is_digits = f"TRANSLATE({text}, '0123456789', '') = ''"
        return {  # a regular expression takes several times as long
            f"{text} <> '' AND LENGTH({text}) < 19 AND {is_digits}": number,
            f"{text} LIKE '-%' AND {text} ~ '^-[0-9]{{1,18}}$'": number,
        }

    def uuid(self, text: str, field: Field[Any, Any]) -> dict[str, str]:
        return {f"{text} ~ '{UUID_PATTERN}'": f"CAST({text} AS uuid)"}

    def same_text(self, text: str, field: Field[Any, Any]) -> str:
        with self.connection.cursor() as cursor:
            cursor.execute(
                "SELECT CAST(CAST(attcollation AS regcollation) AS text) FROM pg_attribute "
                "WHERE attrelid = CAST(%s AS regclass) AND attname = %s AND attcollation <> 0",
                [self.quote(field.model._meta.db_table), field.column],
            )
            found = cursor.fetchone()
        return f"{text} COLLATE {found[0]}" if found else text

    def json_object(self, column: str, column_type: str) -> str:
        data = column
        if column_type != "JSONField":
            data = f"pg_temp.stream_json(NULLIF(CAST({column} AS text), ''))"
        return (
            f"CASE COALESCE(jsonb_typeof({data}), 'null') WHEN 'object' THEN {data} "
            f"WHEN 'null' THEN '{{}}' ELSE jsonb_build_object('data', {data}) END"
        )

    def with_names(self, data: str, name: str, values: Mapping[str, str]) -> str:
        parts = ", ".join(f"'{each}', {value}" for each, value in values.items())
        more = f"jsonb_strip_nulls(jsonb_build_object({parts}))"
        return f"{data} || jsonb_build_object('{name}', {more})"

    def with_values(self, data: str, values: Mapping[str, str]) -> str:
        parts = ", ".join(f"'{each}', {value}" for each, value in values.items())
        return f"{data} || jsonb_strip_nulls(jsonb_build_object({parts}))"

    def checksum(self, text: str) -> str:
        number = f"CAST(CAST('x' || SUBSTR(MD5({text}), 1, 12) AS bit(48)) AS bigint)"
        return f"CAST(COALESCE(SUM({number}), 0) AS text)"

    def reserve(self, model: type[Model], last: int) -> None:
        with self.connection.cursor() as cursor:
            table = self.quote(model._meta.db_table)
            cursor.execute("SELECT pg_get_serial_sequence(%s, %s)", [table, model._meta.pk.column])
            [sequence] = cursor.fetchone()
            cursor.execute(f"SELECT last_value FROM {sequence}")
            [value] = cursor.fetchone()
            last = max(last, self.highest(model))
            if last > value:
                cursor.execute("SELECT setval(%s, %s)", [sequence, last])

    def analyze(self, model: type[Model]) -> None:
        # A table that was empty a moment ago is read as a whole, again and again.
        with self.connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {self.quote(model._meta.db_table)}")


class SQLite(Engine):
    def prepare(self) -> None:
        self.connection.ensure_connection()
        self.connection.connection.create_function("stream_crc", 1, _crc, deterministic=True)

    def integer(self, text: str) -> dict[str, str]:
        digits = f"{text} GLOB '[0-9]*' AND {text} NOT GLOB '*[^0-9]*'"
        below = f"{text} GLOB '-[0-9]*' AND SUBSTR({text}, 2) NOT GLOB '*[^0-9]*'"
        is_number = f"({digits} OR {below}) AND LENGTH({text}) < 20"
        return {is_number: f"CAST({text} AS integer)"}

    def json_object(self, column: str, column_type: str) -> str:
        return (
            f"CASE WHEN COALESCE({column}, '') = '' THEN '{{}}' "
            f"WHEN NOT JSON_VALID({column}) THEN JSON_OBJECT('data', {column}) "
            f"WHEN JSON_TYPE({column}) = 'object' THEN {column} "
            f"WHEN JSON_TYPE({column}) = 'null' THEN '{{}}' "
            f"ELSE JSON_OBJECT('data', JSON({column})) END"
        )

    def is_same(self, one: str, other: str) -> str:
        return f"{one} IS {other}"

    def seconds_around(self, column: str) -> tuple[str, str]:
        # Times are texts, with six digits of a second or none. Its functions know three of them.
        whole, rest = f"SUBSTR({column}, 1, 19)", f"SUBSTR({column}, 20)"
        before = f"STRFTIME('%Y-%m-%d %H:%M:%S', {whole}, '-1 second') || {rest}"
        return before, f"STRFTIME('%Y-%m-%d %H:%M:%S', {whole}, '+1 second') || {rest}"

    def looked_up(self, few: str, many: str, condition: str) -> str:
        return f"{few} CROSS JOIN {many} ON {condition}"  # which is not turned round

    def checksum(self, text: str) -> str:
        return f"COALESCE(SUM(stream_crc({text})), 0)"

    def reserve(self, model: type[Model], last: int) -> None:
        table, last = model._meta.db_table, max(last, self.highest(model))
        with self.connection.cursor() as cursor:
            cursor.execute(
                "UPDATE sqlite_sequence SET seq = MAX(seq, %s) WHERE name = %s", [last, table]
            )
            if not cursor.rowcount:
                cursor.execute(
                    "INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [table, last]
                )


class MariaDB(Engine):
    has_ranges_by_row = False  # it would read all actions of an actor, for each row
    # It would begin with all users, and look up all rows of each, for each batch.
    select_in_order = "SELECT STRAIGHT_JOIN"
    on_conflict = " ON DUPLICATE KEY UPDATE {table}.{pk} = {table}.{pk}"

    def integer(self, text: str) -> dict[str, str]:
        return {f"{text} REGEXP '^-?[0-9]{{1,18}}$'": f"CAST({text} AS SIGNED)"}

    def uuid(self, text: str, field: Field[Any, Any]) -> dict[str, str]:
        if self._type_of(field)[0] == "uuid":
            return {f"{text} REGEXP '{OF_MARIADB}'": f"CAST({text} AS UUID)"}
        hexadecimal = f"LOWER(REPLACE({text}, '-', ''))"
        return {"1 = 1": self.same_text(hexadecimal, field)}

    def same_text(self, text: str, field: Field[Any, Any]) -> str:
        _, charset, collation = self._type_of(field)
        if not charset:  # no text
            return self.exact(text)
        return f"CONVERT({text} USING {charset}) COLLATE {collation}"

    def exact(self, text: str) -> str:
        return f"CONVERT({text} USING utf8mb4) COLLATE utf8mb4_nopad_bin"

    def text(self, value: str) -> str:
        return f"CONVERT(CAST({value} AS char) USING utf8mb4) COLLATE utf8mb4_nopad_bin"

    def length(self, text: str) -> str:
        return f"CHAR_LENGTH({text})"

    def joined(self, *texts: str) -> str:
        return f"CONCAT({', '.join(texts)})"

    def json_object(self, column: str, column_type: str) -> str:
        return (
            f"CASE WHEN COALESCE({column}, '') = '' THEN '{{}}' "
            f"WHEN NOT JSON_VALID({column}) THEN JSON_OBJECT('data', {column}) "
            f"WHEN JSON_TYPE({column}) = 'OBJECT' THEN {column} "
            f"WHEN JSON_TYPE({column}) = 'NULL' THEN '{{}}' "
            f"ELSE JSON_OBJECT('data', JSON_EXTRACT({column}, '$')) END"
        )

    def with_names(self, data: str, name: str, values: Mapping[str, str]) -> str:
        return super().with_names(data, name, values).replace("json_patch", "JSON_MERGE_PATCH", 1)

    def with_values(self, data: str, values: Mapping[str, str]) -> str:
        return super().with_values(data, values).replace("json_patch", "JSON_MERGE_PATCH", 1)

    def is_same(self, one: str, other: str) -> str:
        return f"{one} <=> {other}"

    def seconds_around(self, column: str) -> tuple[str, str]:
        return f"{column} - INTERVAL 1 SECOND", f"{column} + INTERVAL 1 SECOND"

    def by_index(self, index: str) -> str:
        # A column of an arc is NULL in most rows, which its statistics take for a key like others.
        return f" FORCE INDEX ({self.quote(index)})"

    def looked_up(self, few: str, many: str, condition: str) -> str:
        return f"{few} STRAIGHT_JOIN {many} ON {condition}"  # which is not turned round

    def checksum(self, text: str) -> str:
        return f"COALESCE(SUM(CRC32({text})), 0)"

    def reserve(self, model: type[Model], last: int) -> None:
        # A table never counts from below the keys that it has.
        table = self.quote(model._meta.db_table)
        with self.connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {table} AUTO_INCREMENT = {last + 1:d}")

    def _type_of(self, field: Field[Any, Any]) -> tuple[str, str | None, str | None]:
        with self.connection.cursor() as cursor:
            cursor.execute(
                "SELECT data_type, character_set_name, collation_name "
                "FROM information_schema.columns "
                "WHERE table_schema = DATABASE() AND table_name = %s AND column_name = %s",
                [field.model._meta.db_table, field.column],
            )
            kind, charset, collation = cursor.fetchone()
        return kind.lower(), charset, collation


def engine_of(connection: BaseDatabaseWrapper) -> Engine:
    """Return what writes SQL for a connection."""
    engines: dict[str, type[Engine]] = {"postgresql": PostgreSQL, "sqlite": SQLite}
    return engines.get(connection.vendor, MariaDB)(connection)


def _end_of_links(field: Any) -> Any:
    """Return the field that a key is of: that of the parent, where a key is a link to it."""
    while field.remote_field:
        field = field.target_field
    return field


def _crc(text: Any) -> int:
    return zlib.crc32(str(text).encode())
