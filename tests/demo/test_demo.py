"""``manage.py demo``: what it builds, and the site that it serves."""

import re
import socket
from http.cookiejar import CookieJar
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from follow.utils import unfollow
from test_project.dashboard.models import Commit, Repository
from tests.demo.conftest import wait_until_served
from tests.support.programs import program


def build(*paths):
    call_command("demo", *paths, serve=False, sample=False)


@pytest.mark.django_db
def test_demo_user_follows_the_most_active_and_a_repository(history, client, capsys):
    build(history.path)
    assert (
        "Ready: http://127.0.0.1:8000/  Sign in as demo, password demo." in capsys.readouterr().out
    )
    demo = User.objects.get(username="demo")
    followed = {str(follow) for follow in demo.following.with_objects()}
    assert followed == {"app", *(f"Person {number}" for number in range(5))}
    assert client.login(username="demo", password="demo")


@pytest.mark.django_db
def test_admin_may_look_behind_the_pages(history, client):
    build(history.path)
    build(history.path)
    assert client.login(username="admin", password="admin")
    assert client.get("/admin/stream/action/").status_code == 200


@pytest.mark.django_db
def test_second_run_keeps_what_the_demo_user_unfollowed(history):
    build(history.path)
    demo = User.objects.get(username="demo")
    unfollow(demo, Repository.objects.get())
    history.commit("New")
    build(history.path)
    assert Commit.objects.filter(summary="New").exists()
    assert demo.following.count() == 5


@pytest.mark.django_db
def test_directory_without_history_gets_sample_data(tmp_path, capsys):
    program("git")
    build(tmp_path)
    out, err = capsys.readouterr()
    assert "not a git repository" in err
    assert "Sample data: 2700 new commits" in out
    assert {repository.is_sample for repository in Repository.objects.all()} == {True}


@pytest.mark.django_db
def test_missing_git_gets_sample_data(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    build(tmp_path)
    assert Repository.objects.count() == 3


@pytest.mark.django_db
def test_one_history_is_enough(history, tmp_path):
    build(tmp_path, history.path)
    assert str(Repository.objects.get()) == "app"


def test_missing_directory_is_refused(tmp_path):
    with pytest.raises(CommandError, match="nowhere: there is no such directory"):
        call_command("load_git", tmp_path / "nowhere")


def test_taken_port_is_refused_before_anything_is_loaded():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=f"demo --port {port}: cannot serve there: "):
            call_command("demo", port=port)


def test_served_site_lets_demo_sign_in_and_read_the_feed(served):
    address, server, log = served
    assert "See what people build" in wait_until_served(*served)
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    page = browser.open(f"{address}/sign-in/", timeout=10).read().decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
    form = {"csrfmiddlewaretoken": token, "username": "demo", "password": "demo"}
    page = browser.open(f"{address}/sign-in/", urlencode(form).encode(), timeout=10).read().decode()
    assert "Your feed" in page
    assert page.count('class="stream-row ') == 20
    styles = re.search(r'rel="stylesheet" href="([^"]+)"', page)[1]
    assert browser.open(address + styles, timeout=10).status == 200
    assert server.poll() is None, log.read_text()
