"""What only MariaDB has: a limit of keys."""

import re

import pytest
from django.db import connection

from follow.models import Follow
from stream import arc_checks
from stream.models import Action


@pytest.mark.django_db
@pytest.mark.parametrize("model", [Action, Follow])
def test_w003_counts_the_keys_that_the_table_has(model, monkeypatch):
    monkeypatch.setattr(arc_checks, "KEYS_TO_WARN_AT", 0)
    (warning,) = model.check()
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW INDEX FROM {model._meta.db_table}")
        names = {row[2] for row in cursor.fetchall()}
    assert int(re.search(r"has (\d+) keys", warning.msg)[1]) == len(names)
