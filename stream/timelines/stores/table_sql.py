"""The statements of timelines in a table, of names and ``%s`` alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.core.exceptions import EmptyResultSet
from django.db import connections
from django.db.models.constants import OnConflict

from stream.models import Action
from stream.plan.homefeed import HomeFeed
from stream.plan.ranges import SQL
from stream.timelines.models import Entry, Joined, State

if TYPE_CHECKING:
    from stream.paging.pages import Position
    from stream.plan.pages import Plan
    from stream.timelines.followers import Followers


# The kinds of rows in a page's query: an action; the time and key of the last entry that was looked
# at, if there were so many; and the state of a timeline that is built, once for each joined object,
# with a number (1: it is complete from the position on, 2: to its end).
ACTION, LAST, STATE = 0, 1, 2


class Names:
    """The quoted names of tables and columns, and values as they go to the database."""

    def __init__(self, using: str) -> None:
        self.connection = connections[using]
        quote = self.quote = self.connection.ops.quote_name
        self.entry, self.state, self.joined, self.action = (
            quote(model._meta.db_table) for model in (Entry, State, Joined, Action)
        )
        self.user, self.time, self.key = quote("user_id"), quote("datetime"), quote("action_id")
        self.floor, self.built_at, self.store = map(quote, ("floor", "built_at", "store"))

    def prepare(self, name: str, value: Any) -> Any:
        field: Any = Entry._meta.get_field(name)
        return getattr(field, "target_field", field).get_db_prep_value(value, self.connection)


def read_sql(plan: Plan, user: Any, position: Position | None, count: int) -> SQL:
    """Return the query of a page: the columns of actions and four more, the first of them the kind
    of the row, which is ``ACTION``, ``LAST`` or ``STATE``.

    One statement, so that nothing can be taken out in between.
    """
    names = Names(plan.rows.db)
    key = names.prepare("user", user)
    # A scalar subquery is run once; of another form the planner might make a join.
    conditions = (
        f"{names.user} = %s AND COALESCE({names.time} > (SELECT state.{names.floor} "
        f"FROM {names.state} state WHERE state.{names.user} = %s), 1 = 1)"
    )
    params: list[Any] = [key, key]
    covers, is_all, state_params = "1", f"state.{names.floor} IS NULL", [key]
    if position is not None:
        when, pk = names.prepare("datetime", position[0]), position[1]
        way = "<" if plan.newest_first else ">"
        conditions += (
            f" AND {names.time} {way}= %s AND ({names.time} {way} %s OR {names.key} {way} %s)"
        )
        params += [when, when, pk]
        if not plan.newest_first:
            covers = f"CASE WHEN state.{names.floor} >= %s THEN 0 ELSE 1 END"
            is_all, state_params = "1 = 1", [when, key]
    # The limit comes before the join: otherwise a planner might join and sort the whole timeline.
    some = (
        f"SELECT {names.time}, {names.key} FROM {names.entry} WHERE {conditions} "
        f"{plan.order(names.time, names.key)} LIMIT"
    )
    same = f"{plan.reader.key} = entry.{names.key} AND {plan.when} = entry.{names.time}"
    rows, rows_params = plan.from_where_without_feed(same, [])
    # Such a join makes the database begin with the timeline.
    join = "STRAIGHT_JOIN" if plan.connection.vendor == "mysql" else "CROSS JOIN"
    width = len(plan.reader.columns)
    values = {"datetime": f"final.{names.time}", "id": f"final.{names.key}"}
    last = [values.get(name, "NULL") for name in plan.reader.attnames]
    last += ["NULL"] * (width - len(last))
    sql = (
        f"SELECT page.*, {ACTION}, NULL, NULL, NULL "
        f"FROM ({plan.reader.select}({some} {count}) entry {join} {rows}) page "
        f"UNION ALL SELECT {', '.join(['NULL'] * width)}, {STATE}, "
        f"{covers} + CASE WHEN {is_all} THEN 2 ELSE 0 END, joined.followed, joined.object_key "
        f"FROM {names.state} state LEFT JOIN {names.joined} joined ON 1 = 1 "
        f"WHERE state.{names.user} = %s AND state.{names.built_at} IS NOT NULL "
        f"AND state.{names.store} = 'table' "
        f"UNION ALL SELECT {', '.join(last)}, {LAST}, NULL, NULL, NULL "
        f"FROM ({some} 1 OFFSET {count - 1}) final "
    )
    return sql, [*params, *rows_params, *state_params, *params]


def add_sql(
    action: Action, followers: Followers, using: str, on_conflict: OnConflict | None
) -> SQL:
    """Return the statement that adds an action to the timelines which its followers have."""
    names = Names(using)
    # A subquery is a probe for each; for a join, a planner might read the states of all users.
    users, params = followers.users(using).query.get_compiler(using).as_sql()
    when = names.prepare("datetime", action.datetime)
    columns = [Entry._meta.get_field(name) for name in ("user", "datetime", "action")]
    ops: Any = names.connection.ops
    sql = (
        f"{ops.insert_statement(on_conflict=on_conflict)} {names.entry} "
        f"({names.user}, {names.time}, {names.key}) SELECT DISTINCT follow.{names.user}, %s, %s "
        f"FROM ({users}) follow WHERE (SELECT 1 FROM {names.state} state "
        f"WHERE state.{names.user} = follow.{names.user}) = 1 "
        f"{ops.on_conflict_suffix_sql(columns, on_conflict, [], [])}"
    )
    return sql, [when, action.pk, *params]


def purge_sql(user: Any, using: str) -> SQL:
    """Return the statement that deletes what is on a timeline and not in the user's feed."""
    names = Names(using)
    feed = HomeFeed(Action, get_user_model()(pk=user))
    sql = f"DELETE FROM {names.entry} WHERE {names.user} = %s"
    key = names.prepare("user", user)
    try:
        held, params = feed.condition("action", names.connection)
    except EmptyResultSet:
        return sql, [key]
    pk = names.quote("id")
    return (
        f"{sql} AND NOT EXISTS (SELECT 1 FROM {names.action} action "
        f"WHERE action.{pk} = {names.entry}.{names.key} "
        f"AND action.{names.time} = {names.entry}.{names.time} "
        f"AND action.{names.quote('public')} AND {held})"
    ), [key, *params]
