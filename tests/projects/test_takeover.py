"""A database of the original apps is taken over, by the very listing of docs/takeover.md."""

import re

import pytest

from tests.settings import ENGINE
from tests.support import projects
from tests.support.projects import IMPORT_ACTION, shell

engine_project = pytest.fixture(projects.engine_project)

MODELS = """
from django.contrib.auth.models import Group, User
from django.db import models

from follow.utils import register
from stream.utils import register_action_object, register_actor, register_target

class Post(models.Model):
    title = models.CharField(max_length=50)

register_actor([User, Group])
register_target([User, Post])
register_action_object(Post)
register([User, Group])
"""

# What ``syncdb`` of Django 1.4 made.
TYPES = {
    "sqlite": {
        "id": "integer NOT NULL PRIMARY KEY",
        "moment": "datetime",
        "text": "text",
        "key": "integer REFERENCES {to} (id)",
    },
    "postgresql": {
        "id": "serial NOT NULL PRIMARY KEY",
        "moment": "timestamp with time zone",
        "text": "text",
        "key": "integer REFERENCES {to} (id) DEFERRABLE INITIALLY DEFERRED",
    },
    "mariadb": {
        "id": "integer AUTO_INCREMENT NOT NULL PRIMARY KEY",
        "moment": "datetime",
        "text": "longtext",
        "key": "integer",
    },
}
TABLES = {
    "stream_action": {
        "id": "id",
        "datetime": "moment",
        "description": "text",
        "verb": "verb",
        "actor_user_id": "auth_user",
        "actor_group_id": "auth_group",
        "target_user_id": "auth_user",
        "target_post_id": "post",
        "action_object_post_id": "post",
    },
    "follow_follow": {
        "id": "id",
        "user_id": "auth_user",
        "datetime": "moment",
        "target_user_id": "auth_user",
        "target_group_id": "auth_group",
    },
}


def tables():
    """Return the statements that made the original's tables on this engine."""
    types = TYPES[ENGINE]
    kinds = {
        "id": types["id"],
        "moment": f"{types['moment']} NOT NULL",
        "text": types["text"],
        "verb": "varchar(255) NOT NULL",
        "auth_user": types["key"].format(to="auth_user"),
        "auth_group": types["key"].format(to="auth_group"),
        # Keys that have been bigint since Django 3.2
        "post": types["key"].replace("integer", "bigint").format(to="blog_post"),
    }
    for table, columns in TABLES.items():
        lines = ", ".join(f"{name} {kinds[kind]}" for name, kind in columns.items())
        yield f"CREATE TABLE {table} ({lines})"
        for name, kind in columns.items():
            if kind in ("verb", "auth_user", "auth_group", "post"):
                yield f"CREATE INDEX {table}_{name} ON {table} ({name})"
            if ENGINE == "mariadb" and kind in ("auth_user", "auth_group", "post"):
                to = "blog_post" if kind == "post" else kind
                yield (
                    f"ALTER TABLE {table} ADD CONSTRAINT {name}_refs_id_{table} "
                    f"FOREIGN KEY ({name}) REFERENCES {to} (id)"
                )


ROWS = """
INSERT INTO stream_action (id, datetime, description, verb, actor_user_id, target_post_id)
    VALUES (1, '2013-05-01 12:00:00', NULL, 'liked', 1, 1);
INSERT INTO stream_action
    (id, datetime, description, verb, actor_group_id, target_user_id, action_object_post_id)
    VALUES (7, '2013-05-02 12:00:00', 'Read this', 'recommended', 1, 2, 1);
INSERT INTO follow_follow (id, user_id, datetime, target_user_id)
    VALUES (1, 1, '2013-05-01 12:00:00', 2);
INSERT INTO follow_follow (id, user_id, datetime, target_user_id)
    VALUES (2, 1, '2013-05-03 12:00:00', 2);
INSERT INTO follow_follow (id, user_id, datetime, target_user_id)
    VALUES (3, 2, '2013-05-04 12:00:00', 1);
INSERT INTO follow_follow (id, user_id, datetime, target_group_id)
    VALUES (9, 1, '2013-05-05 12:00:00', 1)
"""
OBJECTS = """
from django.contrib.auth.models import Group, User
from blog.models import Post
ann, bob = User.objects.create(username="ann"), User.objects.create(username="bob")
group, post = Group.objects.create(name="editors"), Post.objects.create(title="Hello")
"""


def listing(language, number=0):
    """Return a code block of the page."""
    page = (projects.REPOSITORY / "docs/takeover.md").read_text(encoding="utf-8")
    return re.findall(rf"^ *```{language}\n(.*?)^ *```", page, re.MULTILINE | re.DOTALL)[number]


def commands(number):
    """Return the management commands of a console block of the page."""
    block = listing("console", number)
    return re.findall(r"^ *\$ python manage.py (.*)$", block, re.MULTILINE)


def sql(*statements):
    """Return the management command that executes some statements."""
    return shell(
        "from django.db import connection, transaction\n"
        "with transaction.atomic(), connection.cursor() as cursor:\n"
        f"    for statement in {list(statements)!r}:\n"
        "        cursor.execute(statement)\n"
    )


@pytest.fixture
def old_project(engine_project):
    """A site that has come to a new Django with the original's tables, and the script."""
    engine_project.app("blog", MODELS)
    engine_project.manage(
        "makemigrations blog",
        *commands(0),
        "migrate auth --verbosity 0",
        "migrate blog --verbosity 0",
        shell(OBJECTS),
        sql(*tables(), *ROWS.split(";")),
    )
    engine_project.write("takeover.py", listing("python"))
    return engine_project


def test_rows_are_taken_over(old_project):
    output = old_project.manage(*commands(1), "makemigrations --check", "check --database default")

    assert "stream_action: 2 of 2 rows\nfollow_follow: 3 of 4 rows\n" in output
    assert output.endswith("No changes detected\nSystem check identified no issues (0 silenced).\n")
    output = old_project.python(
        IMPORT_ACTION
        + """
from django.contrib.auth.models import User
for each in Action.objects.order_by("id"):
    print(each.id, each.datetime, each.verb, repr(each.description), each.data, each.public)
    print(each.actor, each.target, each.action_object)
for each in Follow.objects.order_by("id"):
    print(each.id, each.datetime.day, each.user, each.target, repr(each.flag), each.actor_only)
print(*User.objects.get(username="ann").actions_user.values_list("verb"))
"""
    )
    assert output == (
        "1 2013-05-01 12:00:00+00:00 liked '' {} True\n"
        "ann Post object (1) None\n"
        "7 2013-05-02 12:00:00+00:00 recommended 'Read this' {} True\n"
        "editors bob Post object (1)\n"
        "1 1 ann bob '' True\n"
        "3 4 bob ann '' True\n"
        "9 5 ann editors '' True\n"
        "('liked',)\n"
    )


def test_site_goes_on_after_the_takeover(old_project):
    drops = listing("sql").split(";")[:-1]

    old_project.manage(*commands(1), sql(*drops))

    output = old_project.python(
        IMPORT_ACTION
        + """
from django.contrib.auth.models import Group, User
from follow.utils import follow
from stream.streams import user_stream
from stream.utils import action
ann, bob = User.objects.order_by("id")
print(action.send(bob, "liked", target=ann).id > 7)
print(follow(ann, bob).id == 1, follow(bob, Group.objects.get()).id > 9)
print(*[each.verb for each in user_stream(ann)])
"""
    )
    assert output == "True\nTrue True\nliked recommended\n"


def test_second_run_changes_nothing(old_project):
    old_project.manage(*commands(1), shell(f"{IMPORT_ACTION}Action.objects.get(pk=1).delete()"))

    output = old_project.manage(
        *commands(1), shell(f"{IMPORT_ACTION}print(Action.objects.count())")
    )

    assert "rows" not in output
    assert output.endswith("\n1\n")


def test_rows_with_two_targets_stop_the_script(old_project):
    two = "UPDATE stream_action SET target_user_id = 1, target_post_id = 1 WHERE id IN (1, 7)"

    output = old_project.manage(sql(two), *commands(1), fails=True)

    assert "stream_action: rows with more than one target: 1, 7. Leave one each.\n" in output
    one = "UPDATE stream_action SET target_user_id = NULL"
    assert "stream_action: 2 of 2 rows" in old_project.manage(sql(one), *commands(1))


def test_column_of_an_unregistered_model_stops_the_script(old_project):
    column = "ALTER TABLE follow_follow ADD COLUMN target_page_id integer"

    output = old_project.manage(sql(column), *commands(1), fails=True)

    assert (
        "follow_follow: register the models of {'target_page_id'}, or drop these columns.\n"
    ) in output


def test_migrations_of_a_fork_are_forgotten(old_project):
    recorded = """
        INSERT INTO django_migrations (app, name, applied)
        VALUES ('stream', '0001_initial', '2015-05-01 12:00:00')
    """

    output = old_project.manage(sql(recorded), *commands(1), "makemigrations --check")

    assert "stream_action: 2 of 2 rows" in output


def test_script_goes_on_after_an_error(old_project):
    script = listing("python")
    broken = script.replace("        copied = execute(sql)\n", "        copied = 1 / 0\n")
    assert broken != script
    old_project.write("takeover.py", broken)
    assert "ZeroDivisionError" in old_project.manage(*commands(1), fails=True)

    old_project.write("takeover.py", script)
    output = old_project.manage(*commands(1))

    assert "stream_action: 2 of 2 rows\nfollow_follow: 3 of 4 rows\n" in output
