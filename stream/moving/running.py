"""Carrying rows over, a transaction for each batch: a run that was killed goes on."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.management.base import CommandError
from django.db import IntegrityError, connections, transaction

from stream.moving.moves import Move


class Run:
    """One run: it begins above the highest key that has come, or from the start."""

    def __init__(self, move: Move, batch: int, *, is_kept: bool, from_start: bool = False) -> None:
        self.move, self.batch, self.is_kept, self.from_start = move, batch, is_kept, from_start
        self.key = move.old("id")

    def refuse_others(self) -> None:
        """Raise CommandError where the new table has other rows under the old keys."""
        move = self.move
        where = f"WHERE NOT ({move.same()})"
        others = (
            f"FROM {move.source} JOIN {move.target} ON {move.new('id')} = {self.key} "
            f"{where} AND {move.in_range}"
        )
        [(count, first)] = move.fetch(f"SELECT COUNT(*), MIN({self.key}) {others}")
        if count:
            table = move.model._meta.db_table
            raise CommandError(
                f"{table}: {count} rows, the first of them {first}, have the keys of "
                f"{move.table.name}, but say something else. Old keys are kept: move them away, or "
                f"begin with --reserve before the site writes here."
            )

    def prepare(self) -> None:
        """Let the rows that the site writes from now on have other keys."""
        self.move.engine.reserve(self.move.model, self.last())

    def last(self) -> int:
        """Return the highest key of the old table."""
        return self.move.number(
            f"SELECT MAX({self.key}) FROM {self.move.source} WHERE {self.move.in_range}"
        )

    def first(self) -> int:
        """Return the key above which rows are to come."""
        if self.from_start:
            return -1
        move = self.move
        come = f"JOIN {move.target} ON {move.new('id')} = {self.key}"
        sql = f"SELECT MAX({self.key}) FROM {move.source} {come} WHERE {move.in_range}"
        return move.number(sql) or -1

    def left(self) -> int:
        """Return how many whole rows are still to come."""
        move = self.move
        return move.number(
            f"SELECT COUNT(*) FROM {move.source}{move.joins()} WHERE {move.in_range} "
            f"AND {self.key} > {self.first():d} AND {move.can_come()} AND {move.no_twin()}"
        )

    def batches(self) -> Iterator[tuple[int, int]]:
        """Yield ranges of keys: above the first number, up to the second."""
        above, last = self.first(), self.last()
        while above < last:
            found = self.move.fetch(
                f"SELECT {self.key} FROM {self.move.source} WHERE {self.key} > {above:d} "
                f"ORDER BY {self.key} LIMIT 1 OFFSET {self.batch - 1:d}"
            )
            up_to = min(found[0][0], last) if found else last
            yield above, up_to
            above = up_to

    def not_there(self, above: int, up_to: int) -> str:
        """Return the condition that a row of a range has not come, or "" where none has.

        A planner that knows the new table as empty would read all of it for each row, also what
        this very statement writes.
        """
        move, key = self.move, self.move.new("id")
        near = f"{key} > {above:d} AND {key} <= {up_to:d}"
        if not move.fetch(f"SELECT {key} FROM {move.target} WHERE {near} LIMIT 1"):
            return ""
        return f" AND NOT {move.is_there(f' AND {near}')}"

    def insert(self, above: int, up_to: int) -> int:
        """Carry the rows of a range over, by one statement; return how many came."""
        move = self.move
        values = {**move.values(self.is_kept), **move.column_values()}
        columns = ", ".join(map(move.quote, values))
        between = f"{self.key} > {above:d} AND {self.key} <= {up_to:d}"
        sql = (
            f"INSERT INTO {move.quote(move.model._meta.db_table)} ({columns}) "
            f"{move.engine.select_in_order} {', '.join(values.values())} "
            f"FROM {move.source}{move.joins()} "
            f"WHERE {between} AND {move.can_come(self.is_kept)}{self.not_there(above, up_to)}"
        )
        if not move.on_conflict:
            sql += f" AND {move.no_twin()}"
        else:
            table, pk = move.quote(move.model._meta.db_table), move.quote("id")
            sql += move.engine.on_conflict.format(table=table, pk=pk)
        with transaction.atomic(using=move.using), connections[move.using].cursor() as cursor:
            cursor.execute(sql)
            return int(cursor.rowcount)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        """Carry all over; yield after each batch up to which key, and how many came."""
        total, analyzed = 0, 0
        for above, up_to in self.batches():
            try:
                count = self.insert(above, up_to)
            except IntegrityError as error:
                table = self.move.model._meta.db_table
                raise CommandError(
                    f"{table}: the rows from {above + 1} up to {up_to} did not come, since another "
                    "has been written meanwhile. Run this again: it goes on there, and names rows "
                    f"that have old keys. The database says: {error}"
                ) from error
            yield up_to, count
            total += count
            if total > 2 * analyzed:
                self.move.engine.analyze(self.move.model)
                analyzed = total


def write_report(moves: list[Move], path: str) -> int:
    """Write the orphans into a file, a line each; return how many they are."""
    count = 0
    with Path(path).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["table", "id", "role", "model", "key"])
        for move in moves:
            for row in move.orphan_rows():
                writer.writerow([move.table.name, *row])
                count += 1
    return count


def mark_timelines(using: str) -> int:
    """Mark the stored timelines, so that ``rebuild_timelines --resume`` builds them again.

    Return how many there are.
    """
    if not apps.is_installed("stream.timelines"):
        return 0
    states: Any = apps.get_model("stream_timelines", "State")
    states.objects.using(using).filter(is_stale=False).update(is_stale=True)
    return int(states.objects.using(using).count())
