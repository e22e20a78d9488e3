"""A site moves from django-activity-stream by the commands of docs/moving.md alone."""

import re

import pytest

from tests.support import old_site, projects
from tests.support.projects import IMPORT_ACTION, shell

engine_project = pytest.fixture(projects.engine_project)

FILL = "from tests.support.old_site import fill; fill({}, {})"
OWN_ROWS = """
from blog.models import Board, Bookmark
from tests.support.old_site import old_models
actions = old_models()[0].objects.filter(
    actor_object_id__lt="9", target_object_id=None, action_object_object_id=None
)
keys = list(actions.order_by("id").values_list("id", flat=True)[:20])
Bookmark.objects.bulk_create([Bookmark(action_id=key) for key in keys])
board = Board.objects.create()
board.actions.through.objects.bulk_create(
    [board.actions.through(board_id=board.pk, action_id=key) for key in keys]
)
"""
REPOINT = """
from django.db import migrations

from stream.contrib.moving.operations import RepointForeignKey


class Migration(migrations.Migration):
    dependencies = [("blog", "0002_board_bookmark"), ("stream", "0001_initial")]
    operations = [
        RepointForeignKey("bookmark", "action", to="stream.Action"),
        RepointForeignKey("board", "actions", to="stream.Action"),
    ]
"""
STAND_IN = """
INSTALLED_APPS[INSTALLED_APPS.index("actstream")] = "stream.contrib.moving.old_actstream"
"""
KILLED = """
import os, signal
from django.core.management import call_command
from stream.moving.running import Run
from django.db import connections
from django.db.backends.utils import CursorWrapper

done = []
execute = CursorWrapper.execute

def execute_and_die(self, sql, params=None):
    result = execute(self, sql, params)
    if sql.startswith(("INSERT INTO \\"stream_action", "INSERT INTO `stream_action")):
        done.append(1)
        if len(done) == 3:  # written, not committed
            os.kill(os.getpid(), signal.SIGKILL)
    return result

CursorWrapper.execute = execute_and_die
call_command("import_actstream", "--run", orphans="keep", batch={batch})
"""
OWN_TABLES = old_site.OWN_TABLES.format(to="actstream.Action")
NEW_TABLES = old_site.OWN_TABLES.format(to="stream.Action")


@pytest.fixture
def old_project(engine_project):
    """A site with the old package, its rows and own tables that point to them."""
    old_site.install_package(engine_project)
    engine_project.app("blog", old_site.BLOG)
    engine_project.manage("makemigrations blog --verbosity 0")
    engine_project.app("blog", old_site.BLOG + OWN_TABLES)
    engine_project.manage(
        "makemigrations blog --verbosity 0 --name board_bookmark",
        "makemigrations stream follow --verbosity 0",  # with no model registered
        "migrate --verbosity 0",
    )
    return engine_project


def swap(project):
    """Take the old package out, and register what it had."""
    project.settings(STAND_IN)
    project.app("blog", old_site.BLOG + old_site.REGISTER + OWN_TABLES)
    project.manage("makemigrations stream follow --verbosity 0", "migrate --verbosity 0")


def repoint(project):
    project.write("blog/migrations/0003_repoint.py", REPOINT)
    project.app("blog", old_site.BLOG + old_site.REGISTER + NEW_TABLES)


def test_site_moves_though_it_is_killed(old_project):
    old_project.manage(shell(FILL.format(3000, 1000)), shell(OWN_ROWS))
    swap(old_project)

    old_project.manage(shell(KILLED.format(batch=500)), fails=True)
    assert old_project.python(IMPORT_ACTION + "print(Action.objects.count())") == "1000\n"
    output = old_project.manage("import_actstream --run --orphans keep --batch 500")

    assert "actions: 500 came, up to id 1500 of 3000" in output
    assert "actions: 2000 came, up to id 3000 of 3000" in output
    assert output.endswith("Both sides are equal.\n")
    repoint(old_project)
    output = old_project.manage(
        "migrate --verbosity 0",
        "makemigrations --check",
        "import_actstream --verify",
        "check --database default",
    )
    assert "No changes detected" in output
    output = old_project.python(
        IMPORT_ACTION
        + """
from blog.models import Board, Bookmark
print(Bookmark.objects.filter(action__verb__gt="").count(), Board.objects.get().actions.count())
Action.objects.filter(pk=Bookmark.objects.first().action_id).delete()
print(Bookmark.objects.count(), Board.objects.get().actions.count())
"""
    )
    assert output == "20 20\n19 19\n"


def test_old_migrations_make_a_new_database(old_project):
    swap(old_project)
    repoint(old_project)

    output = old_project.manage(
        "migrate blog zero --verbosity 0",
        "migrate actstream zero --fake --verbosity 0",
        shell("from tests.support.old_site import drop_tables; drop_tables()"),
        "migrate --verbosity 0",
        "makemigrations --check",
        shell(
            """
            from blog.models import Board, Bookmark, Post
            from django.contrib.auth.models import User
            from stream.utils import action
            sent = action.send(User.objects.create(username="ann"), "liked")
            Bookmark.objects.create(action=sent)
            Board.objects.create().actions.add(sent)
            print(sent.delete()[0] > 2)
            """
        ),
    )

    assert output == "No changes detected\nTrue\n"


def test_rows_that_point_to_what_did_not_come_stop_the_migration(old_project):
    old_project.manage(shell(FILL.format(100, 10)), shell(OWN_ROWS))
    swap(old_project)
    repoint(old_project)

    output = old_project.manage("migrate", fails=True)

    assert "blog_bookmark.action_id: " in output
    assert "rows point to what stream_action does not have; take it over first" in output


# In the end

TIDY = """
from django.db import migrations


def tidy(apps, schema_editor):
    apps.get_model("actstream", "Action").objects.filter(verb="liekd").update(verb="liked")


class Migration(migrations.Migration):
    dependencies = [("blog", "0002_board_bookmark"), ("actstream", "0001_initial")]
    operations = [migrations.RunPython(tidy, migrations.RunPython.noop)]
"""
WITHOUT_KEYS = """
from django.db import migrations, models

ID = models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")


class Migration(migrations.Migration):
    dependencies = [("blog", "0001_initial")]
    operations = [
        migrations.CreateModel("Board", [("id", ID)]),
        migrations.CreateModel(
            "Bookmark",
            [
                ("id", ID),
                ("note", models.CharField(default="", max_length=20)),
            ],
        ),
    ]
"""
NOT_TIDY = """
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("blog", "0002_board_bookmark")]
    operations = []
"""
NEW_KEYS = """
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("blog", "0003_tidy"), ("stream", "0001_initial")]
    operations = [
        migrations.AddField(
            "bookmark",
            "action",
            models.ForeignKey("stream.Action", models.CASCADE, related_name="+"),
        ),
        migrations.AddField(
            "board", "actions", models.ManyToManyField("stream.Action", related_name="+")
        ),
    ]
"""


def test_stand_in_goes_once_migrations_do_not_name_the_old_app(old_project):
    old_project.write("blog/migrations/0003_tidy.py", TIDY)
    old_project.manage("migrate --verbosity 0", shell(FILL.format(600, 10)), shell(OWN_ROWS))
    swap(old_project)
    old_project.app("blog", old_site.BLOG + old_site.REGISTER + NEW_TABLES)
    repointed = REPOINT.replace("0002_board_bookmark", "0003_tidy")
    old_project.write("blog/migrations/0004_repoint.py", repointed)
    old_project.manage("import_actstream --run --orphans keep")
    drop = "import_actstream --drop --no-input"
    assert "blog_bookmark.action_id points to it" in old_project.manage(drop, fails=True)
    output = old_project.manage("migrate --verbosity 0", drop)
    assert output.endswith("actstream_action: dropped.\nactstream_follow: dropped.\n")

    old_project.settings('INSTALLED_APPS.remove("stream.contrib.moving.old_actstream")')
    for name, text in (
        ("0002_board_bookmark", WITHOUT_KEYS),
        ("0003_tidy", NOT_TIDY),
        ("0004_repoint", NEW_KEYS),
    ):
        old_project.write(f"blog/migrations/{name}.py", text)

    rows = shell(
        "from blog.models import *; print(Bookmark.objects.filter(action__verb__gt='').count())"
    )
    old = shell(
        "from django.contrib.contenttypes.models import ContentType; "
        "print(ContentType.objects.filter(app_label='actstream').count())"
    )
    output = old_project.manage(
        "migrate --check",
        "makemigrations --check",
        "check --database default",
        rows,
        "remove_stale_contenttypes --include-stale-apps --no-input --verbosity 0",
        old,
        "migrate blog zero --verbosity 0",
        "migrate --verbosity 0",
        "makemigrations --check",
        rows,
    )
    assert output == (
        "No changes detected\nSystem check identified no issues (0 silenced).\n20\n0\n"
        "No changes detected\n0\n"
    )


# Notifications

KILLED_AMID_NOTIFICATIONS = """
import os, signal
from django.core.management import call_command
from stream.notifications.moving.running import NotificationsRun

done = []
write = NotificationsRun.write

def write_and_die(self, rows):
    write(self, rows)
    done.append(1)
    if len(done) == 3:  # written, not committed
        os.kill(os.getpid(), signal.SIGKILL)

NotificationsRun.write = write_and_die
call_command("import_notifications", "--run", batch={batch})
"""
BADGES = """
from django.db import connection
from django.contrib.auth.models import User
from stream.notifications import NotificationFeed
with connection.cursor() as cursor:
    cursor.execute(
        "SELECT recipient_id, SUM(CASE WHEN unread AND NOT deleted THEN 1 ELSE 0 END) "
        "FROM notifications_notification GROUP BY recipient_id"
    )
    badges = {key: int(count) for key, count in cursor.fetchall()}
users = User.objects.in_bulk(badges)
different = [key for key in badges if NotificationFeed(users[key]).unread_count != badges[key]]
print(len(badges) > 100, different)
"""


def test_notifications_move_though_the_run_is_killed(old_project):
    old_project.settings("INSTALLED_APPS += ['stream.notifications']")
    old_project.manage(
        shell(FILL.format(3000, 100)),
        shell("from tests.support.old_site import fill_notifications; fill_notifications(2000)"),
    )
    swap(old_project)
    old_project.manage("import_actstream --run --orphans drop")

    old_project.manage(shell(KILLED_AMID_NOTIFICATIONS.format(batch=500)), fails=True)
    output = old_project.manage("import_notifications --run --batch 500", "import_notifications")

    assert "notifications: 1000 came, up to id 2000 of 2000" in output
    assert "Both sides are equal.\n" in output
    assert old_project.python(BADGES) == "True []\n"


# Both packages at once

APPS = """
from django.apps import AppConfig

class Config(AppConfig):
    name = "blog"

    def ready(self):
        from actstream.registry import register
        from django.contrib.auth.models import User
        from stream.utils import register_actor, register_target
        {}
"""
THEIRS, OURS = "register(User)", "register_actor(User), register_target(User)"


@pytest.fixture(
    params=[f"{THEIRS}; {OURS}", f"{OURS}; {THEIRS}"], ids=["theirs first", "ours first"]
)
def site_with_both(request, engine_project):
    old_site.install_package(engine_project)
    engine_project.app("blog", "")
    engine_project.write("blog/apps.py", APPS.format(request.param))
    engine_project.manage("makemigrations stream follow --verbosity 0", "migrate --verbosity 0")
    return engine_project


def test_site_has_both_packages_in_any_order(site_with_both):
    output = site_with_both.manage("check")

    assert (
        "?: (stream.W080) actor_actions of auth.User is the relation of django-activity-stream."
    ) in output.replace("stream.Action:", "?:")
    assert "STREAM_RELATED_NAMES = {'actor_actions': 'stream_actor_actions'}" in output


def test_site_with_both_gives_ours_other_names(site_with_both):
    names = ["actor_actions", "target_actions", "action_object_actions"]
    site_with_both.settings(f"STREAM_RELATED_NAMES = {{n: 'stream_' + n for n in {names}}}")

    output = site_with_both.manage("check")

    assert output == "System check identified no issues (0 silenced).\n"
    output = site_with_both.python(
        """
        from django.contrib.auth.models import User
        print(User(pk=1).actor_actions.model.__module__)
        print(User(pk=1).stream_actor_actions.model.__module__)
        """
    )
    assert output == "actstream.models\nstream.models\n"


def test_site_writes_both_then_takes_over_the_rest(site_with_both):
    write = """
    from django.contrib.auth.models import User
    from django.utils import timezone
    from stream.utils import action
    from tests.support.old_site import named, old_models
    Old = old_models()[0]
    ann, _ = User.objects.get_or_create(username="ann")
    now = timezone.now()
    Old.objects.create(verb="liked", timestamp=now, **named("actor", ann))
    {}
    """
    both = 'action.send(ann, "liked", datetime=now)'

    output = site_with_both.manage(
        shell(write.format("")),
        "import_actstream --reserve 100",
        shell(write.format(both)),
        shell(write.format("")),  # by a process that has not been started anew
        shell(write.format(both)),
        "import_actstream --run",
        shell(IMPORT_ACTION + "print(*Action.objects.order_by('id').values_list('id', flat=True))"),
    )

    assert "Both sides are equal.\n1 3 102 103\n" in output


def test_migrations_that_ask_for_the_model_of_notifications_load(engine_project):
    engine_project.settings("INSTALLED_APPS += ['stream.contrib.moving.old_notifications']")
    engine_project.app(
        "blog",
        """
        from django.db import models

        class Bell(models.Model):
            told = models.ForeignKey("notifications.Notification", models.CASCADE)
        """,
    )
    engine_project.write(
        "blog/migrations/0001_initial.py",
        """
        from django.conf import settings
        from django.db import migrations, models

        class Migration(migrations.Migration):
            dependencies = [
                migrations.swappable_dependency(settings.NOTIFICATIONS_NOTIFICATION_MODEL)
            ]
            operations = [
                migrations.CreateModel(
                    "Bell",
                    [
                        ("id", models.BigAutoField(primary_key=True)),
                        (
                            "told",
                            models.ForeignKey(
                                settings.NOTIFICATIONS_NOTIFICATION_MODEL, models.CASCADE
                            ),
                        ),
                    ],
                )
            ]
        """,
    )

    output = engine_project.manage("makemigrations stream follow", "migrate", "migrate --check")

    assert "Applying blog.0001_initial... OK" in output


# Old names

OLD_MANAGERS = """
from datetime import datetime

from django.contrib.contenttypes.models import ContentType

from stream.contrib.actstream.decorators import stream
from stream.contrib.actstream.managers import ActionManager


class MyActionManager(ActionManager):
    @stream
    def my_stream(self, obj, verb="posted", time=None):
        return obj.actor_actions.filter(verb=verb, timestamp__lte=time or datetime.now())

    @stream
    def of_posts(self):
        return {"target_content_type__model": "post"}
"""
OLD_MODELS = """
from django.conf import settings
from django.db import models
from stream.contrib.actstream import action
from stream.contrib.actstream.actions import follow
from stream.contrib.actstream.models import Action, user_stream


class Post(models.Model):
    title = models.CharField(max_length=50)

    def __str__(self):
        return self.title

    def publish(self, author):
        return action.send(author, verb="posted", target=self)[0][1]


class Pin(models.Model):
    action = models.ForeignKey(Action, models.CASCADE)
"""
OLD_APPS = """
from django.apps import AppConfig
from django.contrib.auth import get_user_model


class BlogConfig(AppConfig):
    name = "blog"

    def ready(self):
        from stream.contrib.actstream import registry

        registry.register(get_user_model(), self.get_model("Post"))
        registry.register("auth.Group")
"""
OLD_SETTINGS = """
import warnings

warnings.simplefilter("ignore", DeprecationWarning)
USE_TZ = False
INSTALLED_APPS.insert(0, "blog")
INSTALLED_APPS += ["stream.contrib.actstream", "stream.contrib.moving.old_actstream"]
INSTALLED_APPS += ["stream.syndication"]
STREAM_ACTION_MANAGER = "blog.managers.MyActionManager"
ROOT_URLCONF = "mysite.urls"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
"""
OLD_URLS = """
from django.urls import include, path

urlpatterns = [
    path("activity/", include("stream.contrib.actstream.urls")),
    path("stream/", include("stream.urls")),
    path("", include("follow.urls")),
    path("feeds/", include("stream.syndication.urls")),
]
"""


@pytest.fixture
def site_by_old_names(engine_project):
    for name, text in (
        ("__init__", ""),
        ("migrations/__init__", ""),
        ("managers", OLD_MANAGERS),
        ("models", OLD_MODELS),
        ("apps", OLD_APPS),
    ):
        engine_project.write(f"blog/{name}.py", text)
    engine_project.write("mysite/urls.py", OLD_URLS)
    engine_project.settings(OLD_SETTINGS)
    return engine_project


def test_site_that_has_changed_its_imports_alone_runs(site_by_old_names):
    output = site_by_old_names.manage(
        "makemigrations blog stream follow --verbosity 0",
        "migrate --verbosity 0",
        "makemigrations --check",
        "check",
        shell(
            """
            from blog.models import Action, Pin, Post, follow, user_stream
            from django.contrib.auth.models import User

            ann, bob = (User.objects.create(username=name) for name in ("ann", "bob"))
            sent = Post.objects.create(title="Hello").publish(ann)
            Pin.objects.create(action=sent)
            follow(bob, ann, send_action=False)
            print(*user_stream(bob), *Action.objects.my_stream(ann), sep="; ")
            print(Action.objects.of_posts().get().target_object_id, sent.actor_url())
            """
        ),
    )

    *said, hello, url = output.splitlines()
    assert "System check identified no issues (0 silenced)." in said
    assert "No changes detected" in said
    assert hello == "; ".join(["ann posted Hello 0 minutes ago"] * 2)
    assert url.startswith("1 /activity/actors/")
    assert url.endswith("/1/")


def test_addresses_of_the_guide_lead_old_links_on(engine_project):
    guide = (projects.REPOSITORY / "docs/moving.md").read_text(encoding="utf-8")
    [lines] = re.findall(r"   # mysite/urls\.py\n(.*?)   ```", guide, re.DOTALL)
    engine_project.write("mysite/urls.py", lines)
    engine_project.settings(
        """
        import warnings

        warnings.simplefilter("ignore", DeprecationWarning)
        ROOT_URLCONF = "mysite.urls"
        ALLOWED_HOSTS = ["testserver"]
        INSTALLED_APPS += ["stream.notifications", "stream.syndication"]
        TEMPLATES = [
            {"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}
        ]
        """
    )
    output = engine_project.manage(
        "check",
        shell(
            """
            from django.test import Client
            for old in ("activity/", "activity/feed/", "inbox/notifications/"):
                answer = Client().get(f"/{old}")
                print(answer.status_code, answer.headers["Location"])
            """
        ),
    )

    assert output.endswith("301 /stream/\n301 /feeds/token/\n301 /notifications/\n")


def test_site_without_the_manager_of_old_names_is_told(site_by_old_names):
    site_by_old_names.settings('STREAM_ACTION_MANAGER = "stream.managers.ActionManager"')

    output = site_by_old_names.manage("check", fails=True)

    assert "(stream.E083) Action.objects does not know the old names" in output
    assert 'STREAM_ACTION_MANAGER = "stream.contrib.actstream.managers.ActionManager"' in output
