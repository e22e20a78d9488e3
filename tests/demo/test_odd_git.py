"""Odd names, texts and dates, which git keeps as they come, and what is no history at all."""

import shutil
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from test_project.dashboard.models import Commit
from tests.support.programs import program

pytestmark = pytest.mark.django_db


def load(repo):
    call_command("load_git", getattr(repo, "path", repo))


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"Jos\xe9 N\xfa\xf1ez", "José Núñez"),  # latin-1 without saying so
        ("José Núñez".encode(), "José Núñez"),
        ("José ".encode() + b"\xff", "José \ufffd"),
        (b"Ann\x07\x1b[31m Lee", "Ann [31m Lee"),
        ("李 小龍".encode(), "李 小龍"),
        ("Ann \u202eeel".encode(), "Ann eel"),
    ],
)
def test_name_of_any_encoding_is_readable(repo, raw, shown):
    repo.raw_commit(raw + b" <ann@example.org> 1600000000 +0000", summary=raw)
    load(repo)
    assert User.objects.get().get_full_name() == shown
    assert Commit.objects.get().summary == shown


def test_declared_encoding_is_respected(repo):
    repo.git("config", "i18n.commitEncoding", "KOI8-R")
    repo.git(
        *("commit", "--quiet", "--allow-empty", "-F", "-"),
        given="Привет".encode("koi8-r"),
        GIT_AUTHOR_NAME="A",
        GIT_AUTHOR_EMAIL="a@example.org",
    )
    load(repo)
    assert Commit.objects.get().summary == "Привет"


@pytest.mark.parametrize(
    ("name", "email", "username"),
    [
        ("李 小龍", "xiao@example.org", "xiao"),
        ("Demo", "real@example.org", "demo-2"),  # demo is the demo's own
        ("", "someone@example.org", "someone"),
        ("!", "!", "person"),
        ("a" * 300, "long@example.org", "a" * 140),
    ],
)
def test_username_can_be_made_of_any_name(repo, name, email, username):
    repo.raw_commit(f"{name} <{email}> 1600000000 +0000".encode())
    load(repo)
    assert User.objects.get().username == username


def test_people_without_address_are_told_apart_by_name(repo):
    for name in (b"Ann", b"Ben", b"Ann"):
        repo.raw_commit(name + b" <> 1600000000 +0000")
    load(repo)
    load(repo)
    assert User.objects.count() == 2


@pytest.mark.parametrize(
    "date", [b"-5", b"0", b"9999999999", b"99999999999999999999999", b"soon", b""]
)
def test_impossible_date_falls_back_to_the_committers(repo, date):
    repo.raw_commit(b"Ann <ann@example.org> " + date + b" +0000")
    load(repo)
    assert Commit.objects.get().committed_at == datetime.fromtimestamp(1_600_000_000, UTC)


def test_commit_without_any_possible_date_gets_that_of_the_commit_before(repo):
    repo.commit(date=1_500_000_000)
    repo.raw_commit(b"Ann <ann@example.org> 0 +0000", committer=b"C <c@example.org> 0 +0000")
    load(repo)
    assert {each.committed_at.year for each in Commit.objects.all()} == {2017}


def test_long_summary_is_shortened_and_a_missing_one_allowed(repo):
    repo.commit("word " * 200)
    repo.commit("")
    load(repo)
    assert [len(each.summary) for each in Commit.objects.order_by("pk")] == [300, 0]


def test_no_repository_names_the_call_and_gits_words(tmp_path):
    program("git")
    with pytest.raises(CommandError) as error:
        load(tmp_path)
    assert str(error.value) == (
        f"load_git {tmp_path}: cannot read a git repository there. Git says: fatal: not a git "
        f"repository (or any of the parent directories): .git"
    )


def test_no_directory_is_said(tmp_path):
    with pytest.raises(CommandError, match="nowhere: there is no such directory"):
        load(tmp_path / "nowhere")


def test_missing_git_is_said(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    with pytest.raises(CommandError, match="the program git is not installed; install it, or run"):
        load(tmp_path)


def test_damaged_history_is_an_error(repo):
    repo.commit("One")
    lost = repo.git("rev-parse", "HEAD")
    repo.commit("Two")
    shutil.rmtree(repo.path / ".git/objects" / lost[:2])
    with pytest.raises(CommandError, match="Git says: "):
        load(repo)
