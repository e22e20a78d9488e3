"""The guide is followed page by page, in one project: its files are written, its sessions run."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys

import pytest
from django.apps import apps
from django.template import engines
from django.template.loader import get_template
from django.urls import get_resolver
from django.utils.module_loading import import_string

from tests.support.guide import DOCS, RUN, blocks, follow_pages, make_site, write_files
from tests.support.projects import Project

# Read in this order, each page going on where the one before it ended. The pages on migrations
# and on taking over a database are followed by tests of their own.
PAGES = [
    "quickstart",
    "registering",
    "sending",
    "following",
    "streams",
    "feeds",
    "templates",
    "models",
    "pages",
    "looks",
    "admin",
    "syndication",
    "settings",
    "index",
]


@pytest.fixture
def project(tmp_path):
    return make_site(tmp_path)


def test_following_the_guide_works(project):
    assert len(follow_pages(project, PAGES)) > 10


def test_following_the_page_on_the_api_works(project):
    assert len(follow_pages(project, ["quickstart", "api"])) > 5
    project.manage("spectacular --validate --fail-on-warn --file schema.yml")


def test_following_the_pages_on_timelines_works(project):
    no_broker = 'CELERY_BROKER_URL = "memory://"'
    pages = ["quickstart", "timelines", "timelines-celery"]
    assert len(follow_pages(project, pages, no_broker)) > 8


def test_following_the_page_on_live_updates_works(project):
    assert len(follow_pages(project, ["quickstart", "live"])) > 4


def test_following_the_page_on_security_works(project):
    project.settings(
        "INSTALLED_APPS += ['stream.notifications', 'stream.syndication', 'stream.timelines']"
    )
    assert len(follow_pages(project, ["quickstart", "security"])) > 5


def test_following_the_page_on_tests_works(project):
    project.settings("MIGRATION_MODULES['blog'] = None")
    assert len(follow_pages(project, ["quickstart", "testing"])) > 4
    assert "Ran 1 test" in project.manage("test blog --verbosity 1")
    run_pytest = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "blog"]
    environment = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "mysite.settings"}
    environment["PYTHONPATH"] = os.pathsep.join([str(project.path), str(DOCS.parent)])
    ran = subprocess.run(
        run_pytest, cwd=project.path, env=environment, capture_output=True, text=True
    )
    assert "2 passed" in ran.stdout, ran.stdout + ran.stderr


def test_following_the_page_on_models_that_publish_works(project):
    assert len(follow_pages(project, ["quickstart", "publishing"])) > 4


def test_following_the_page_on_notifications_works(project):
    project.settings(
        """
        import django

        if django.VERSION >= (6, 1):
            MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
        else:
            EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        """
    )
    assert len(follow_pages(project, ["quickstart", "notifications"])) > 8
    project.manage("makemigrations --check", "migrate stream_notifications zero --verbosity 0")


def test_following_the_page_on_web_push_and_webhooks_works(project):
    assert len(follow_pages(project, ["quickstart", "channels"])) > 3


def test_following_the_page_on_other_packages_works(project):
    assert len(follow_pages(project, ["quickstart", "coming-from"])) > 2


# The quickstart, in a project as ``startproject`` and ``startapp`` leave it

BROWSE = """
import re
from django.test import Client

def sign_in(name):
    visitor = Client(headers={"host": "localhost"})
    page = visitor.get("/stream/", follow=True)
    assert page.redirect_chain == [("/accounts/login/?next=/stream/", 302)], page.redirect_chain
    asked = {"username": name, "password": name, "next": "/stream/"}
    return visitor, visitor.post("/accounts/login/", asked, follow=True).content.decode()

def press(visitor, page, button):
    assert f'aria-label="{button}"' in page, page
    address = re.search('method="post" action="(/(?:un)?follow/.+?)"', page)[1]
    came_from = re.search('name="next" value="(.+?)"', page)[1]
    return visitor.post(address, {"next": came_from}, follow=True).content.decode()

bob, feed = sign_in("bob")
post = re.search('<a href="([^"]+)">Hello</a>', feed)[1]
assert "Following Hello: unfollow" in press(bob, bob.get(post).content.decode(), "Follow Hello")
assert 'name="title"' in bob.get("/write/").content.decode()
written = bob.post("/write/", {"title": "My day"}, follow=True).content.decode()
assert ">bob</a> wrote" in written, written

ann, feed = sign_in("ann")
assert "Your feed is empty." in feed
assert "My day" in press(ann, feed, "Follow bob")
print("seen")
"""


RACE = """
from concurrent.futures import ThreadPoolExecutor
from django.contrib.auth.models import User
from django.db import OperationalError, connection
from follow.utils import toggle
from stream.models import Action

users = list(User.objects.all())

def be_busy(number):
    failed = 0
    for turn in range(20):
        try:
            Action.objects.get_or_create(users[number % 2], f"raced {turn}")
            toggle(users[0], users[1], flag=str(turn % 3))
        except OperationalError:
            failed += 1
    connection.close()
    return failed

with ThreadPoolExecutor(4) as pool:
    print(sum(pool.map(be_busy, range(4))), "failed")
"""


def test_following_the_quickstart_gives_a_home_feed(tmp_path):
    project = Project(tmp_path)
    shutil.rmtree(tmp_path / "mysite")
    text = (DOCS / "quickstart.md").read_text(encoding="utf-8")
    commands = re.findall(r"^\$ (?:django-admin|python manage\.py) (.+)$", text, re.M)
    start, make = commands[:2], commands[2:-1]
    assert (start[0], commands[-1]) == ("startproject mysite .", "runserver")
    plain = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    for command in start:
        call = [sys.executable, "-m", "django", *command.split()]
        subprocess.run(call, cwd=tmp_path, env=plain, check=True)
    session = write_files(project, blocks("quickstart"))
    project.manage(*make, "makemigrations --check")
    project.write("blocks.json", json.dumps([("quickstart", *block) for block in session]))
    assert project.python(RUN) == "followed\n"
    assert project.python(BROWSE) == "seen\n"
    assert project.python(RACE) == "0 failed\n"
    assert "stream.W076" not in project.manage("check --deploy --fail-level CRITICAL")


# The page on errors


def test_each_error_of_a_call_reads_as_on_the_page(project):
    followed = follow_pages(project, ["quickstart", "errors"])
    assert sum(len(re.findall(r"^# [A-Z]\w+: ", text, re.M)) for _, _, text in followed) > 80


def refusals():
    """Return the lines of settings that are refused, and the last words of Django then."""
    text = (DOCS / "errors.md").read_text(encoding="utf-8")
    refused = r"^```python\n# mysite/settings\.py, refused\n([^`]*)\n# ([A-Z]\w+: .+\n)```$"
    return re.findall(refused, text, re.M)


@pytest.mark.parametrize(("lines", "said"), refusals())
def test_settings_that_are_refused_at_the_start_are_refused_in_these_words(project, lines, said):
    write_files(project, blocks("quickstart"))
    project.settings(lines)
    assert project.manage("check", fails=True).endswith(said)


# Answers to requests, which people see in their browser and not in a traceback
ANSWERS = {"BadRequest", "EmptyResultSet", "Http404", "IncorrectLookupParameters"}
# What a caller of ours catches
CAUGHT = {"redis.ConnectionError", "signing.BadSignature"}


def raised():
    """Yield the longest fixed part of each message that is raised, and where."""
    root = DOCS.parent
    for path in [*(root / "stream").rglob("*.py"), *(root / "follow").rglob("*.py")]:
        if "api" in path.relative_to(root).parts or path.stem.startswith("admin_"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Raise) or not isinstance(node.exc, ast.Call):
                continue
            texts = [
                each.value
                for each in ast.walk(node.exc)
                if isinstance(each, ast.Constant) and isinstance(each.value, str)
            ]
            if ast.unparse(node.exc.func) not in ANSWERS | CAUGHT and texts:
                yield max(texts, key=len).partition("%(")[0], f"{path.name}:{node.lineno}"


def test_each_message_that_is_raised_is_on_the_page():
    text = (DOCS / "errors.md").read_text(encoding="utf-8")
    found = list(raised())
    assert len(found) > 40
    assert [(each, where) for each, where in found if each not in text] == []


def test_each_check_has_an_id_of_its_own():
    text = (DOCS / "checks.md").read_text(encoding="utf-8")
    ids = re.findall(r"^\| `(\w+\.[EW]\d+)`", text, re.MULTILINE)
    assert len(ids) > 60
    assert len(ids) == len(set(ids))


# The page on other packages


def names_here():
    """Return the names in the second column of the tables."""
    text = (DOCS / "coming-from.md").read_text(encoding="utf-8").replace("\\|", "/")
    rows = [line.split("|") for line in text.splitlines() if line.startswith("| ")]
    cells = [cell[2].strip() for cell in rows if cell[2].strip() not in ("here", "—")]
    assert all(re.fullmatch(r"`[^`]+`(, `[^`]+`)*", cell) for cell in cells), cells
    return sorted({name for cell in cells for name in re.findall("`(.+?)`", cell)})


def exists(name):
    libraries = [import_string(f"{each}.register") for each in LIBRARIES]
    if name.startswith("url:"):
        *namespaces, view = name.split(":")[1:]
        resolver = get_resolver("tests.urls")
        for each in namespaces:
            resolver = resolver.namespace_dict[each][1]
        return view in resolver.reverse_dict
    if name.startswith("{% "):
        return any(name[3:-3] in each.tags for each in libraries)
    if name.startswith("filter:"):
        return any(name[7:] in each.filters for each in libraries)
    if name.startswith("load:"):
        return name[5:] in engines["django"].engine.libraries
    if name.endswith(".html"):
        return bool(get_template(name))
    if name.isupper():
        return f"## {name}\n" in (DOCS / "settings.md").read_text(encoding="utf-8")
    found, *attributes = name.split(".")
    if found in ("Action", "Follow"):
        found = apps.get_model("stream" if found == "Action" else "follow", found)
    else:
        found = __import__(found)
    for i, each in enumerate(attributes, 1):
        if not hasattr(found, each):
            __import__(".".join(name.split(".")[: i + 1]))
        found = getattr(found, each)
    return True


LIBRARIES = (
    "stream.templatetags.stream_tags",
    "follow.templatetags.follow_tags",
    "stream.notifications.templatetags.stream_notifications",
)


@pytest.mark.parametrize("name", names_here())
def test_each_name_for_those_who_come_from_elsewhere_exists(name):
    assert exists(name)
