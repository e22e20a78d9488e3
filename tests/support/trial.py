"""The move of a site of real packages, by the commands of docs/moving.md alone: tests/trial.sh."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from itertools import islice, takewhile
from pathlib import Path
from textwrap import dedent

from tests.settings import DATABASE, ENGINE
from tests.support import old_site
from tests.support.projects import REPOSITORY, engine_project

ACTIONS, FOLLOWS, NOTIFICATIONS = 50_000, 20_000, 20_000
SENT = 500  # of each by the calls of the packages, the rest in bulk
OLD = ["django.contrib.contenttypes", "django.contrib.auth", "actstream", "notifications", "blog"]
NEW = [
    *("django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions"),
    *("stream.contrib.moving.old_actstream", "stream.contrib.moving.old_notifications"),
    *("stream", "follow", "stream.notifications", "blog"),
]
SETTINGS = """
import pymysql

pymysql.version_info = (2, 2, 1, "final", 0)
pymysql.install_as_MySQLdb()
SECRET_KEY = "only for a trial"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {databases!r}
INSTALLED_APPS = {apps!r}
ACTSTREAM_SETTINGS = {{"USE_JSONFIELD": True}}
DJANGO_NOTIFICATIONS_CONFIG = {{"USE_JSONFIELD": True, "SOFT_DELETE": True}}
MIGRATION_MODULES = {modules!r}
ROOT_URLCONF = "mysite.urls"
"""
OLD_APP = """
from django.apps import AppConfig

class Config(AppConfig):
    name = "blog"

    def ready(self):
        from actstream.registry import register
        from blog.models import Post, Song, Tag
        from django.contrib.auth.models import User
        register(User, Post, Song, Tag)
"""
OWN_TABLES = (
    old_site.OWN_TABLES
    + """
class Bell(models.Model):
    told = models.ForeignKey("{told}", models.CASCADE, related_name="+")
"""
)
# A migration of data, as sites have them
OLD_MIGRATION = """
from django.db import migrations

def tidy(apps, schema_editor):
    apps.get_model("actstream", "Action").objects.filter(verb="liekd").update(verb="liked")

class Migration(migrations.Migration):
    dependencies = [("blog", "0001_initial"), ("actstream", "0003_add_follow_flag")]
    operations = [migrations.RunPython(tidy, migrations.RunPython.noop)]
"""
FILL = f"""
from tests.support.old_site import fill, fill_notifications
fill({ACTIONS - SENT}, {FOLLOWS - SENT // 10})
fill_notifications({NOTIFICATIONS - SENT})

from actstream.actions import follow
from actstream.models import Action
from actstream.signals import action
from blog.models import Board, Bookmark, Bell, Post, Tag
from django.contrib.auth.models import User
from notifications.models import Notification
from notifications.signals import notify

users, posts = list(User.objects.all()[:50]), list(Post.objects.all()[:50])
for number in range({SENT}):
    user, post = users[number % 50], posts[number * 7 % 50]
    action.send(user, verb="opened", target=post, public=number % 5 > 0, reason=number)
    notify.send(user, recipient=users[number * 3 % 50], verb="opened", target=post, level="success")
for number, user in enumerate(users):
    follow(user, Tag.objects.all()[number], flag="reading", send_action=False)
keys = list(Action.objects.filter(verb="opened").values_list("pk", flat=True))
Bookmark.objects.bulk_create([Bookmark(action_id=key) for key in keys])
board = Board.objects.create()
board.actions.add(*keys)
told = list(Notification.objects.filter(verb="opened").values_list("pk", flat=True))
Bell.objects.bulk_create([Bell(told_id=key) for key in told])
"""
COUNT = """
from django.db import connection
cursor = connection.cursor()
cursor.execute(
    "SELECT recipient_id, COUNT(*) FROM notifications_notification "
    "WHERE unread AND NOT deleted GROUP BY recipient_id"
)
print(sorted((key, count) for key, count in cursor.fetchall()))
"""
BADGES = """
from django.contrib.auth.models import User
from stream.notifications import NotificationFeed
badges = ((user.pk, NotificationFeed(user).unread_count) for user in User.objects.order_by("pk"))
print([badge for badge in badges if badge[1]])
"""
LOOK = """
from blog.models import Bell, Board, Bookmark
from stream.models import Action
from stream.notifications.models import Delivery
kept = Action.objects.filter(is_message=None)
print(kept.count(), kept.filter(public=False).count(), Delivery.objects.count())
print(Bookmark.objects.filter(action__verb="opened").count(), Board.objects.get().actions.count())
print(Bell.objects.filter(told__action__verb="opened").count())
"""
REPOINT = """
from django.db import migrations

from stream.contrib.moving.operations import RepointForeignKey


class Migration(migrations.Migration):
    dependencies = [
        ("blog", "0003_own"), ("stream", "0001_initial"),
        ("stream_notifications", "0001_initial"),
    ]
    operations = [
        RepointForeignKey("bookmark", "action", to="stream.Action"),
        RepointForeignKey("board", "actions", to="stream.Action"),
        RepointForeignKey("bell", "told", to="stream_notifications.Notification"),
    ]
"""


class Trial:
    """A site in a folder, first run by the interpreter of the old environment."""

    def __init__(self, project, python):
        self.project, self.python = project, python
        text = (project.path / "mysite/settings.py").read_text(encoding="utf-8")
        self.database = re.search(r'"NAME": "([\w.]+)"', text)[1]

    def settings(self, apps, modules):
        engine = {"sqlite": "sqlite3", "mariadb": "mysql"}.get(ENGINE, ENGINE)
        database = {**DATABASE, "ENGINE": f"django.db.backends.{engine}", "NAME": self.database}
        databases = {"default": database}
        text = SETTINGS.format(databases=databases, apps=apps, modules=modules)
        self.project.write("mysite/settings.py", text)
        self.project.write("mysite/urls.py", "urlpatterns = []\n")

    def start(self, *command):
        environment = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "mysite.settings"}
        environment["PYTHONPATH"] = os.pathsep.join([str(self.project.path), str(REPOSITORY)])
        return subprocess.Popen(
            [self.python, "-m", "django", *command],
            cwd=self.project.path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def manage(self, *command):
        process = self.start(*command)
        printed, _ = process.communicate()
        assert process.returncode == 0, f"{command}: {printed[-3000:]}"
        return printed

    def shell(self, code):
        return self.manage("shell", "--verbosity", "0", "-c", code)

    def kill_amid(self, *command):
        """Start a command, and kill it once it has said twice how far it is."""
        process = self.start(*command)
        said = filter(re.compile("came, up to").search, process.stdout)
        [*_, line] = islice(said, 2)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL, f"{command} had ended before it was killed"
        return line


@contextmanager
def timed(what):
    started = time.perf_counter()
    yield
    print(f"  {what}: {time.perf_counter() - started:.1f} s", flush=True)


def make_old_site(trial):
    trial.settings(OLD, {})
    own = OWN_TABLES.format(to="actstream.Action", told="notifications.Notification")
    project = trial.project
    project.write("blog/__init__.py", "")
    project.write("blog/migrations/__init__.py", "")
    project.write("blog/apps.py", OLD_APP)
    project.write("blog/models.py", old_site.BLOG)
    trial.manage("makemigrations", "blog", "--verbosity", "0")
    project.write("blog/migrations/0002_tidy.py", OLD_MIGRATION)
    project.write("blog/models.py", old_site.BLOG + own)
    trial.manage("makemigrations", "blog", "--name", "own", "--verbosity", "0")
    trial.manage("migrate", "--verbosity", "0")
    trial.shell(FILL)
    return own


def move(trial, own):
    project = trial.project
    modules = {"stream": "mysite.migrations_stream", "follow": "mysite.migrations_follow"}
    project.write("blog/apps.py", OLD_APP.partition("    def")[0])
    trial.settings(NEW, modules)
    with timed("the plan"):
        plan = trial.manage("import_actstream")
    said = plan.partition("and migrate:\n")[2]  # what to write
    lines = dedent("".join(takewhile(lambda line: line[0] == " ", said.splitlines(keepends=True))))
    assert "register_actor" in lines, plan
    project.write("blog/models.py", old_site.BLOG + own + lines)
    trial.manage("makemigrations", "stream", "follow", "--verbosity", "0")
    repointed = OWN_TABLES.format(to="stream.Action", told="stream_notifications.Notification")
    project.write("blog/models.py", old_site.BLOG + repointed + lines)
    project.write("blog/migrations/0004_repoint.py", REPOINT)
    with timed("the tables"):
        for label in ("stream", "follow", "stream_notifications"):
            trial.manage("migrate", label, "--verbosity", "0")
    run = ("import_actstream", "--run", "--orphans", "keep")
    print("  killed after:", trial.kill_amid(*run, "--batch", "5000").strip())
    with timed("the rest of the actions and follows"):
        assert trial.manage(*run).endswith("Both sides are equal.\n")
    run = ("import_notifications", "--run")
    print("  killed after:", trial.kill_amid(*run, "--batch", "2000").strip())
    with timed("the rest of the notifications"):
        assert trial.manage(*run).endswith("Both sides are equal.\n")
    with timed("comparing once more"):
        trial.manage("import_actstream", "--verify")
        trial.manage("import_notifications", "--verify")
    with timed("the keys of own tables"):
        trial.manage("migrate", "--verbosity", "0")
    assert "No changes" in trial.manage("makemigrations", "--check")
    trial.manage("check", "--database", "default")
    with timed("comparing again, and dropping the old tables"):
        trial.manage("import_actstream", "--drop", "--no-input")
        trial.manage("import_notifications", "--drop", "--no-input")


def main(old_python, folder):
    Path(folder).mkdir()
    print(f"{ENGINE}: {ACTIONS} actions, {FOLLOWS} follows, {NOTIFICATIONS} notifications")
    for project in engine_project(Path(folder)):
        trial = Trial(project, old_python)
        with timed("the old site"):
            own = make_old_site(trial)
        badges = trial.shell(COUNT)
        trial.python = sys.executable
        with timed("the move"):
            move(trial, own)
        assert trial.shell(BADGES) == badges
        actions, private, mailed, *own_rows = map(int, trial.shell(LOOK).split())
        assert (actions, mailed, own_rows) == (ACTIONS, 0, [SENT] * 3)
        assert private > ACTIONS // 20
        print(f"  {actions} actions, {private} of them private; badges as before; nothing mailed")
