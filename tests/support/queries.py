"""What tests ask of the queries of a block."""

from collections import Counter
from contextlib import contextmanager

from django.db import connection

REPEATED_AT_MOST = 5  # where a page shows several lists of one kind, or reads one again to time it


@contextmanager
def no_query_for_each_row():
    """Fail where the block asks the same question again and again, with other values."""
    counts = Counter()

    def count(execute, sql, params, many, context):
        counts[sql] += 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        yield
    repeated = {sql: number for sql, number in counts.items() if number > REPEATED_AT_MOST}
    assert not repeated, repeated


def forget_statistics():
    """Let SQLite plan without statistics: it keeps those that were rolled back or are outdated."""
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM sqlite_master WHERE name IN ('sqlite_stat1', 'sqlite_stat4')"
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f"DELETE FROM {name}")
        cursor.execute("ANALYZE sqlite_schema")  # reads them anew
