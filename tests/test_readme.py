"""The README is followed to the letter, in a new project."""

import os
import re
import shutil
import subprocess
import sys
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
    shutil.rmtree(tmp_path / "mysite")
    plain = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    for command in ("startproject mysite .", "startapp blog"):
        call = [sys.executable, "-m", "django", *command.split()]
        subprocess.run(call, cwd=tmp_path, env=plain, check=True)
    for block in blocks("python"):
        first_line, _, code = block.partition("\n")
        name = first_line.removeprefix("# ")
        if name == "mysite/settings.py":
            project.settings(code)
        else:
            project.write(name, code)
    (template,) = blocks("html+django")
    project.write("template.html", template)
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
    pages = project.python(
        """
        from django.test import Client
        from stream.models import Action
        visitor = Client(headers={"host": "localhost"})
        print(visitor.get("/", follow=True).redirect_chain)
        bob = {"username": "bob", "password": "bob"}
        print(visitor.post("/accounts/login/", bob, follow=True).content.decode())
        from django.template import RequestContext, Template
        from django.test import RequestFactory
        from blog.models import Post
        from django.contrib.auth.models import User
        request = RequestFactory().get("/")
        request.user = User.objects.get(username="bob")
        context = {"post": Post.objects.get(), "author": User.objects.get(username="ann")}
        template = Template(open("template.html").read())
        print("TEMPLATE", template.render(RequestContext(request, context)))
        Action.objects.all().delete()
        print("EMPTY", template.render(RequestContext(request, context)))
        """
    )
    assert "[('/stream/', 302), ('/accounts/login/?next=/stream/', 302)]" in pages
    page, shown, empty = re.split("TEMPLATE|EMPTY", pages)
    assert "liked" in page
    assert "Your feed" in page
    assert "liked" in shown
    assert "Unfollow" in shown
    assert "Nothing yet. Be the first!" in empty


def test_the_promises_of_the_readme_name_real_files():
    for name in re.findall(r"\]\(([\w./-]+)\)", README.read_text()):
        assert (README.parent / name).exists(), name
