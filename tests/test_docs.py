"""The guide is followed page by page, in one project: its files are written, its sessions run."""

import json
import re
from pathlib import Path

import pytest

from tests.projects import Project

DOCS = Path(__file__).resolve().parent.parent / "docs"

# Read in this order, each page going on where the one before it ended. The pages on migrations
# and on taking over a database are followed by tests of their own.
PAGES = [
    "quickstart",
    "registering",
    "sending",
    "following",
    "streams",
    "templates",
    "settings",
    "index",
]

RUN = """
import doctest, json
from pathlib import Path
from django.template import Template

names = {}
for page, language, text in json.loads(Path("blocks.json").read_text()):
    if language == "pycon":
        test = doctest.DocTestParser().get_doctest(text, names, page, page, 0)
        assert test.examples
        assert not doctest.DocTestRunner().run(test, clear_globs=False).failed
        names = test.globs
    elif language == "html+django":
        Template(text)
    else:
        exec(text, names)
print("followed")
"""


def blocks(page):
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    return re.findall(r"^```(pycon|python|html\+django)\n(.*?)^```$", text, re.M | re.S)


@pytest.fixture
def project(tmp_path):
    project = Project(tmp_path)
    project.settings(
        """
        INSTALLED_APPS = [
            "django.contrib.admin",
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.messages",
            "django.contrib.sessions",
        ]
        MIDDLEWARE = [
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ]
        TEMPLATES = [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ]
        ROOT_URLCONF = "mysite.urls"
        """
    )
    project.write("blog/__init__.py", "")
    project.write("blog/migrations/__init__.py", "")
    return project


def test_following_the_guide_works(project):
    to_run = []
    for page in PAGES:
        for language, text in blocks(page):
            file = re.match(r"# (\S+\.py)\n", text)
            if not file:
                to_run.append((page, language, text))
            elif file[1] == "mysite/settings.py":
                project.settings(text)
            else:
                project.write(file[1], text)
    assert len(to_run) > 10
    project.write("blocks.json", json.dumps(to_run))
    project.manage(
        "makemigrations blog stream follow", "migrate --verbosity 0", "check --database default"
    )
    assert project.python(RUN) == "followed\n"
