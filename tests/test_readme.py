"""The README is followed to the letter, in a new project."""

import re
from pathlib import Path

import pytest

from tests.projects import Project

README = Path(__file__).resolve().parent.parent / "README.md"


def blocks(language):
    return re.findall(rf"^```{re.escape(language)}\n(.*?)^```$", README.read_text(), re.M | re.S)


@pytest.fixture
def project(tmp_path):
    """A project as ``startproject`` and ``startapp`` leave it, with the files of the README."""
    project = Project(tmp_path)
    project.settings("INSTALLED_APPS = INSTALLED_APPS[:2]\ndel MIGRATION_MODULES\n")
    project.settings(
        """
        ROOT_URLCONF = "mysite.urls"
        LOGIN_URL = "/login/"
        TEMPLATES = [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": ["django.template.context_processors.request"]
                },
            }
        ]
        """
    )
    project.write("blog/__init__.py", "")
    project.write("blog/migrations/__init__.py", "")
    for block in blocks("python"):
        first_line, _, code = block.partition("\n")
        name = first_line.removeprefix("# ")
        if name == "mysite/settings.py":
            project.settings(code)
        else:
            project.write(name, code)
    (template,) = blocks("html+django")
    name = re.match(r"\{# (\S+) #\}", template).group(1)
    project.write(name, template)
    return project


def test_following_the_readme_gives_a_home_feed(project):
    commands = [
        line.removeprefix("$ python manage.py ")
        for block in blocks("console")
        for line in block.splitlines()
        if "manage.py" in line
    ]
    assert commands == ["makemigrations blog stream follow", "migrate"]
    project.manage(*commands, "makemigrations --check")
    (session,) = blocks("pycon")
    project.write("session.txt", session)
    printed = project.python(
        """
        import doctest
        failures, tests = doctest.testfile("session.txt", module_relative=False)
        assert tests > 10 and not failures
        """
    )
    assert printed == ""
    page = project.python(
        """
        from django.contrib.auth.models import User
        from django.test import Client
        from django.test.utils import setup_test_environment
        setup_test_environment()
        from stream.models import Action
        from stream.streams import user_stream
        from django.test import RequestFactory
        from blog.views import HomeFeed
        request = RequestFactory().get("/")
        request.user = User.objects.get(username="bob")
        print(HomeFeed.as_view()(request).render().content.decode())
        request.user = User.objects.get(username="ann")
        print(HomeFeed.as_view()(request).render().content.decode())
        print(Client().get(Action.objects.get().get_absolute_url()).status_code)
        """
    )
    assert "<p>ann liked Hello, <time" in page
    assert page.endswith("200\n")
    assert "Nothing yet. Follow somebody!" in page


def test_the_promises_of_the_readme_name_real_files():
    for name in re.findall(r"\]\(([\w./-]+)\)", README.read_text()):
        assert (README.parent / name).exists(), name
