"""System checks: every id, and what silences it."""

import sys

import pytest
from django.core.checks import run_checks
from django.core.checks.registry import registry
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.db.migrations.loader import MigrationLoader

from follow.models import Follow
from stream.actions.checks import check_transaction_mode
from stream.arc import RelatedName
from stream.arc.related import check_related_names
from stream.arc.requests import check_redirect_hosts
from stream.models import Action
from tests.testapp.models import Orchestra, Song

MODELS = (Action, Follow)


def ids(**kwargs):
    return [message.id for model in MODELS for message in model.check(**kwargs)]


def use_module(monkeypatch, module, labels=("stream",)):
    monkeypatch.setattr(
        MigrationLoader,
        "migrations_module",
        classmethod(lambda cls, label: (module if label in labels else f"{label}.x", True)),
    )


@pytest.mark.django_db(databases=["default", "other"])
def test_all_is_well():
    assert ids(databases=["default"]) == []
    assert run_checks(databases=["default"]) == []


@pytest.mark.parametrize("module", ["stream.migrations", "stream.elsewhere", "stream"])
def test_e001_migrations_inside_the_package(monkeypatch, module):
    use_module(monkeypatch, module)
    (error,) = Action.check()
    assert (error.id, error.is_serious()) == ("stream.E001", True)
    assert '"stream": "tests.migrations_stream"' in error.hint
    assert "python manage.py makemigrations stream" in error.hint


def test_e001_of_follow(monkeypatch):
    use_module(monkeypatch, "follow.migrations", ["follow"])
    assert [each.id for each in Follow.check()] == ["follow.E001"]


@pytest.mark.parametrize(
    "module",
    ["nowhere", "nowhere.at_all", "nowhere.at.all", "tests/migrations", "tests.migra-tions"],
)
def test_e002_migrations_that_cannot_be_made(monkeypatch, module):
    use_module(monkeypatch, module)
    (error,) = Action.check()
    assert (error.id, error.is_serious()) == ("stream.E002", True)
    assert error.msg.startswith(f"MIGRATION_MODULES['stream'] = '{module}': there is no package")


def test_e002_migrations_of_two_apps_in_one_package(monkeypatch):
    use_module(monkeypatch, "tests.migrations", ["stream", "follow"])
    assert ids() == ["stream.E002", "follow.E002"]
    assert "'follow' has the same; each app needs a package" in Action.check()[0].msg


@pytest.mark.parametrize("module", ["tests.nowhere", "tests.early"])
def test_w001_no_migrations_yet(monkeypatch, module):
    if module == "tests.early":  # a package, but without a single module that is no migration
        monkeypatch.setattr("stream.arc.checks.iter_modules", lambda path: [(None, "_x", False)])
    use_module(monkeypatch, module)
    (warning,) = Action.check()
    assert warning.id == "stream.W001"
    assert warning.hint.startswith("Run: python manage.py makemigrations stream (until then, ")


def test_no_message_where_there_are_migrations(monkeypatch):
    use_module(monkeypatch, "django.contrib.auth.migrations")
    assert Action.check() == []


def test_no_message_for_no_migrations_at_all(monkeypatch):
    use_module(monkeypatch, None)
    assert Action.check() == []


@pytest.mark.django_db
def test_w002_a_column_is_missing(monkeypatch):
    column = Action.actor.field_for(Follow._meta.get_field("user").related_model)
    monkeypatch.setattr(column, "column", "gone_id")
    (warning,) = Action.check(databases=["default"])
    assert (warning.id, warning.msg) == (
        "stream.W002",
        "stream.Action.actor_user has no column in the database 'default'.",
    )
    assert warning.hint == "Run: python manage.py makemigrations stream; python manage.py migrate"
    assert Action.check() == []


@pytest.mark.django_db
def test_w002_waits_for_the_first_migrate(monkeypatch):
    monkeypatch.setattr(Action._meta, "db_table", "not_made_yet")
    assert Action.check(databases=["default"]) == []


def test_w004_followed_for_what_it_cannot_do(monkeypatch):
    monkeypatch.setitem(Follow.reaches, Song, True)
    (warning,) = Follow.check()
    assert warning.id == "follow.W004"
    assert warning.msg.startswith("testapp.Song can be followed, but is not registered as actor:")
    assert "stream.utils.register_actor('testapp.Song')" in warning.hint


def test_w004_followed_and_in_no_role(monkeypatch):
    monkeypatch.setitem(Follow.target._fields, Orchestra, Follow.target.field_for(Song))
    (warning,) = Follow.check()
    assert warning.id == "follow.W004"
    assert "not registered as actor or target or action object" in warning.msg
    assert "stream.utils.register_target('testapp.Orchestra')" in warning.hint


@pytest.mark.parametrize(("vendor", "expected"), [("mysql", ["stream.W003"]), ("sqlite", [])])
def test_w003_many_keys(monkeypatch, vendor, expected):
    monkeypatch.setattr("stream.arc.checks.KEYS_TO_WARN_AT", 3)
    monkeypatch.setattr(connections["default"], "vendor", vendor)
    messages = Action.check()
    assert [each.id for each in messages] == expected
    assert all("keys of the 64 that MariaDB allows" in each.msg for each in messages)


@pytest.mark.django_db(databases=["default", "other"])
def test_databases_that_do_not_hold_the_table_are_left_alone(settings):
    settings.DATABASE_ROUTERS = ["tests.arc.test_checks.NowhereRouter"]
    assert ids(databases=["default", "other"]) == []


def test_e060_a_router_keeps_stream_and_its_models_apart(settings):
    settings.DATABASE_ROUTERS = ["tests.arc.test_checks.ApartRouter"]
    errors = [each for each in Action.check() + Follow.check() if each.id.endswith("E060")]
    assert {each.id for each in errors} == {"stream.E060", "follow.E060"}
    assert any(
        each.msg == "follow.Follow.user is in the database 'other', but the router keeps auth.User "
        "out of it."
        for each in errors
    )


class ApartRouter:
    def allow_migrate(self, db, app_label, **hints):
        return (db == "other") == (app_label in ("stream", "follow"))


class NowhereRouter:
    def allow_migrate(self, db, app_label, **hints):
        return False


@pytest.mark.parametrize("app_label", ["stream", "follow"])
def test_the_guard_packages_say_what_to_write(app_label):
    name = f"{app_label}.migrations"
    sys.modules.pop(name, None)
    with pytest.raises(ImproperlyConfigured) as caught:
        __import__(name)
    assert str(caught.value) == (
        f"'{app_label}' has no migrations of its own, since its columns depend on your project. "
        "Add to your settings:\n\n    MIGRATION_MODULES = {\n"
        '        "stream": "tests.migrations_stream",\n'
        '        "follow": "tests.migrations_follow",\n'
        "    }\n\n"
        "then run: python manage.py makemigrations stream follow; python manage.py migrate"
    )


def test_a_project_without_a_package_gets_an_example(settings, monkeypatch):
    settings.SETTINGS_MODULE = "settings"
    use_module(monkeypatch, "stream.migrations")
    assert '"stream": "mysite.migrations_stream"' in Action.check()[0].hint


def test_e061_related_names_that_are_not_there(settings):
    settings.STREAM_RELATED_NAMES = {"following": "followed", "folowing": "followed"}
    (error,) = check_related_names()
    assert (error.id, "'folowing'" in error.msg) == ("stream.E061", True)
    names = ["action_object_actions", "actor_actions", "feed_token", "following", "notifications"]
    names += ["stream_inbox", "stream_mutes", "stream_notifications", "target_actions"]
    assert all(repr(name) in error.hint for name in names)


@pytest.mark.parametrize("name", ["", "1st", "class", "a b", "a__b", "a_", "100%", "+", None, 1])
def test_impossible_related_names_are_refused(settings, name):
    settings.STREAM_RELATED_NAMES = {"following": name}
    with pytest.raises(ImproperlyConfigured, match=r"\['following'\] = .* 'stream_following'"):
        RelatedName("following")


@pytest.mark.parametrize("names", [["following"], "following", None])
def test_related_names_that_are_no_dict_are_refused(settings, names):
    settings.STREAM_RELATED_NAMES = names
    with pytest.raises(ImproperlyConfigured, match="write a dict"):
        RelatedName("following")


@pytest.mark.parametrize("hosts", ["example.com", ["https://example.com"], ["*.example.com"], [5]])
def test_e045_hosts_that_are_none(settings, hosts):
    settings.STREAM_REDIRECT_HOSTS = hosts
    (error,) = check_redirect_hosts()
    assert error.id == "stream.E045"
    settings.STREAM_REDIRECT_HOSTS = {"shop.example.com", "localhost:8000"}
    assert check_redirect_hosts() == []


def w076(monkeypatch, name="db.sqlite3", **options):
    """Return the warnings of a deployment, with this name and these options of the database."""
    for key, value in (("NAME", name), ("OPTIONS", options)):
        monkeypatch.setitem(connections["other"].settings_dict, key, value)
    return check_transaction_mode()


def test_w076_sqlite_that_does_not_let_writers_wait(monkeypatch):
    [warning] = w076(monkeypatch)
    assert "The database 'other' is SQLite's and begins transactions as DEFERRED" in warning.msg
    assert "DATABASES['other']['OPTIONS'] = {'transaction_mode': 'IMMEDIATE'" in warning.hint
    assert warning.id == "stream.W076"
    assert check_transaction_mode in registry.get_checks(include_deployment_checks=True)
    assert check_transaction_mode not in registry.get_checks()


@pytest.mark.parametrize(
    "database",
    [
        {"transaction_mode": "IMMEDIATE"},
        {"transaction_mode": "exclusive"},
        {"name": "file:memorydb_other?mode=memory&cache=shared"},
    ],
)
def test_w076_is_silent_where_they_wait(monkeypatch, database):
    assert w076(monkeypatch, **database) == []
