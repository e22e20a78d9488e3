"""What a project is told that is not set up: forgotten settings, impossible registrations."""

import shutil

import pytest

from tests.support import projects
from tests.support.projects import BLOG, CHECK, IMPORT_ACTION, IMPORTS, MIGRATE, POST

project = pytest.fixture(projects.project)


# The forgotten setting


@pytest.fixture
def forgetful_project(project):
    """A project without the setting, and with copies of the packages to see what is written."""
    for package in ("stream", "follow"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(projects.REPOSITORY / package, project.path / package, ignore=ignored)
    project.settings("del MIGRATION_MODULES")
    project.app("blog", BLOG)
    return project


def files(project):
    return {path: path.read_bytes() for path in project.path.rglob("*") if path.is_file()}


# Of Django 6.1 it checks the databases, too.
CHECKS = pytest.mark.parametrize("check", ["check", "check --database default"])


@CHECKS
@pytest.mark.parametrize("app_label", ["stream", "follow"])
def test_check_names_the_setting_to_write(forgetful_project, app_label, check):
    output = forgetful_project.manage(check, fails=True)

    says = f"({app_label}.E001) The migrations of '{app_label}' must live in your project.\n"
    assert says in output
    assert "\tHINT: Add to your settings:\n\n    MIGRATION_MODULES = {\n" in output
    assert f'        "{app_label}": "mysite.migrations_{app_label}",\n' in output
    assert "python manage.py makemigrations stream follow" in output
    assert "2 issues" in output


@pytest.mark.parametrize(
    "command",
    [
        "makemigrations",
        "makemigrations --skip-checks",
        "makemigrations stream follow --skip-checks",
        "makemigrations --empty stream --skip-checks",
        "migrate",
        "migrate --skip-checks",
        "showmigrations",
    ],
)
def test_nothing_is_written_into_the_packages(forgetful_project, command):
    before = files(forgetful_project)

    output = forgetful_project.manage(command, fails=True)

    # SQLite makes an empty file when it is connected to
    after = files(forgetful_project)
    after.pop(forgetful_project.path / "db.sqlite3", None)
    assert after == before
    assert 'MIGRATION_MODULES = {\n        "' in output


def test_skipped_checks_do_not_hide_the_setting_to_write(forgetful_project):
    output = forgetful_project.manage("makemigrations --skip-checks", fails=True)

    assert "ImproperlyConfigured: 'follow' has no migrations of its own" in output
    assert '        "stream": "mysite.migrations_stream",\n' in output
    assert '        "follow": "mysite.migrations_follow",\n' in output


@CHECKS
def test_module_inside_the_package_is_an_error(project, check):
    project.settings("MIGRATION_MODULES = {'stream': 'stream.foo', 'follow': 'follow.foo.bar'}")

    output = project.manage(check, fails=True)

    assert "(stream.E001)" in output
    assert "(follow.E001)" in output


# Registrations that cannot be


def test_typo_is_reported_as_typed(project):
    project.app("blog", IMPORTS + POST + "register_actor('blog.Psot')")

    output = project.manage("check", fails=True)

    assert (
        "(models.E022) register_actor('blog.Psot') contains a lazy reference to blog.psot, "
        "but app 'blog' doesn't provide model 'psot'.\n"
    ) in output


def test_app_stream_not_installed_is_reported_as_typed(project):
    project.app("blog", IMPORTS + POST + "register_actor(Post)")
    project.settings("INSTALLED_APPS.remove('stream')\nINSTALLED_APPS.remove('follow')")

    output = project.manage("check", fails=True)

    assert (
        "(models.E022) register_actor(blog.Post) contains a lazy reference to stream.action, "
        "but app 'stream' isn't installed.\n"
    ) in output


def test_two_models_of_one_name_need_a_field_name(project):
    models = IMPORTS + POST.replace("Post", "User")
    project.app("crm", models + "register_actor(['auth.User', User])")

    output = project.manage("check", fails=True)

    assert (
        "ImproperlyConfigured: register_actor(crm.User): the column 'actor_user' is already used "
        "for auth.User; pass field_name='actor_crm_user'."
    ) in output


def test_two_models_of_one_name_work_with_a_field_name(project):
    registered = "register_actor('auth.User')\nregister_actor(User, field_name='actor_crm_user')"
    project.app("crm", IMPORTS + POST.replace("Post", "User") + registered)

    project.manage("makemigrations crm stream follow", MIGRATE, CHECK)

    output = project.python(
        IMPORT_ACTION
        + """
from crm.models import User
from stream.utils import action
user = User.objects.create()
print(action.send(user, "called").actor == user, user.actions_user.count())
"""
    )
    assert output == "True 1\n"


def test_abstract_model_cannot_be_registered(project):
    abstract = POST + "    class Meta:\n        abstract = True\n"
    project.app("blog", IMPORTS + abstract + "register_target(Post)")

    output = project.manage("check", fails=True)

    assert (
        "ImproperlyConfigured: register_target(blog.Post): an abstract model has no table; "
        "register its subclasses."
    ) in output


def test_swapped_user_model_cannot_be_registered(project):
    user = """
from django.contrib.auth.models import AbstractUser
class Person(AbstractUser):
    pass
"""
    project.app("people", IMPORTS + user + "register_actor('auth.User')")
    project.settings("AUTH_USER_MODEL = 'people.Person'")

    output = project.manage("check", fails=True)

    assert (
        "ImproperlyConfigured: register_actor('auth.User'): auth.User is swapped for "
        "people.Person; pass settings.AUTH_USER_MODEL."
    ) in output


def test_composite_key_cannot_be_registered(project):
    key = "    pk = models.CompositePrimaryKey('id', 'title')\n    id = models.IntegerField()\n"
    project.app("blog", IMPORTS + POST + key + "register_action_object(Post)")

    output = project.manage("check", fails=True)

    assert (
        "ImproperlyConfigured: register_action_object(blog.Post): blog.Post has a composite "
        "primary key, to which no foreign key can point; register a model with a single "
        "primary key."
    ) in output


def test_registration_after_start_up_says_where_to_call_it(project):
    project.app("blog", IMPORTS + POST)
    urls = "from blog.models import *\nregister_actor(Post)\nurlpatterns = []\n"
    project.write("mysite/urls.py", urls)
    project.settings("ROOT_URLCONF = 'mysite.urls'")

    for command in ["check", 'shell -c "from blog.models import *; register_actor(Post)"']:
        output = project.manage(command, fails=True)
        assert (
            "ImproperlyConfigured: register_actor(blog.Post): the site has started already, its "
            "tables are set; call it in models.py or in AppConfig.ready()."
        ) in output


# An app that is forgotten


@pytest.mark.parametrize("app", ["syndication", "notifications"])
def test_addresses_of_an_app_that_is_not_installed_name_it(project, app):
    project.settings('ROOT_URLCONF = "mysite.urls"')
    project.write(
        "mysite/urls.py",
        f"""
        from django.urls import include, path

        urlpatterns = [path("", include("stream.{app}.urls"))]
        """,
    )
    said = f"stream.{app}: the app is not installed; add 'stream.{app}' to INSTALLED_APPS."
    assert said in project.manage("check", fails=True)
