"""What only MariaDB has: a limit of keys, and deletions that lock what they only look at."""

import re

import pytest
from django.db import DEFAULT_DB_ALIAS, connection

from follow.models import Follow
from stream import locking
from stream.models import Action


@pytest.mark.django_db
@pytest.mark.parametrize("model", [Action, Follow])
def test_w003_counts_the_keys_that_the_table_has(model, monkeypatch):
    monkeypatch.setattr("stream.arc.checks.KEYS_TO_WARN_AT", 0)
    (warning,) = model.check()
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW INDEX FROM {model._meta.db_table}")
        names = {row[2] for row in cursor.fetchall()}
    assert int(re.search(r"has (\d+) keys", warning.msg)[1]) == len(names)


@pytest.mark.django_db
@pytest.mark.parametrize("column", ["a", "b", "c"])
def test_deletions_go_by_an_index_where_there_is_one(column):
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE TEMPORARY TABLE t (a int PRIMARY KEY, b int, c int, KEY (b))"
        )
        cursor.execute("INSERT INTO t SELECT seq, seq, seq FROM seq_1_to_4")
        cursor.execute("FLUSH STATUS")
        with locking.by_index(DEFAULT_DB_ALIAS):
            cursor.execute(f"DELETE FROM t WHERE {column} IN (1, 2, 3)")
        assert cursor.rowcount == 3
        cursor.execute("SHOW SESSION STATUS LIKE 'Handler_read_rnd_next'")
        is_scanned = int(cursor.fetchone()[1]) > 0
    assert is_scanned == (column == "c")
