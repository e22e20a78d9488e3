"""Real git repositories to load, people to look at, and windows to look through."""

import os
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.error import URLError
from urllib.request import build_opener

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from follow.utils import follow
from stream.utils import action
from tests.support.browser import chromium, close_windows  # noqa: F401 - a fixture
from tests.support.programs import program

if settings.ROOT_URLCONF == "test_project.urls":
    from test_project.dashboard.git import CommitRecord, Person
    from test_project.dashboard.loading import People, get_repository, store_commits
    from test_project.dashboard.models import Comment, Star, Tag

    # Passwords of many tests; the others are slow on purpose.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
else:  # the demo is a site of its own: pytest tests/demo --ds=test_project.settings
    collect_ignore_glob = ["test_*.py"]

MANAGE = Path(__file__).resolve().parents[2] / "test_project" / "manage.py"

DESK = {"viewport": {"width": 1280, "height": 900}}
PHONE = {"viewport": {"width": 375, "height": 740}, "is_mobile": True, "has_touch": True}


class Repo:
    """A repository made by git itself, without the settings of whoever runs the tests."""

    def __init__(self, path, *options):
        self.path = path
        path.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch=main", *options)

    def git(self, *arguments, given=None, **env):
        nowhere = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
        person = {"GIT_COMMITTER_NAME": "Committer", "GIT_COMMITTER_EMAIL": "committer@example.org"}
        done = subprocess.run(
            [program("git"), "-C", self.path, *arguments],
            env=os.environ | nowhere | person | env,
            input=given,
            capture_output=True,
            check=True,
        )
        return done.stdout.decode(errors="replace").strip()

    def commit(self, summary="Change", name="Ann Lee", email="ann@example.org", date=1_600_000_000):
        stamp = f"{date} +0000"
        author = {"GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": email, "GIT_AUTHOR_DATE": stamp}
        self.git(
            *("commit", "--quiet", "--allow-empty", "--allow-empty-message", "-m", summary),
            **author,
            GIT_COMMITTER_DATE=stamp,
        )
        return self.git("rev-parse", "HEAD")

    def raw_commit(
        self, author, summary=b"Change", committer=b"C <c@example.org> 1600000000 +0000"
    ):
        """Write a commit as these bytes say, which git itself would not, and put HEAD on it."""
        tree = self.git("mktree", given=b"").encode()
        parents = self.git("rev-list", "--max-count=1", "--all").encode()
        parent = b"parent " + parents + b"\n" if parents else b""
        head = b"tree " + tree + b"\n" + parent + b"author " + author + b"\ncommitter " + committer
        raw = head + b"\n\n" + summary + b"\n"
        sha = self.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", given=raw)
        self.git("update-ref", "refs/heads/main", sha)
        return sha


@pytest.fixture
def make_repo(tmp_path):
    def make(name="app", *options):
        return Repo(tmp_path / name, *options)

    return make


@pytest.fixture
def repo(make_repo):
    return make_repo()


def commits_by(names, each=1):
    """Return made-up records: for each name some commits, an hour apart."""
    return [
        CommitRecord(
            sha=f"{number:040x}",
            author=Person(name, f"{name.split()[0].lower()}@example.org"),
            summary=f"{name} changes part {number}",
            date=datetime.fromtimestamp(1_600_000_000 + 3600 * number, UTC),
        )
        for number, name in enumerate(name for name in names for _ in range(each))
    ]


@pytest.fixture
def make_repository(db):
    """Write a repository with commits by these people."""

    def make(name, people, each=1):
        repository = get_repository(f"/src/{name}", [name])
        store_commits(repository, commits_by(people, each), People())
        return repository

    return make


@pytest.fixture
def demo_user(db):
    return User.objects.create_user("demo", password="demo", first_name="Demo", last_name="User")


@pytest.fixture
def open_page(chromium, live_server):  # noqa: F811
    """Open a window, as somebody who is signed in or not; fail where a page in it has an error."""
    contexts, errors = [], []

    def open_page(reader=None, **options):
        context = chromium.new_context(base_url=live_server.url, **options)
        contexts.append(context)
        if reader:
            client = Client()
            client.force_login(reader)
            name = settings.SESSION_COOKIE_NAME
            cookie = {"name": name, "value": client.cookies[name].value, "url": live_server.url}
            context.add_cookies([cookie])
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(error))
        page.on("console", lambda message: errors.append(message) if message.type == "error" else 0)
        page.on("response", lambda got: errors.append(got.url) if got.status >= 400 else 0)
        return page

    yield open_page
    close_windows(contexts)
    assert not errors


@pytest.fixture(params=["desk", "phone"])
def screen(request):
    return {"desk": DESK, "phone": PHONE}[request.param]


@pytest.fixture(params=[True, False], ids=["htmx", "plain"])
def has_scripts(request):
    return request.param


@pytest.fixture
def window(screen, has_scripts):
    return screen | {"java_script_enabled": has_scripts}


@pytest.fixture
def site(make_repository, demo_user):
    app = make_repository("app", ["Ann Lee", "Ben Moe"], each=15)
    make_repository("tool", ["A Person With Quite a Long Name of Several Words"])
    ann = User.objects.get(username="ann-lee")
    tag = Tag.objects.create(
        repository=app, name="v1", sha="0" * 40, tagger=ann, tagged_at=timezone.now()
    )
    action.send(ann, "tagged", target=app, action_object=tag)
    for days in (1, 1, 2, 9, 40, 41, 300):
        when = timezone.now() - timedelta(days=days)
        action.send(ann, "committed", app, ann.commits.first(), datetime=when)
    return app


@pytest.fixture
def heard(site, demo_user):
    """Notifications of the demo user: four stars of a day in one group, and two comments."""
    follow(demo_user, site)
    ann = User.objects.get(username="ann-lee")
    people = [ann, User.objects.get(username="ben-moe")]
    people += [User.objects.create_user(f"fan-{number}") for number in range(2)]
    for person in people:
        Star.objects.create(user=person, repository=site)
    for commit in site.commits.all()[:2]:
        Comment.objects.create(author=ann, commit=commit, text="Nice <b>work</b>")
    return demo_user


# The demo as ``make demo`` serves it


@pytest.fixture
def history(repo):
    """A repository by six people, of whom the first has committed most."""
    for number in range(6):
        for _ in range(6 - number):
            repo.commit(name=f"Person {number}", email=f"p{number}@example.org")
    return repo


@pytest.fixture
def served(history, tmp_path):
    """The address of a site served by a process of its own, from any directory."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = os.environ | {"STREAM_DEMO_DB": str(tmp_path / "demo.sqlite3")}
    env.pop("DJANGO_SETTINGS_MODULE", None)
    command = [sys.executable, MANAGE, "demo", "--no-sample", "--port", str(port), history.path]
    log = tmp_path / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            command, cwd=tmp_path, env=env, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            yield f"http://127.0.0.1:{port}", server, log
        finally:
            server.terminate()
            server.wait(timeout=20)


def wait_until_served(address, server, log):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert server.poll() is None, log.read_text()
        try:
            return build_opener().open(address, timeout=10).read().decode()
        except URLError:
            time.sleep(0.1)
    pytest.fail(f"{address} does not answer:\n{log.read_text()}")
