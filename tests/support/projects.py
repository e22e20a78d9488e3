"""Temporary Django projects. Their commands run as a user's do: in processes of their own."""

import atexit
import json
import os
import shlex
import subprocess
import sys
import uuid
from functools import cache
from pathlib import Path
from tempfile import NamedTemporaryFile
from textwrap import dedent

from tests.settings import DATABASE, ENGINE

REPOSITORY = Path(__file__).resolve().parents[2]

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

# Runs the management commands in each line of its input, in a process of their own. This is forked
# from one that has loaded Django, without settings and models: to load it anew takes longer than
# most commands do.
SERVER = """
import importlib, json, os, shlex, sys, traceback
import django.contrib.auth.hashers, django.core.management.commands.check, django.db.models
import django.core.management.commands.makemigrations, django.core.management.commands.migrate
import django.core.management.commands.shell, django.core.management.commands.showmigrations
import django.db.backends.sqlite3.base, django.forms, django.template, django.test
import django.views.generic
from django.core.management import execute_from_command_line

def run(folder, environment, given, printed, commands):
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment, DJANGO_SETTINGS_MODULE="mysite.settings")
    os.dup2(os.open(given, os.O_RDONLY), 0)
    for number in (1, 2):
        os.dup2(os.open(printed, os.O_WRONLY | os.O_APPEND), number)
    for command in commands:
        importlib.invalidate_caches()
        execute_from_command_line(["manage.py", *shlex.split(command)])

answers = os.fdopen(os.dup(1), "w")
while line := sys.stdin.readline():
    child = os.fork()
    if not child:
        status = 1
        try:
            run(*json.loads(line))
            status = 0
        except SystemExit as error:
            status = error.code if isinstance(error.code, int) else bool(error.code)
            if isinstance(error.code, str):
                print(error.code, file=sys.stderr)
        except BaseException:
            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    answers.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\\n")
    answers.flush()
"""


@cache
def server():
    """Start what runs management commands; it ends with this process."""
    # Without bytecode: two versions of a file may be of the same second.
    process = subprocess.Popen(
        [sys.executable, "-B", "-W", "error", "-c", SERVER],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(process.communicate)
    return process


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
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "STREAM_TEST_DB": self.engine}
        with NamedTemporaryFile("w", suffix=".in") as given, NamedTemporaryFile("r") as output:
            given.write(stdin)
            given.flush()
            call = [str(self.path), environment, given.name, output.name, commands]
            print(json.dumps(call), file=server().stdin, flush=True)
            status = int(server().stdout.readline())
            printed = output.read()
        assert (status != 0) == fails, printed
        return printed

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
