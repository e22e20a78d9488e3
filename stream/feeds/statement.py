"""The statement of a page of groups."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models.sql.where import AND

from stream.arc_rows import is_of_whole_rows, kind_of_key
from stream.feed import SQL, FeedNode
from stream.feed_plan import MANY, FeedPlan, _may_repeat_rows
from stream.feed_statement import FeedStatement
from stream.feeds.keys import GroupBy

if TYPE_CHECKING:
    from stream.reading import ReadingQuerySet

# Each action's place in its group and among those of its actor; the groups of the page, by their
# newest actions; and their actors, by the newest action of each. MariaDB takes seconds for MAX()
# OVER a large partition, and FIRST_VALUE() beside other windows is wrong there.
GROUPS = """
WITH placed AS (
    SELECT id, moment, doer,
        ROW_NUMBER() OVER (PARTITION BY {key} ORDER BY moment DESC, id DESC) AS spot,
        ROW_NUMBER() OVER (PARTITION BY {key}, {doer} ORDER BY moment DESC, id DESC) AS turn,
        COUNT(*) OVER (PARTITION BY {key}) AS actions,
        DENSE_RANK() OVER (ORDER BY {key}) AS team
    FROM ({rows}) picked
), paged AS (
    SELECT team AS page_team, id AS newest, moment AS updated FROM placed
    WHERE spot = 1 AND ({after}) ORDER BY moment {direction}, id {direction} LIMIT {size}
), acted AS (
    SELECT id, spot, actions, newest, moment, updated,
        CASE WHEN turn = 1 AND doer IS NOT NULL THEN 1 ELSE 0 END AS is_first
    FROM placed INNER JOIN paged ON team = page_team WHERE spot <= {most_actions} OR turn = 1
), ranked AS (
    SELECT id, spot, actions, newest, updated, is_first,
        SUM(is_first) OVER (PARTITION BY newest) AS actors,
        ROW_NUMBER() OVER (PARTITION BY newest, is_first ORDER BY moment DESC, id DESC) AS seat
    FROM acted
)
SELECT newest, id, actions, actors,
    CASE WHEN spot <= {most_actions} THEN 1 ELSE 0 END AS is_shown,
    CASE WHEN is_first = 1 AND seat <= {most_actors} THEN 1 ELSE 0 END AS is_of_actor
FROM ranked WHERE spot <= {most_actions} OR (is_first = 1 AND seat <= {most_actors})
ORDER BY updated {direction}, newest {direction}, spot
"""


class Found(NamedTuple):
    """A row of the result: an action of a group, which is named by its newest action."""

    newest: Any
    id: Any
    actions: int
    actors: int
    is_shown: int
    is_of_actor: int


class GroupStatement:
    """Reads groups of the actions of a queryset."""

    def __init__(
        self, rows: ReadingQuerySet, by: GroupBy, most_actions: int, most_actors: int
    ) -> None:
        self.rows = rows
        self.by = by
        self.most_actions = most_actions
        self.most_actors = most_actors
        self.connection: Any = connections[rows.db]
        self.quote = self.connection.ops.quote_name
        self.model: Any = rows.model.actor.model  # that of the table, where it has children
        self.table = self.quote(self.model._meta.db_table)

    def read(
        self,
        size: int,
        starts: Sequence[dt.datetime],
        cursor: tuple[dt.datetime, Any] | None,
        newest_first: bool,
    ) -> list[Found]:
        """Return the first groups past a cursor: one query of all rows, or up to three.

        ``starts`` are those of the periods in which all rows are, latest first.
        """
        try:
            rows, params = self._picked(starts)
        except EmptyResultSet:
            return []
        after = "1 = 1"
        if cursor:
            sign = "<" if newest_first else ">"
            after = f"moment {sign} %s OR (moment = %s AND id {sign} %s)"
            params = [*params, *[self._adapted(cursor[0])] * 2, cursor[1]]
        sql = GROUPS.format(
            rows=rows,
            key=", ".join(self._key()),
            doer=", ".join(self._aliases("actor")),
            after=after,
            direction="DESC" if newest_first else "ASC",
            size=size,
            most_actions=self.most_actions,
            most_actors=self.most_actors,
        )
        with self.connection.cursor() as db:
            db.execute(sql, params)
            return [Found(*row) for row in db.fetchall()]

    def _adapted(self, when: dt.datetime) -> Any:
        return self.connection.ops.adapt_datetimefield_value(when)

    # The columns: of a role which column is set, by number, and its key, by kind

    def _roles(self) -> list[str]:
        wanted = {*self.by.names, "actor"}
        wanted |= {"target", "action_object"} if "object" in wanted else set()
        return [role for role in self.model.arcs if role in wanted]

    def _by_kind(self, role: str) -> list[list[str]]:
        """Return the columns of a role, together where their keys are of the same kind."""
        by_kind: dict[Any, list[str]] = {}
        for field in self.model.arcs[role].fields:
            names = by_kind.setdefault(kind_of_key(field, self.connection), [])
            names.append(f"{self.table}.{self.quote(field.column)}")
        return list(by_kind.values())

    def _aliases(self, role: str) -> list[str]:
        number = "doer" if role == "actor" else role
        return [number, *(f"{role}_{n}" for n, _ in enumerate(self._by_kind(role)))]

    def _columns(self, role: str) -> list[str]:
        by_kind = self._by_kind(role)
        names = [name for same in by_kind for name in same]
        cases = " ".join(f"WHEN {name} IS NOT NULL THEN {n}" for n, name in enumerate(names))
        number = f"CASE {cases} END" if cases else "NULL"
        keys = [f"COALESCE({', '.join(same)}, NULL)" for same in by_kind]
        columns = zip([number, *keys], self._aliases(role), strict=True)
        return [f"{sql} AS {alias}" for sql, alias in columns]

    def _key(self) -> list[str]:
        key = []
        for name in self.by.names:
            if name == "object":
                key += self._aliases("target")
                others = self._aliases("action_object")
                key += [f"CASE WHEN target IS NULL THEN {each} END" for each in others]
            elif name in self.model.arcs:
                key += self._aliases(name)
            else:
                key.append("period" if name == self.by.period else name)
        return key

    def _select(self, starts: Sequence[dt.datetime]) -> SQL:
        columns = [f"{self.table}.{self.quote('id')} AS id"]
        columns.append(f"{self.table}.{self.quote('datetime')} AS moment")
        columns.append(f"{self.table}.{self.quote('verb')} AS verb")
        for role in self._roles():
            columns += self._columns(role)
        params = [self._adapted(start) for start in starts[:-1]]
        when = f"WHEN {self.table}.{self.quote('datetime')} >= %s THEN"
        cases = " ".join(f"{when} {n}" for n, _ in enumerate(params))
        columns.append(f"CASE {cases} ELSE {len(params)} END AS period" if cases else "0 AS period")
        return f"SELECT {', '.join(columns)} FROM ", params

    # The rows

    def _picked(self, starts: Sequence[dt.datetime]) -> SQL:
        select, params = self._select(starts)
        parts = self._parts_of_feed() or [self._plain()]
        sql = " UNION ".join(f"{select}{rest}" for rest, _ in parts)
        return sql, [each for _, its_params in parts for each in [*params, *its_params]]

    def _plain(self) -> SQL:
        """Return the rest of a SELECT of the rows, each once."""
        rows = self.rows.order_by()
        if not is_of_whole_rows(rows) or _may_repeat_rows(rows.query):
            rows = self.model._base_manager.using(rows.db).filter(pk__in=rows.values("pk"))
        sql, params = rows.values_list("pk").query.get_compiler(rows.db).as_sql()
        _, _, rest = sql.partition(" FROM ")
        return rest, list(params)

    def _parts_of_feed(self) -> list[SQL]:
        """Return the rests of SELECTs of a home feed, one for each way in which follows bring rows.

        Planners read each by the index of its column or of times, whichever has less, and an OR of
        them by neither.
        """
        rows = self.rows.order_by()
        query, feed = rows.query, rows._feed
        nodes = [each for each in query.where.children if isinstance(each, FeedNode)]
        if feed is None or len(nodes) != 1 or query.where.connector != AND or query.where.negated:
            return []
        if not is_of_whole_rows(rows) or _may_repeat_rows(query):
            return []
        reaches = list(feed.reaches())
        if feed.user and len({each.followed for each in reaches}) > MANY:
            reaches, _ = FeedPlan(rows, feed, newest_first=True).used_reaches()
        statement = FeedStatement(rows, feed, newest_first=True)
        others = replace(feed, with_user_activity=False)
        conditions = [others.condition([each], self.table, self.connection) for each in reaches]
        if own := feed.own(self.table, self.connection):
            conditions.append(own)
        if not conditions or not feed.user:
            raise EmptyResultSet
        return [statement.place.filled(*each) for each in conditions]
