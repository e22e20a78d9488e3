"""Which module may import what; and the private API, so that a change in Django is noticed."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import models
from django.test.utils import isolate_apps

from stream.arc import internals
from stream.arc.models import ArcQuerySet
from stream.models import Action

ROOT = Path(__file__).resolve().parents[2]


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (each.name for each in node.names)


# Which room may import which is said in pyproject.toml and checked by import-linter.


def sources():
    for top in ("stream", "follow"):
        for path in sorted((ROOT / top).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text())


def test_follow_uses_the_arc_and_nothing_else_of_stream():
    used = {
        module
        for path in (ROOT / "follow").rglob("*.py")
        for module in imports(path)
        if module.startswith("stream")
    }
    assert all(module.startswith("stream.arc") for module in used), used


def test_stream_knows_follow_in_one_file():
    """Apart from the old names of a package that had both in one app."""
    users = {
        path.name
        for path in (ROOT / "stream").rglob("*.py")
        if any(module.split(".")[0] == "follow" for module in imports(path))
        and not path.is_relative_to(ROOT / "stream/contrib/actstream")
    }
    assert users == {"following.py"}


# Rules can be written before models are loaded, and deliver when they are.
IMPORTS_LATE = {"stream/notifications/rules.py"}


def test_functions_import_nothing_of_ours():
    """Outside apps.py, whose ready() can import models only then."""
    found = [
        f"{name}:{each.lineno}"
        for name, tree in sources()
        if not name.endswith("/apps.py") and name not in IMPORTS_LATE
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for each in ast.walk(function)
        if isinstance(each, ast.ImportFrom) and each.module.split(".")[0] in ("stream", "follow")
    ]
    assert found == []


# Private API of Django, and the files that use it. Each use has a test that fails when Django
# changes it: in test_fast_paths.py, or below.
PRIVATE = {
    "_batched_insert": {"stream/arc/models.py"},
    "local_managers": {"stream/contrib/actstream/models.py"},
    "_do_insert": {"stream/arc/models.py"},
    "_save_table": {"stream/arc/models.py"},
    "_fetch_all": {"stream/arc/models.py"},
    "_iterable_class": {"stream/arc/pages.py", "stream/arc/reading.py"},
    "_known_related_objects": {"stream/arc/reading.py"},
    "_fetch_mode": {"stream/arc/reading.py"},
    "_raw_delete": {"stream/timelines/stored.py", "stream/timelines/stores/table.py"},
    "_result_cache": {"stream/arc/changes.py", "stream/arc/models.py"},
    "fields_cache": {"stream/arc/arc.py", "stream/arc/loading.py", "stream/arc/names.py"},
    "alias_refcount": {"stream/plan/pages.py", "stream/plan/statement.py"},
}


def test_private_api_is_used_in_named_files_alone():
    used = {name: set() for name in PRIVATE}
    for path, tree in sources():
        for node in ast.walk(tree):
            name = getattr(node, "attr", getattr(node, "name", getattr(node, "value", None)))
            if isinstance(name, str) and name in used:
                used[name].add(path)
    assert used == PRIVATE


@pytest.mark.parametrize(
    "module",
    ["stream.utils", "follow.utils", "stream.arc", "stream.signals", "stream.publishing.tracking"],
)
def test_imports_before_any_app_is_loaded(module):
    code = f"import {module}; from django.apps import apps; assert not apps.apps_ready"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


# Private API


def test_starting_up_ends_after_ready():
    assert not internals.starting_up()
    assert apps.ready_event.is_set()


@isolate_apps("tests.testapp")
def test_field_caches_of_proxies_are_expired():
    class Plain(models.Model):
        class Meta:
            app_label = "testapp"

    class Proxy(Plain):
        class Meta:
            app_label = "testapp"
            proxy = True

    assert len(Proxy._meta.fields) == 1
    models.IntegerField(default=0).contribute_to_class(Plain, "late")
    internals.expire_caches(Plain)
    assert [field.name for field in Proxy._meta.fields] == ["id", "late"]


@isolate_apps("tests.testapp")
def test_late_indexes_and_constraints_reach_the_autodetector():
    from django.db.migrations.state import ModelState

    class Plain(models.Model):
        class Meta:
            app_label = "testapp"

    index = models.Index(fields=["id"], name="late_idx")
    internals.add_index(Plain, index)
    for field in ("id", "id"):
        check = models.CheckConstraint(condition=models.Q((f"{field}__gt", 0)), name="late")
        internals.set_constraint(Plain, check)
    options = ModelState.from_model(Plain).options
    assert options["indexes"] == [index]
    assert options["constraints"] == [check]


@pytest.mark.parametrize("method", ["_do_insert"])
def test_overridden_methods_of_model_exist(method):
    assert hasattr(models.Model, method)


@pytest.mark.parametrize("method", ["_batched_insert", "_clone", "_fetch_all"])
def test_overridden_methods_of_querysets_exist(method):
    assert hasattr(models.QuerySet, method)
    assert method in vars(ArcQuerySet)


@pytest.mark.django_db
def test_bulk_inserts_name_only_the_columns_that_are_set(django_assert_num_queries):
    lennon = User.objects.create(username="lennon")
    with django_assert_num_queries(1) as queries:
        Action.objects.bulk_create([Action(actor=lennon, verb="a"), Action(actor=lennon, verb="b")])
    sql = queries.captured_queries[0]["sql"]
    assert "actor_user_id" in sql
    assert "actor_group_id" not in sql
