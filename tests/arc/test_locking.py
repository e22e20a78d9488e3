"""What is tried again after an error of the database."""

import sqlite3
from contextlib import closing

import pytest
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection

from stream import locking

# By the code of the error: whether the database ended it at once, so that it is tried again.
RAISES = {
    "postgresql": "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{}'; END $$",
    "mysql": "BEGIN NOT ATOMIC SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = {}; END",
}
CODES = {
    "postgresql": {"40001": True, "40P01": True, "55P03": False},
    "mysql": {1213: True, 1020: True, 1205: False},
    "sqlite": {sqlite3.SQLITE_BUSY_SNAPSHOT: True, sqlite3.SQLITE_BUSY: False},
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("code", "is_tried_again"), CODES[connection.vendor].items())
def test_the_code_of_an_error_says_whether_to_try_again(code, is_tried_again, tmp_path):
    tries = []

    def act():
        tries.append(code)
        if connection.vendor == "sqlite":
            raise OperationalError from error_of_sqlite(code, tmp_path)
        with connection.cursor() as cursor:
            cursor.execute(RAISES[connection.vendor].format(code))

    with pytest.raises(OperationalError):
        locking.run(act, DEFAULT_DB_ALIAS)
    assert len(tries) == (locking.TRIES if is_tried_again else 1)


def error_of_sqlite(code, folder):
    """Let one wait for the lock of another, or write where another has written since it read."""

    def connect():
        path = folder / "db.sqlite3"
        return closing(sqlite3.connect(path, timeout=0, isolation_level=None))

    with connect() as one, connect() as other:
        one.execute("PRAGMA journal_mode = wal")
        one.execute("CREATE TABLE IF NOT EXISTS t (a)")
        one.execute("BEGIN")
        one.execute("SELECT * FROM t").fetchall()
        other.execute("BEGIN IMMEDIATE")
        other.execute("INSERT INTO t VALUES (1)")
        if code == sqlite3.SQLITE_BUSY_SNAPSHOT:
            other.execute("COMMIT")
        with pytest.raises(sqlite3.OperationalError) as caught:
            one.execute("INSERT INTO t VALUES (2)")
    assert caught.value.sqlite_errorcode == code
    return caught.value
