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

ROOT = Path(__file__).resolve().parent.parent


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (each.name for each in node.names)


def test_follow_uses_the_arc_and_nothing_else_of_stream():
    used = {
        module
        for path in (ROOT / "follow").rglob("*.py")
        for module in imports(path)
        if module.startswith("stream")
    }
    assert all(module.startswith(("stream.arc", "stream.arc.registration")) for module in used), (
        used
    )


def test_stream_knows_follow_in_one_file():
    users = {
        path.name
        for path in (ROOT / "stream").rglob("*.py")
        if any(module.split(".")[0] == "follow" for module in imports(path))
    }
    assert users == {"following.py"}


def test_the_core_knows_the_feeds_in_its_addresses_alone():
    users = {
        path.name
        for path in (ROOT / "stream").rglob("*.py")
        if "syndication" not in path.parts
        and any((module or "").startswith("stream.syndication") for module in imports(path))
    }
    assert users == {"urls.py"}


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
    internals.expire_field_caches(Plain)
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
