"""Migrations that belong to the project, made and run by real commands in temporary projects."""

import re

import pytest

from tests.settings import ENGINE
from tests.support import projects
from tests.support.projects import (
    BLOG,
    BLOG_WITH_COMMENTS,
    CHECK,
    COMMENT,
    IMPORT_ACTION,
    IMPORTS,
    MAKE,
    MIGRATE,
    POST,
    REGISTER_COMMENT,
    REGISTER_POST,
    shell,
)

project = pytest.fixture(projects.project)
engine_project = pytest.fixture(projects.engine_project)

ANN_LIKES_A_POST = """
    from django.contrib.auth.models import User
    from blog.models import Post
    from follow.utils import follow
    from stream.utils import action
    ann = User.objects.create(username="ann")
    post = Post.objects.create(title="Hello")
    follow(ann, post)
    action.send(ann, "liked", target=post)
"""


def set_up(project, models):
    """Make and run the first migrations of a project, with one action and one follow."""
    project.app("blog", models)
    project.manage(MAKE, MIGRATE, shell(ANN_LIKES_A_POST))


def changes(project, app_label, number):
    """Return the names of a migration's operations, in order."""
    [name] = [name for name in project.migrations(app_label) if name.startswith(number)]
    text = project.read_migration(app_label, name)
    return re.findall(r"migrations\.([A-Z]\w+)\(", text)


# The first migrations


def test_check_asks_for_the_first_migrations(project):
    output = project.manage("check")

    for app_label, model in [("stream", "stream.Action"), ("follow", "follow.Follow")]:
        assert (
            f"{model}: ({app_label}.W001) The package 'mysite.migrations_{app_label}' has no "
            f"migrations for '{app_label}' yet.\n"
            f"\tHINT: Run: python manage.py makemigrations {app_label} (until then, migrate and "
        ) in output
    assert "2 issues" in output


def test_first_migrations_make_working_tables(engine_project):
    engine_project.app("blog", BLOG_WITH_COMMENTS)

    output = engine_project.manage(MAKE, MIGRATE, CHECK, "check --database default")

    assert output.endswith("No changes detected\nSystem check identified no issues (0 silenced).\n")
    assert engine_project.migrations("stream") == ["0001_initial"]
    assert engine_project.migrations("follow") == ["0001_initial"]
    engine_project.python(ANN_LIKES_A_POST)
    seen = IMPORT_ACTION + "action = Action.objects.get(); print(action.actor, action.verb)"
    assert engine_project.python(seen) == "ann liked\n"


def test_empty_package_is_asked_for_migrations(project):
    project.write("mysite/migrations_stream/__init__.py", "")

    assert "(stream.W001)" in project.manage("check")


def test_migrations_name_only_what_must_stay_importable(project):
    project.app("blog", BLOG_WITH_COMMENTS)

    project.manage(MAKE)

    text = project.read_migration("stream", "0001_initial")
    assert "('target_post', models.ForeignKey(" in text
    assert "('verb', stream.arc.ExactCharField(" in text
    names = set(re.findall(r"\b((?:stream|follow)\.[\w.]+)", text.partition("class ")[2]))
    assert names == {
        "stream.arc.AtMostOne",
        "stream.arc.ExactCharField",
        "stream.arc.ExactTextField",
    }
    text = project.read_migration("follow", "0001_initial")
    assert "('target_post', models.ForeignKey(" in text
    names = set(re.findall(r"\b((?:stream|follow)\.[\w.]+)", text.partition("class ")[2]))
    assert names == {
        "stream.arc.AtMostOne",
        "stream.arc.ExactCharField",
        "stream.arc.RelatedName",
    }


def test_order_of_apps_changes_no_migration(project):
    project.app("blog", BLOG_WITH_COMMENTS)
    project.app("news", IMPORTS + COMMENT.replace("Comment", "Item") + "register_actor(Item)")
    project.manage(MAKE + " news")

    project.settings("INSTALLED_APPS.reverse()")

    assert project.manage(CHECK) == "No changes detected\n"


def test_verbs_change_no_migration(project):
    project.app("blog", BLOG)
    project.manage(MAKE)

    project.settings("STREAM_VERBS = [('liked', 'Liked')]")

    assert project.manage(CHECK) == "No changes detected\n"


def test_migrations_can_be_switched_off(project):
    project.settings("MIGRATION_MODULES = {'stream': None, 'follow': None}")
    project.app("blog", BLOG)

    output = project.manage("check", "makemigrations blog", f"{MIGRATE} --run-syncdb")

    assert "no issues" in output
    assert "stream" not in output
    project.python(ANN_LIKES_A_POST)


# Later changes


def test_second_model_gets_its_columns(engine_project):
    set_up(engine_project, BLOG)

    engine_project.app("blog", BLOG_WITH_COMMENTS)
    engine_project.manage(MAKE, MIGRATE, CHECK)

    for app_label in ("stream", "follow"):
        assert "AddField" in changes(engine_project, app_label, "0002")
        assert "AlterField" not in changes(engine_project, app_label, "0002")
    output = engine_project.python(
        IMPORT_ACTION
        + """
from blog.models import Comment
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from stream.utils import action
comment = Comment.objects.create()
new = action.send(User.objects.get(), "liked", target=comment)
print([each.target._meta.label for each in Action.objects.all()])
try:
    with transaction.atomic():
        Action.objects.filter(pk=new.pk).update(target_post=Follow.objects.get().target)
except IntegrityError:
    print("one target at most")
"""
    )
    assert output == "['blog.Comment', 'blog.Post']\none target at most\n"


ANN_FOLLOWS_A_COMMENT = """
from django.contrib.auth.models import User
from blog.models import Comment
from follow.utils import follow

follow(User.objects.get(), Comment.objects.create(text="Hi"))
"""


def test_unregistered_model_loses_its_columns(engine_project):
    set_up(engine_project, BLOG_WITH_COMMENTS)
    engine_project.python(ANN_FOLLOWS_A_COMMENT)

    engine_project.app("blog", BLOG)
    engine_project.manage(MAKE, MIGRATE, CHECK)

    for app_label in ("stream", "follow"):
        assert "RemoveField" in changes(engine_project, app_label, "0002")
    as_the_page_says = "print(Follow.objects.filter(Follow.target.q_none()).delete()[0])\n"
    seen = "print(Action.target.columns, Action.objects.get().target, Follow.objects.get().target)"
    assert engine_project.python(IMPORT_ACTION + as_the_page_says + seen) == (
        "1\n['target_post'] Post object (1) Post object (1)\n"
    )


def test_deleted_model_is_unregistered_in_the_same_run(engine_project):
    set_up(engine_project, BLOG_WITH_COMMENTS)

    engine_project.app("blog", IMPORTS + POST + REGISTER_POST)
    engine_project.manage("makemigrations", MIGRATE, CHECK)

    seen = "print(Action.objects.get().target.title)"
    assert engine_project.python(IMPORT_ACTION + seen) == "Hello\n"


NEWS = IMPORTS + COMMENT.replace("Comment", "Item")


def test_app_is_removed_as_the_page_says(engine_project):
    engine_project.app("blog", BLOG)
    engine_project.app("news", f"{NEWS}register_target(Item)\nregister(Item)\n")
    engine_project.manage(f"{MAKE} news", MIGRATE, shell(ANN_LIKES_A_POST))

    engine_project.app("news", NEWS)
    engine_project.manage("makemigrations stream follow", MIGRATE)
    for app_label in ("stream", "follow"):
        for name in engine_project.migrations(app_label):
            (engine_project.path / f"mysite/migrations_{app_label}/{name}.py").unlink()
    engine_project.settings("INSTALLED_APPS.remove('news')")
    engine_project.manage(
        "makemigrations stream follow",
        "migrate stream --prune",
        "migrate follow --prune",
        CHECK,
        "check --database default",
    )

    engine_project.app("blog", BLOG_WITH_COMMENTS)
    engine_project.manage(MAKE, MIGRATE, CHECK)
    seen = "print(Action.objects.get().target, Action.target.columns)"
    assert engine_project.python(IMPORT_ACTION + seen) == (
        "Post object (1) ['target_comment', 'target_post']\n"
    )


def test_migration_in_an_installed_package_is_told(project):
    project.app("shop", f"from django.db import models\n{POST}")
    project.settings("DEFAULT_AUTO_FIELD = 'django.db.models.AutoField'")
    project.manage("makemigrations shop --verbosity 0")
    project.write("shop_by_others-1.0.dist-info/METADATA", "Name: shop-by-others\nVersion: 1.0\n")
    project.write("shop_by_others-1.0.dist-info/top_level.txt", "shop\n")
    files = ["shop/__init__.py", "shop/migrations/__init__.py", "shop/migrations/0001_initial.py"]
    project.write("shop_by_others-1.0.dist-info/RECORD", "".join(f"{each},,\n" for each in files))
    project.app("blog", "from stream.utils import register_target\nregister_target('shop.Post')\n")
    said = project.manage("makemigrations stream follow --verbosity 0", MIGRATE)
    assert "W005" not in said

    project.settings("DEFAULT_AUTO_FIELD = 'django.db.models.BigAutoField'")
    (project.path / "mysite/migrations_stream/0001_initial.py").unlink()
    said = project.manage("makemigrations stream --verbosity 0", "check --database default")
    assert (project.path / "shop/migrations/0002_alter_post_id.py").exists()
    assert (
        "stream.Action: (stream.W005) The migrations of 'stream' depend on "
        "shop.0002_alter_post_id, which is not part of shop-by-others: other installations do not "
        "have it.\n\tHINT: Delete the file 0002_alter_post_id.py in shop.migrations, and make the "
        "migrations of 'stream' anew once makemigrations shop --dry-run finds no changes.\n"
    ) in said
    assert said.count("W005") == 1

    project.settings("\nMIGRATION_MODULES['shop'] = 'mysite.migrations_shop'")
    (project.path / "mysite/migrations_stream/0001_initial.py").unlink()
    said = project.manage("makemigrations shop stream --verbosity 0", "check --database default")
    assert "W005" not in said


RENAMED = (IMPORTS + POST + COMMENT).replace("class Post", "class Article") + REGISTER_COMMENT


def test_renamed_model_keeps_its_column_by_field_name(engine_project):
    set_up(engine_project, BLOG_WITH_COMMENTS)

    registered = """
register_actor("auth.User")
register_target(Article, field_name="target_post")
register(Article, field_name="target_post")
"""
    engine_project.app("blog", RENAMED + registered)
    output = engine_project.manage("makemigrations", MIGRATE, CHECK, stdin="y\n")

    assert "Was the model blog.Post renamed to Article? [y/N]" in output
    assert engine_project.migrations("stream") == ["0001_initial"]
    assert engine_project.migrations("follow") == ["0001_initial"]
    seen = "print(Action.objects.get().target.title, Follow.objects.get().target_post.title)"
    assert engine_project.python(IMPORT_ACTION + seen) == "Hello Hello\n"


def test_renamed_model_renames_its_columns(engine_project):
    set_up(engine_project, BLOG_WITH_COMMENTS)

    registered = """
register_actor("auth.User")
register_target(Article)
register(Article)
"""
    engine_project.app("blog", RENAMED + registered)
    output = engine_project.manage("makemigrations", MIGRATE, CHECK, stdin="y\ny\ny\n")

    assert "Was action.target_post renamed to action.target_article (a ForeignKey)? [y/N]" in output
    assert "Was follow.target_post renamed to follow.target_article (a ForeignKey)? [y/N]" in output
    seen = "print(Action.objects.get().target.title, Follow.objects.get().target_article.title)"
    assert engine_project.python(IMPORT_ACTION + seen) == "Hello Hello\n"


def test_column_is_renamed_by_field_name(engine_project):
    set_up(engine_project, BLOG_WITH_COMMENTS)

    renamed = "register_target(Post, field_name='target_article')"
    engine_project.app("blog", BLOG_WITH_COMMENTS.replace("register_target(Post)", renamed))
    output = engine_project.manage("makemigrations stream", MIGRATE, CHECK, stdin="y\n")

    assert "Was action.target_post renamed to action.target_article (a ForeignKey)? [y/N]" in output
    assert "RenameField" in changes(engine_project, "stream", "0002")
    seen = "print(Action.objects.get().target_article.title)"
    assert engine_project.python(IMPORT_ACTION + seen) == "Hello\n"


def test_migrations_go_back_and_forward(engine_project):
    set_up(engine_project, BLOG)
    engine_project.app("blog", BLOG_WITH_COMMENTS)
    engine_project.manage(MAKE, MIGRATE)

    engine_project.manage(
        "migrate stream 0001 --verbosity 0",
        "migrate follow 0001 --verbosity 0",
        MIGRATE,
    )
    seen = "print(Action.objects.get().target == Follow.objects.get().target)"
    assert engine_project.python(IMPORT_ACTION + seen) == "True\n"
    engine_project.manage(
        "migrate stream zero --verbosity 0",
        "migrate follow zero --verbosity 0",
        MIGRATE,
        CHECK,
    )

    assert engine_project.python(IMPORT_ACTION + "print(Action.objects.count())") == "0\n"


def test_check_of_the_database_names_the_missing_column(engine_project):
    set_up(engine_project, BLOG)

    engine_project.app("blog", BLOG_WITH_COMMENTS)
    output = engine_project.manage("check --database default")

    for app_label, column in [
        ("stream", "stream.Action.target_comment"),
        ("follow", "follow.Follow.target_comment"),
    ]:
        assert (
            f"({app_label}.W002) {column} has no column in the database 'default'.\n"
            f"\tHINT: Run: python manage.py makemigrations {app_label}; python manage.py migrate\n"
        ) in output
    assert "2 issues" in output

    engine_project.manage("makemigrations stream follow --verbosity 0")
    output = engine_project.manage("check --database default", "migrate --verbosity 1")
    assert "W002" not in output  # of what migrate is about to add


if ENGINE == "postgresql":

    def test_documented_migration_of_a_large_table_makes_the_same_tables(engine_project):
        set_up(engine_project, BLOG)
        page = (projects.REPOSITORY / "docs/migrations.md").read_text(encoding="utf-8")
        for name, code in re.findall(r"^```python\n# (mysite/\S+)\n(.*?)^```", page, re.M | re.S):
            engine_project.write(name, code)

        engine_project.app("blog", BLOG_WITH_COMMENTS)
        output = engine_project.manage("makemigrations follow", MIGRATE, CHECK)

        assert output.endswith("No changes detected\n")
        assert engine_project.migrations("stream")[1:] == [
            "0002_target_comment",
            "0003_validate_target_arc",
        ]


# Models that build on Action


def test_proxy_and_child_of_action_see_fields_registered_later(engine_project):
    engine_project.app(
        "blog",
        BLOG
        + """
from stream.models import Action

class Liking(Action):
    class Meta:
        proxy = True

class Rating(Action):
    stars = models.IntegerField()

for each in (Liking, Rating):
    each._meta.fields  # fills a cache

register_target(Comment)
""",
    )
    engine_project.manage("makemigrations blog stream follow", MIGRATE, CHECK)

    output = engine_project.python(
        """
from blog.models import Comment, Liking, Rating
from django.contrib.auth.models import User
ann = User.objects.create(username="ann")
comment = Comment.objects.create(text="Hello")
for model, more in [(Liking, {}), (Rating, {"stars": 5})]:
    model.objects.create(actor=ann, verb="liked", target=comment, **more)
    print(model.objects.filter(target_comment__text="Hello").latest().target == comment)
"""
    )
    assert output == "True\nTrue\n"
