"""A page of a home feed from the followees whose first action comes first."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import IntegerField

from stream.arc_rows import kind_of_key, set_known
from stream.feed import SQL, Reach
from stream.feed_statement import FeedStatement, all_of
from stream.following import follow_model

if TYPE_CHECKING:
    from stream.models import Action


MOST_READ = 8  # rows for each of a page, before each followee's are read apart
MOST_BRANCHES = 200  # of one statement; SQLite takes 500


class Branch(NamedTuple):
    """A followee with actions, and the time of the first of them.

    Times and keys are as the database gave them, and go back to it only.
    """

    key: Any
    since: Any
    first: Any


class FeedProbe(FeedStatement):
    """Probes the index for the first action of each followee, and reads those of a few."""

    def probe(self, reaches: list[Reach]) -> list[Action] | None:
        """Return the page from the followees whose first action comes first."""
        count = self.high
        for _ in range(3):
            branches = self.first_branches(reaches, count)
            bound = self._bound(branches)
            # More may have their first action at that very time.
            if not any(
                len(each) > count and self._is_inside(each[-1].first, bound)
                for each in branches.values()
            ):
                return self.rows_of(branches, bound)
            count *= 4
        return None

    def first_branches(self, reaches: list[Reach], count: int) -> dict[Reach, list[Branch]]:
        """Return the branches of each pair of columns whose first action comes first.

        One more than ``count``, where there are so many.
        """
        found: dict[Reach, list[Branch]] = {reach: [] for reach in reaches}
        # Keys of different kinds are no rows of one result.
        for _, same in groupby(sorted(reaches, key=self._kind_of_key), self._kind_of_key):
            group = list(same)
            parts = [self._firsts(number, reach, count) for number, reach in enumerate(group)]
            for number, *values in self.run(*all_of(parts)):
                branch = Branch(*values)
                if branch.first is not None:
                    found[group[number]].append(branch)
        for branches in found.values():
            branches.sort(key=lambda branch: branch.first, reverse=self.newest_first)
        return found

    def _kind_of_key(self, reach: Reach) -> str:
        target = follow_model("user_stream()").target
        field = next(each for each in target.fields if each.column == reach.followed)
        is_integer = isinstance(field.target_field, IntegerField)
        return "integer" if is_integer else str(kind_of_key(field, self.connection))

    def _firsts(self, number: int, reach: Reach, count: int) -> SQL:
        follows, params = self.feed.follows_of(reach, self.connection)
        followed, time = self.quote(reach.followed), self.quote("datetime")
        since = f"MIN({time})" if self.feed.since_follow else "NULL"
        followees = f"SELECT {followed} followee, {since} since {follows} GROUP BY {followed}"
        condition = f"{self.table}.{self.quote(reach.column)} = followees.followee"
        if self.feed.since_follow:
            condition += f" AND {self.when} >= followees.since"
        rows, rows_params = self.place.filled(condition, [])
        first = f"SELECT {self.when} FROM {rows} {self._order(self.when)} LIMIT 1"
        direction = "DESC" if self.newest_first else "ASC"
        if self.connection.vendor == "mysql":
            order = f"first_time IS NULL, first_time {direction}"
        else:
            order = f"first_time {direction} NULLS LAST"
        sql = (
            f"SELECT {number}, followee, since, ({first}) first_time "
            f"FROM ({followees}) followees ORDER BY {order} LIMIT {count + 1}"
        )
        return sql, [*rows_params, *params]

    def _bound(self, found: dict[Reach, list[Branch]]) -> Any:
        """Return a time that no action of the page is past; None where that is not known.

        The first actions of so many followees are before it in one role: in two roles, they might
        be the same.
        """
        bounds = []
        for _, reaches in groupby(found, lambda reach: reach.role):  # they are sorted by role
            firsts = [branch.first for reach in reaches for branch in found[reach]]
            if len(firsts) >= self.high:
                bounds.append(sorted(firsts, reverse=self.newest_first)[self.high - 1])
        pick = max if self.newest_first else min
        return pick(bounds) if bounds else None

    def _is_inside(self, when: Any, bound: Any) -> bool:
        if bound is None:
            return True
        return bool(when >= bound if self.newest_first else when <= bound)

    def rows_of(self, found: dict[Reach, list[Branch]], bound: Any) -> list[Action] | None:
        """Return the page from the rows of these branches and the user's own.

        None where there are so many branches that a statement for each would be too long.
        """
        inside = {
            reach: [branch for branch in branches if self._is_inside(branch.first, bound)]
            for reach, branches in found.items()
        }
        most = MOST_READ * self.high
        rows: list[tuple[Any, ...]] = []
        count = most + 1
        if bound is not None and not self.feed.since_follow:
            parts = [self._rows_of(*each, bound, most) for each in inside.items() if each[1]]
            rows, count = self._read(parts)
        if count > most:  # somebody does far more than the others
            if sum(map(len, inside.values())) > MOST_BRANCHES:
                return None
            rows, _ = self._read(
                self._rows_of_one(reach, branch, bound)
                for reach, branches in inside.items()
                for branch in branches
            )
        key, time = (self.reader.attnames.index(name) for name in ("id", "datetime"))
        by_key = {row[key]: row for row in rows}
        ordered = sorted(
            by_key.values(), key=lambda row: (row[time], row[key]), reverse=self.newest_first
        )
        page = self.reader.instances(ordered[self.low : self.high])
        return set_known(self.rows, page)

    def _read(self, parts: Iterable[SQL]) -> tuple[list[tuple[Any, ...]], int]:
        """Return the rows of these parts, and how many there are; the page at least."""
        parts = list(parts)
        if own := self.feed.own(self.table, self.connection):
            parts.append(self._first_rows(*own))
        if not parts:
            return [], 0
        sql, params = all_of(parts)
        if self.connection.vendor != "postgresql":
            rows = self.run(sql, params)
            return rows, len(rows)
        # Each row that is fetched takes the driver longer than the database to leave it out.
        names = self.quote("datetime"), self.quote("id")
        rows = self.run(
            f"SELECT DISTINCT ON ({', '.join(names)}) found.*, COUNT(*) OVER () "
            f"FROM ({sql}) found {self._order(*names)} LIMIT {self.high}",
            params,
        )
        return rows, rows[0][-1] if rows else 0

    def _rows_of(self, reach: Reach, branches: list[Branch], bound: Any, most: int) -> SQL:
        # Not ordered, or the planner may read all actions in that order.
        keys = [branch.key for branch in branches]
        condition = (
            f"{self.table}.{self.quote(reach.column)} IN ({', '.join(['%s'] * len(keys))}) "
            f"AND {self.when} {self.is_inside} %s"
        )
        sql, params = self.place.filled(condition, [*keys, bound])
        return f"{self.reader.select}{sql} LIMIT {most + 1}", params

    def _rows_of_one(self, reach: Reach, branch: Branch, bound: Any) -> SQL:
        condition = f"{self.table}.{self.quote(reach.column)} = %s"
        params = [branch.key]
        if bound is not None:
            condition += f" AND {self.when} {self.is_inside} %s"
            params.append(bound)
        if branch.since is not None:
            condition += f" AND {self.when} >= %s"
            params.append(branch.since)
        return self._first_rows(condition, params)

    def _first_rows(self, condition: str, params: list[Any]) -> SQL:
        sql, params = self.place.filled(condition, params)
        return f"{self.reader.select}{sql} {self.order} LIMIT {self.high}", params
