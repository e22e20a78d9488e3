"""A project whose models publish themselves: its migrations, its fixtures, its columns."""

import pytest

from tests.support import projects
from tests.support.projects import CHECK, MAKE, MIGRATE

engine_project = pytest.fixture(projects.engine_project)

MODELS = """
from django.db import models

from stream.activity import Activity


class Photo(Activity):
    user = models.ForeignKey("auth.User", models.CASCADE)
    title = models.CharField(max_length=50)
    created_at = models.DateTimeField(auto_now_add=True)
"""
OF_OLD = MODELS.replace("from stream.activity import Activity\n", "Activity = models.Model\n")

DATA_MIGRATION = """
from django.db import migrations


def write(apps, schema_editor):
    user = apps.get_model("auth", "User").objects.create(username="ann")
    Photo = apps.get_model("blog", "Photo")
    Photo.objects.create(user=user, title="by migration")
    Photo.objects.bulk_create([Photo(user=user, title="in bulk")])


class Migration(migrations.Migration):
    dependencies = [("blog", "0001_initial"), ("auth", "0012_alter_user_first_name_max_length")]
    operations = [migrations.RunPython(write, migrations.RunPython.noop)]
"""

COUNT = """
from blog.models import Photo
from stream.models import Action
print(Photo.objects.count(), Action.objects.count(), Action.origin.columns, Action.actor.columns)
"""


def test_migrations_and_fixtures_publish_nothing(engine_project):
    engine_project.app("blog", MODELS)
    engine_project.manage(MAKE)
    engine_project.write("blog/migrations/0002_write.py", DATA_MIGRATION)
    engine_project.manage(MIGRATE, CHECK, "check --database default")
    assert engine_project.python(COUNT) == "2 0 ['origin_blog_photo'] ['actor_user']\n"

    engine_project.manage(
        "dumpdata blog auth --output all.json", "flush --no-input", "loaddata all.json"
    )
    assert engine_project.python(COUNT).startswith("2 0 ")

    published = "from blog.models import Photo; print(Photo.objects.publish_activities())"
    assert engine_project.python(published) == "2\n"
    engine_project.manage("dumpdata blog auth stream --output all.json", "flush --no-input")
    engine_project.manage("loaddata all.json")
    assert engine_project.python(COUNT).startswith("2 2 ")


def test_a_model_may_publish_itself_later_on(engine_project):

    engine_project.app("blog", OF_OLD)
    engine_project.manage(MAKE, MIGRATE)
    engine_project.app("blog", MODELS)
    engine_project.manage("makemigrations", MIGRATE, CHECK, "check --database default")
    assert len(engine_project.migrations("stream")) == 2
    assert engine_project.python(COUNT) == "0 0 ['origin_blog_photo'] ['actor_user']\n"
