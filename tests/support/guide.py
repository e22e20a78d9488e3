"""The site of the guide: the blocks of its pages are written as files or run."""

import json
import re
from pathlib import Path

from tests.support.projects import Project

DOCS = Path(__file__).resolve().parents[2] / "docs"

RUN = """
import ast, doctest, json, re
from pathlib import Path
from django.apps import apps
from django.template import Template, engines

names = {}
same = doctest.OutputChecker().check_output

def run(text, names):
    # A comment after a statement says what it raises.
    lines = [*text.splitlines(), ""]
    for statement in ast.parse(text).body:
        code = compile(ast.Module([statement], []), page, "exec")
        said = re.fullmatch(r"# ([A-Z]\\w+: .+)", lines[statement.end_lineno])
        if not said:
            exec(code, names)
            continue
        try:
            exec(code, names)
        except Exception as error:
            raised = f"{type(error).__name__}: {error}".splitlines()[0]
        else:
            raised = "nothing"
        assert same(said[1], raised, doctest.ELLIPSIS), f"{said[1]} was to be raised: {raised}"

def run_at_the_start(text, names):
    apps.ready_event.clear()
    try:
        run(text, names)
    finally:
        apps.ready_event.set()

for page, language, text in json.loads(Path("blocks.json").read_text()):
    if language == "pycon":
        test = doctest.DocTestParser().get_doctest(text, names, page, page, 0)
        assert test.examples
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
        assert not runner.run(test, clear_globs=False).failed
        names = test.globs
    elif language == "html+django":
        Template(text)
    elif language == "html+jinja":
        engines["jinja2"].from_string(text)
    elif text.startswith("# blog/models.py, refused"):
        from blog import models

        run_at_the_start(text, dict(vars(models)))
    else:
        run(text, names)
print("followed")
"""


def blocks(page):
    text = (DOCS / f"{page}.md").read_text(encoding="utf-8")
    return re.findall(r"^```(pycon|python|html\+django|html\+jinja)\n(.*?)^```$", text, re.M | re.S)


def write_files(project, blocks):
    """Write the blocks that name a file; return those to run, without settings that are refused."""
    others = []
    for language, text in blocks:
        file = re.match(r"(?:# (\S+\.py)|\{# (\S+\.html) #\})(, refused|, added)?\n", text)
        if not file or (file[1] == "blog/models.py" and file[3] == ", refused"):
            others.append((language, text))
        elif file[3] == ", refused":
            continue
        elif file[3]:
            path = project.path / file[1]
            path.write_text(f"{path.read_text(encoding='utf-8')}\n\n{text}", encoding="utf-8")
        elif file[1] == "mysite/settings.py":
            project.settings(text)
        else:
            project.write(file[1] or file[2], text)
    return others


def follow_pages(project, pages, settings=""):
    """Write the files of the pages and some settings, migrate, and run their sessions."""
    to_run = []
    for page in pages:
        to_run += [(page, *block) for block in write_files(project, blocks(page))]
    project.settings(settings)
    project.write("blocks.json", json.dumps(to_run))
    project.manage(
        "makemigrations blog stream follow", "migrate --verbosity 0", "check --database default"
    )
    assert project.python(RUN) == "followed\n"
    return to_run


def make_site(path):
    """Make a project for the files of the pages, with the settings that ``startproject`` writes."""
    project = Project(path)
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
        ALLOWED_HOSTS = ["localhost"]
        """
    )
    project.write("blog/__init__.py", "")
    project.write("blog/migrations/__init__.py", "")
    return project
