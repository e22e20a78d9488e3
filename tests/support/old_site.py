"""The tables of django-activity-stream as its migrations make them, and rows of many kinds."""

import datetime as dt
import uuid
from importlib.util import find_spec
from itertools import pairwise
from random import Random

from django.contrib.contenttypes.models import ContentType
from django.db import connections, models
from django.test.utils import isolate_apps
from django.utils import timezone

ACTIONS, FOLLOWS = "actstream_action", "actstream_follow"
NOTIFICATIONS = "notifications_notification"
START = dt.datetime(2015, 3, 1, 12, tzinfo=dt.UTC)


@isolate_apps("tests.moving")
def old_models(json_field=True):
    """Return models like those of the package: keys of content types, keys of objects as texts."""

    class Action(models.Model):
        id = models.AutoField(primary_key=True)
        actor_content_type_id = models.IntegerField(db_index=True)
        actor_object_id = models.CharField(max_length=255, db_index=True)
        verb = models.CharField(max_length=255, db_index=True)
        description = models.TextField(null=True)
        target_content_type_id = models.IntegerField(null=True, db_index=True)
        target_object_id = models.CharField(max_length=255, null=True, db_index=True)
        action_object_content_type_id = models.IntegerField(null=True, db_index=True)
        action_object_object_id = models.CharField(max_length=255, null=True, db_index=True)
        timestamp = models.DateTimeField(db_index=True, default=timezone.now)
        public = models.BooleanField(db_index=True, default=True)
        data = models.JSONField(null=True) if json_field else models.TextField(null=True)

        class Meta:
            app_label = "moving"
            db_table = ACTIONS

    class Follow(models.Model):
        id = models.AutoField(primary_key=True)
        user_id = models.IntegerField(db_index=True)
        content_type_id = models.IntegerField(db_index=True)
        object_id = models.CharField(max_length=255, db_index=True)
        actor_only = models.BooleanField(default=True)
        flag = models.CharField(max_length=255, db_index=True, default="")
        started = models.DateTimeField(db_index=True, default=timezone.now)

        class Meta:
            app_label = "moving"
            db_table = FOLLOWS
            unique_together = ("user_id", "content_type_id", "object_id", "flag")

    return Action, Follow


@isolate_apps("tests.moving")
def old_notification(own_columns=False):
    """Return a model like that of django-notifications-hq, perhaps with columns of a site."""

    class Notification(models.Model):
        id = models.AutoField(primary_key=True)
        level = models.CharField(max_length=20, default="info")
        recipient_id = models.IntegerField(db_index=True)
        unread = models.BooleanField(default=True, db_index=True)
        actor_content_type_id = models.IntegerField(db_index=True)
        actor_object_id = models.CharField(max_length=255)
        verb = models.CharField(max_length=255)
        description = models.TextField(null=True)
        target_content_type_id = models.IntegerField(null=True, db_index=True)
        target_object_id = models.CharField(max_length=255, null=True)
        action_object_content_type_id = models.IntegerField(null=True, db_index=True)
        action_object_object_id = models.CharField(max_length=255, null=True)
        timestamp = models.DateTimeField(db_index=True, default=timezone.now)
        public = models.BooleanField(default=True, db_index=True)
        deleted = models.BooleanField(default=False, db_index=True)
        emailed = models.BooleanField(default=False, db_index=True)
        data = models.TextField(null=True)  # of the package jsonfield
        if own_columns:
            category = models.CharField(max_length=20, null=True)
            weight = models.IntegerField(null=True)

        class Meta:
            app_label = "moving"
            db_table = NOTIFICATIONS

    return Notification


def make_notifications(using="default", **options):
    """Make the table of notifications; return its model."""
    model = old_notification(**options)
    drop_tables(using, NOTIFICATIONS)
    with connections[using].schema_editor() as editor:
        editor.create_model(model)
    return model


def make_tables(using="default", **options):
    """Make the tables; return their models."""
    made = old_models(**options)
    drop_tables(using)
    with connections[using].schema_editor() as editor:
        for model in made:
            editor.create_model(model)
    return made


def drop_tables(using="default", *tables):
    with connections[using].cursor() as cursor:
        for table in tables or (ACTIONS, FOLLOWS):
            cursor.execute(f"DROP TABLE IF EXISTS {table}")


def named(role, obj):
    """Return the columns by which an old row names an object."""
    prefix = f"{role}_" if role else ""
    kind = ContentType.objects.get_for_model(obj).pk
    return {f"{prefix}content_type_id": kind, f"{prefix}object_id": str(obj.pk)}


def gone(role, model, key):
    """Return the columns by which an old row names what is not there."""
    prefix = f"{role}_" if role else ""
    kind = ContentType.objects.get_for_model(model).pk
    return {f"{prefix}content_type_id": kind, f"{prefix}object_id": str(key)}


# A site with rows of many kinds, in a project whose app ``blog`` has the models below

BLOG = """
import uuid

from django.db import models

class Post(models.Model):
    title = models.CharField(max_length=50)

class Song(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)

class Tag(models.Model):
    name = models.CharField(max_length=50, primary_key=True)
"""
OWN_TABLES = """
class Bookmark(models.Model):
    action = models.ForeignKey("{to}", models.CASCADE, related_name="+")
    note = models.CharField(max_length=20, default="")

class Board(models.Model):
    actions = models.ManyToManyField("{to}", related_name="+")
"""
REGISTER = """
from follow.utils import register
from stream.utils import register_action_object, register_actor, register_target

register_actor(["auth.User", Song])
register_target(["auth.User", Post, Song, Tag])
register_action_object([Post, Tag])
register(["auth.User", Song, Tag])
"""

# The package as far as tables go, for where it is not installed
PACKAGE_MODELS = """
from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.utils.timezone import now

def kind(**options):
    return models.ForeignKey(ContentType, models.CASCADE, related_name="+", **options)

def key(**options):
    return models.CharField(max_length=255, db_index=True, **options)

class Action(models.Model):
    actor_content_type, actor_object_id = kind(), key()
    actor = GenericForeignKey("actor_content_type", "actor_object_id")
    verb, description = key(), models.TextField(blank=True, null=True)
    target_content_type, target_object_id = kind(null=True), key(null=True)
    target = GenericForeignKey("target_content_type", "target_object_id")
    action_object_content_type, action_object_object_id = kind(null=True), key(null=True)
    action_object = GenericForeignKey("action_object_content_type", "action_object_object_id")
    timestamp = models.DateTimeField(default=now, db_index=True)
    public = models.BooleanField(default=True, db_index=True)
    data = models.JSONField(null=True)

class Follow(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    content_type, object_id = kind(), key()
    actor_only = models.BooleanField(default=True)
    started = models.DateTimeField(default=now, db_index=True)
    flag = key(blank=True, default="")

    class Meta:
        unique_together = ("user", "content_type", "object_id", "flag")
"""
REGISTRY = """
from django.contrib.contenttypes.fields import GenericRelation

def register(*models):
    for model in models:
        name = model._meta.label_lower.replace(".", "_")
        for role in ("actor", "target", "action_object"):
            relation = GenericRelation(
                "actstream.Action", f"{role}_object_id", f"{role}_content_type",
                related_query_name=f"actions_with_{name}_as_{role}",
            )
            relation.contribute_to_class(model, f"{role}_actions")
"""
MIGRATIONS = ["0001_initial", "0002_remove_action_data", "0003_add_follow_flag"]


def install_package(project):
    """Install django-activity-stream in a project, or what has its tables and its migrations."""
    settings = "\nINSTALLED_APPS += ['actstream']\nACTSTREAM_SETTINGS = {'USE_JSONFIELD': True}\n"
    if find_spec("actstream"):
        project.settings(settings)
        return
    project.write("actstream/__init__.py", "")
    project.write(
        "actstream/apps.py",
        """
        from django.apps import AppConfig

        class Config(AppConfig):
            name = "actstream"
            default_auto_field = "django.db.models.AutoField"
        """,
    )
    project.write("actstream/models.py", PACKAGE_MODELS)
    project.write("actstream/registry.py", REGISTRY)
    project.write("actstream/migrations/__init__.py", "")
    project.settings(settings)
    project.manage("makemigrations actstream --name initial --verbosity 0")
    for before, name in pairwise(MIGRATIONS):
        project.write(
            f"actstream/migrations/{name}.py",
            f"""
            from django.db import migrations

            class Migration(migrations.Migration):
                dependencies = [("actstream", "{before}")]
            """,
        )


def fill(actions, follows, seed=1):
    """Fill the tables of a site: mixed models, orphans of each role, private actions, flags."""
    from blog.models import Post, Song, Tag
    from django.contrib.auth.models import User

    chance = Random(seed)
    for model, rows in {
        User: [User(username=f"user {number}") for number in range(300)],
        Post: [Post(title=f"Post {number}") for number in range(300)],
        Song: [Song(pk=uuid.UUID(int=chance.getrandbits(128), version=4)) for _ in range(100)],
        Tag: [Tag(name=f"tag{number:03}/é'%") for number in range(100)],
    }.items():
        model.objects.bulk_create(rows)
    kinds = {
        model: ContentType.objects.get_for_model(model).pk for model in (User, Post, Song, Tag)
    }
    keys = {model: list(model.objects.values_list("pk", flat=True)) for model in kinds}
    lost = {User: 10**6, Post: 10**6, Song: uuid.UUID(int=7), Tag: "lost"}

    def some(role, *models, orphans=0.01, empty=0.0):
        if chance.random() < empty:
            return {}
        model = chance.choice(models)
        key = lost[model] if chance.random() < orphans else chance.choice(keys[model])
        return {f"{role}content_type_id": kinds[model], f"{role}object_id": str(key)}

    old_action, old_follow = old_models()
    old_action.objects.bulk_create(
        (
            old_action(
                **some("actor_", User, User, User, Song),
                **some("target_", Post, Song, Tag, User, empty=0.3),
                **some("action_object_", Post, Tag, empty=0.6),
                verb=chance.choice(["liked", "Liked", "commented on", "näht", "started following"]),
                description=chance.choice([None, "", "Zwei Wörter, 100 %"]),
                timestamp=START + dt.timedelta(seconds=chance.random() * 10**8),
                public=chance.random() > 0.1,
                data=chance.choice([None, {}, {"a": [1, {"b": "é"}]}, [1, 2]]),
            )
            for _ in range(actions)
        ),
        batch_size=1000,
    )
    some_follows = {}
    while len(some_follows) < follows:
        target, flag = some("", User, Song, Tag), chance.choice(["", "watching", "Liking"])
        user = chance.choice(keys[User])
        some_follows[user, *target.values(), flag] = old_follow(
            **target,
            user_id=user,
            flag=flag,
            actor_only=chance.random() > 0.5,
            started=START + dt.timedelta(seconds=chance.random() * 10**8),
        )
    old_follow.objects.bulk_create(some_follows.values(), batch_size=1000)


def fill_notifications(count, seed=1):
    """Make the table of django-notifications-hq; fill it beside the actions of ``fill``."""
    from django.contrib.auth.models import User

    chance, old = Random(seed), old_models()[0]
    notification = old_notification()
    if NOTIFICATIONS not in connections["default"].introspection.table_names():
        make_notifications()
    users = list(User.objects.values_list("pk", flat=True))
    columns = [field.name for field in old._meta.fields if "_type_id" in field.name]
    columns += [column.replace("content_type", "object") for column in columns]
    rows = []
    for action in old.objects.order_by("id")[:count]:
        says_the_same = chance.random() < 0.5
        rows.append(
            notification(
                **{column: getattr(action, column) for column in columns},
                recipient_id=chance.choice(users),
                verb=action.verb if says_the_same else "mentioned",
                description=None if says_the_same else chance.choice([None, "", "Ach, 100 %"]),
                timestamp=action.timestamp,
                level=chance.choice(["info", "success", "warning", "error"]),
                unread=chance.random() < 0.4,
                deleted=chance.random() < 0.1,
                emailed=chance.random() < 0.5,
                data=chance.choice([None, "{}", '{"a": 1}', "no JSON"]),
            )
        )
    notification.objects.bulk_create(rows, batch_size=1000)
