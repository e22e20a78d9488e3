"""Comparing both sides: how many, of which verb, role and model, and whether the keys are equal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from stream.moving.moves import Move
from stream.moving.roles import OLD, Pair


@dataclass(frozen=True)
class Comparison:
    """What is counted, there and here."""

    what: str
    old: Any
    new: Any

    @property
    def is_same(self) -> bool:
        return bool(self.old == self.new)

    def __str__(self) -> str:
        if self.is_same:
            return f"{self.what}: {self.old}"
        return f"{self.what}: {self.old} there, {self.new} here: DIFFERENT"


class Verification:
    """The rows of an old table that are to be here, and those that are."""

    def __init__(self, move: Move) -> None:
        self.move = move

    def __iter__(self) -> Iterator[Comparison]:
        move = self.move
        move.engine.analyze(move.model)
        yield from self._compare_ends()
        yield from self._compare_words()
        yield from self._compare_pairs()
        here = f"JOIN {move.target} ON {move.new('id')} = {move.old('id')}"
        yield Comparison(
            f"{move.name} that say something else",
            0,
            move.number(
                f"SELECT COUNT(*) FROM {move.source} {here} "
                f"WHERE {move.in_range} AND NOT ({move.same()})"
            ),
        )

    def lost(self) -> str:
        """Return a line about the orphans: rows that did not come, roles that did not. One query.

        Return "" where there is none.
        """
        move = self.move
        come = move.is_there()
        absent = f"NOT {come} AND NOT ({move.can_come()}) AND {move.no_twin()}"
        empty = [f"{come} AND {move.is_orphan(role)}" for role in move.roles if role.arc]
        sums = [f"SUM(CASE WHEN {each} THEN 1 ELSE 0 END)" for each in (absent, *empty)]
        [counts] = move.fetch(
            f"SELECT {', '.join(sums)} FROM {move.source}{move.joins()} WHERE {move.in_range}"
        )
        rows, *roles = (int(count or 0) for count in counts)
        if not rows and not any(roles):
            return ""
        return (
            f"{move.name}: orphans, see --plan: {rows} did not come, "
            f"{sum(roles)} roles of others are empty"
        )

    @property
    def there(self) -> str:
        """The old rows that must be here: whole ones, and others that are."""
        move = self.move
        return (
            f"FROM {move.source}{move.joins()} WHERE {move.in_range} "
            f"AND ({move.is_there()} OR ({move.can_come()} AND {move.no_twin()}))"
        )

    @property
    def here(self) -> str:
        move = self.move
        table, key = move.quote(move.table.name), move.quote("id")
        there = f"JOIN {table} {OLD} ON {OLD}.{key} = {move.new('id')}"
        return f"FROM {move.target} {there} WHERE {move.in_range}"

    def column(self, name: str) -> str:
        """Return a column of the rows that are here."""
        return self.move.new(name)

    def _compare_ends(self) -> Iterator[Comparison]:
        move = self.move
        parts = ("COUNT({0})", "MIN({0})", "MAX({0})")
        old, new = move.old("id"), move.new("id")
        [there] = move.fetch(f"SELECT {_listed(parts, old)} {self.there}")
        [here] = move.fetch(f"SELECT {_listed(parts, new)} {self.here}")
        for what, *both in zip(("{}", "first id of {}", "last id of {}"), there, here, strict=True):
            yield Comparison(what.format(move.name), *both)

    def _compare_words(self) -> Iterator[Comparison]:
        move, (old, new) = self.move, self.move.word_column
        word = move.engine.exact(move.old(old))
        there = dict(move.fetch(f"SELECT {word}, COUNT(*) {self.there} GROUP BY {word}"))
        word = self.column(new)
        here = dict(move.fetch(f"SELECT {word}, COUNT(*) {self.here} GROUP BY {word}"))
        for each in sorted({*there, *here}):
            what = f"{move.name} with {new} {each!r}"
            yield Comparison(what, there.get(each, 0), here.get(each, 0))

    def _compare_pairs(self) -> Iterator[Comparison]:
        """Compare the keys in each column that is filled: how many, and a checksum of them."""
        move = self.move
        by_column: dict[str, list[Pair]] = {}
        for pair in move.pairs:
            by_column.setdefault(pair.column, []).append(pair)
        if not by_column:
            return
        values = move.column_values()
        there, here = [], []
        for column, value in values.items():
            there += self._sums(move.old("id"), value)
            here += self._sums(move.new("id"), self.column(column))
        [old] = move.fetch(f"SELECT {', '.join(there)} {self.there}")
        [new] = move.fetch(f"SELECT {', '.join(here)} {self.here}")
        for number, pairs in enumerate(by_column.values()):
            labels = " or ".join(sorted({pair.model._meta.label for pair in pairs}))
            what = f"{pairs[0].role.name.replace('_', ' ')} {labels}"
            at = 2 * number
            yield Comparison(f"{move.name} with {what}", old[at], new[at])
            yield Comparison(f"checksum of {what}", old[at + 1], new[at + 1])

    def _sums(self, row: str, key: str) -> list[str]:
        engine = self.move.engine
        both = engine.joined(engine.text(row), "':'", engine.text(key))
        return [f"COUNT({key})", engine.checksum(f"CASE WHEN {key} IS NOT NULL THEN {both} END")]


def _listed(parts: tuple[str, ...], column: str) -> str:
    return ", ".join(part.format(column) for part in parts)
