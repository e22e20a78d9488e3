"""Temporary Django projects. Their commands run as a user's do: in processes of their own."""

import os
import shlex
import subprocess
import sys
import uuid
from pathlib import Path
from textwrap import dedent

from tests.settings import DATABASE, ENGINE

REPOSITORY = Path(__file__).resolve().parent.parent

# An app to write, piece by piece
IMPORTS = """
from django.conf import settings
from django.db import models

from follow.utils import register
from stream.utils import register_action_object, register_actor, register_target
"""
POST = """
class Post(models.Model):
    title = models.CharField(max_length=50)
"""
COMMENT = """
class Comment(models.Model):
    text = models.CharField(max_length=50)
"""
REGISTER_POST = """
register_actor("auth.User")
register_target(Post)
register(Post)
"""
REGISTER_COMMENT = """
register_target(Comment)
register(Comment)
"""
BLOG = IMPORTS + POST + COMMENT + REGISTER_POST
BLOG_WITH_COMMENTS = BLOG + REGISTER_COMMENT


# Code and commands to run
IMPORT_ACTION = "from stream.models import Action\nfrom follow.models import Follow\n"
MAKE = "makemigrations blog stream follow"
MIGRATE = "migrate --verbosity 0"
CHECK = "makemigrations --check"

# Runs several management commands, each with its system checks, for the price of one start.
COMMANDS = """
import importlib, os, shlex, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "mysite.settings"
from django.core.management import execute_from_command_line
for command in sys.argv[1:]:
    importlib.invalidate_caches()
    execute_from_command_line(["manage.py", *shlex.split(command)])
"""

SETTINGS = """
from tests.settings import DATABASE

SECRET_KEY = "only for tests"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": {**DATABASE, "NAME": "%s"}}
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "follow", "stream"]
MIGRATION_MODULES = {
    "stream": "mysite.migrations_stream",
    "follow": "mysite.migrations_follow",
}
"""


def shell(code):
    """Return the management command that runs some code."""
    return f"shell --verbosity 0 -c {shlex.quote(dedent(code))}"


class Project:
    """A project ``mysite`` in a folder: files to write, commands to run, migrations to read."""

    def __init__(self, path, engine="sqlite", database="db.sqlite3"):
        self.path = path
        self.engine = engine
        self.write("mysite/__init__.py", "")
        self.write("mysite/settings.py", SETTINGS % database)

    def write(self, name, text):
        """Write a file; the text may be indented as a whole."""
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")

    def settings(self, text):
        """Add lines to the settings."""
        with (self.path / "mysite/settings.py").open("a", encoding="utf-8") as file:
            file.write(dedent(text))

    def app(self, name, models):
        """Write an app's models. Its first call installs the app, as the last one."""
        if not (self.path / name).exists():
            self.write(f"{name}/__init__.py", "")
            self.write(f"{name}/migrations/__init__.py", "")
            self.settings(f"\nINSTALLED_APPS += ['{name}']\n")
        self.write(f"{name}/models.py", models)

    def manage(self, *commands, stdin="", fails=False):
        """Run management commands; return what they print, on both streams.

        ``stdin`` answers the questions they ask. Asserts that they succeed, or with ``fails`` that
        one does not.
        """
        environment = {
            **os.environ,
            "PYTHONPATH": str(REPOSITORY),
            "PYTHONDONTWRITEBYTECODE": "1",  # two versions of a file may be of the same second
            "STREAM_TEST_DB": self.engine,
        }
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", COMMANDS, *commands],
            cwd=self.path,
            env=environment,
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert (done.returncode != 0) == fails, done.stdout
        return done.stdout

    def python(self, code):
        """Run code with the apps loaded; return what it prints."""
        return self.manage(shell(code))

    def migrations(self, app_label):
        """Return the names of an app's migrations in the project, sorted."""
        files = (self.path / f"mysite/migrations_{app_label}").glob("0*.py")
        return sorted(file.stem for file in files)

    def read_migration(self, app_label, name):
        return (self.path / f"mysite/migrations_{app_label}/{name}.py").read_text(encoding="utf-8")


def project(tmp_path):
    """Yield a project on SQLite, for tests of what no engine has a part in."""
    return Project(tmp_path)


def engine_project(tmp_path):
    """Yield a project with a database of its own on the engine that the tests run on."""
    if ENGINE == "sqlite":
        yield Project(tmp_path)
        return
    name = f"stream_project_{uuid.uuid4().hex}"
    _on_server(f"CREATE DATABASE {name}")
    try:
        yield Project(tmp_path, ENGINE, name)
    finally:
        _on_server(f"DROP DATABASE {name}")


def _on_server(sql):
    account = {"host": DATABASE["HOST"], "port": int(DATABASE["PORT"]), "user": DATABASE["USER"]}
    account |= {"password": DATABASE["PASSWORD"], "autocommit": True}
    if ENGINE == "postgresql":
        import psycopg

        with psycopg.connect(dbname="postgres", **account) as connection:
            connection.execute(sql)
    else:
        import pymysql

        with pymysql.connect(**account) as connection, connection.cursor() as cursor:
            cursor.execute(sql)
