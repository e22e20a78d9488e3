"""Loading git histories: what is read, what is written, and what happens the second time."""

import subprocess
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from stream.models import Action
from test_project.dashboard import loading
from test_project.dashboard.models import Commit, Repository, Tag

pytestmark = pytest.mark.django_db


def load(*repos):
    call_command("load_git", *(getattr(repo, "path", repo) for repo in repos))


def counts():
    return Commit.objects.count(), Tag.objects.count(), Action.objects.count()


def test_commit_becomes_an_action_of_its_author(repo):
    sha = repo.commit("Add the parser", "Ann Lee", "Ann@Example.org", 1_500_000_000)
    load(repo)
    action = Action.objects.get()
    assert (action.verb, action.target.name) == ("committed", "app")
    assert (action.action_object.sha, action.action_object.summary) == (sha, "Add the parser")
    assert (
        action.datetime
        == action.action_object.committed_at
        == datetime(2017, 7, 14, 2, 40, tzinfo=UTC)
    )
    ann = action.actor
    assert (ann.username, ann.get_full_name(), ann.email) == (
        "ann-lee",
        "Ann Lee",
        "ann@example.org",
    )
    assert not ann.has_usable_password()


def test_author_is_known_by_the_address(repo):
    repo.commit(name="Ann Lee", email="ann@example.org")
    repo.commit(name="Ann B. Lee", email="ANN@example.org")
    repo.commit(name="Ann Lee", email="other@example.org")
    load(repo)
    assert list(User.objects.order_by("pk").values_list("username", flat=True)) == [
        "ann-lee",
        "ann-lee-2",
    ]


def test_mailmap_joins_the_addresses_of_a_person(repo):
    (repo.path / ".mailmap").write_text("Ann Lee <ann@example.org> <old@example.org>\n")
    repo.commit(name="A. Lee", email="old@example.org")
    repo.commit(name="Ann Lee", email="ann@example.org")
    repo.git(
        "tag",
        "-a",
        "v1",
        "-m",
        "v1",
        GIT_COMMITTER_NAME="A.",
        GIT_COMMITTER_EMAIL="old@example.org",
    )
    load(repo)
    assert User.objects.get().email == "ann@example.org"


def test_second_run_adds_only_what_is_new(repo):
    repo.commit("One")
    repo.git("tag", "v1")
    load(repo)
    load(repo)
    assert counts() == (1, 1, 2)
    repo.commit("Two", name="Ben", email="ben@example.org")
    repo.git("tag", "v2")
    load(repo)
    assert counts() == (2, 2, 4)
    assert User.objects.count() == 2


def test_run_after_a_kill_goes_on_where_it_stopped(repo, monkeypatch):
    monkeypatch.setattr(loading, "BATCH_SIZE", 2)
    for number in range(5):
        repo.commit(f"Change {number}")
    send_many = loading.action.send_many
    calls = []

    def killed(arguments):
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return send_many(arguments)

    with monkeypatch.context() as patch:
        patch.setattr(loading.action, "send_many", killed)
        with pytest.raises(KeyboardInterrupt):
            load(repo)
    assert counts() == (2, 0, 2)  # a commit is never there without its action
    load(repo)
    assert counts() == (5, 0, 5)


def test_rewritten_history_adds_the_new_commits(repo):
    repo.commit("One")
    load(repo)
    repo.git("checkout", "--quiet", "--orphan", "other")
    repo.commit("Another one")
    repo.git("branch", "-D", "main")
    repo.git("reflog", "expire", "--expire=now", "--all")
    repo.git("gc", "--quiet", "--prune=now")
    load(repo)
    assert set(Commit.objects.values_list("summary", flat=True)) == {"One", "Another one"}


def test_history_of_a_shallow_clone_is_completed(make_repo, tmp_path):
    repo = make_repo()
    for number in range(3):
        repo.commit(f"Change {number}")
    clone = tmp_path / "clone"
    repo.git("clone", "--quiet", "--depth=1", f"file://{repo.path}", str(clone))
    load(clone)
    assert Commit.objects.count() == 1
    subprocess.run(["git", "-C", clone, "fetch", "--quiet", "--unshallow"], check=True)
    load(clone)
    assert Commit.objects.count() == 3


def test_annotated_tag_is_its_taggers(repo):
    sha = repo.commit()
    repo.git(
        *("tag", "-a", "v1", "-m", "First"),
        GIT_COMMITTER_NAME="Ben",
        GIT_COMMITTER_EMAIL="ben@example.org",
        GIT_COMMITTER_DATE="1600000500 +0000",
    )
    load(repo)
    action = Action.objects.get(verb="tagged")
    assert (action.actor.username, action.action_object.sha) == ("ben", sha)
    assert action.datetime == datetime.fromtimestamp(1_600_000_500, UTC)


def test_plain_tag_is_its_commits_authors(repo):
    sha = repo.commit(date=1_600_000_000)
    repo.git("tag", "release/1.0")
    load(repo)
    tag = Tag.objects.get()
    assert (tag.name, tag.tagger.username, tag.sha) == ("release/1.0", "ann-lee", sha)
    assert tag.tagged_at == datetime.fromtimestamp(1_600_000_000, UTC)


def test_tag_of_a_tag_leads_to_the_commit_and_tag_of_a_file_is_left_out(repo):
    sha = repo.commit()
    repo.git("tag", "-a", "inner", "-m", "inner")
    repo.git("tag", "-a", "outer", "-m", "outer", "inner")
    blob = repo.git("hash-object", "-w", "--stdin", given=b"a key")
    repo.git("tag", "key", blob)
    load(repo)
    assert dict(Tag.objects.values_list("name", "sha")) == {"inner": sha, "outer": sha}


def test_commits_of_one_second_keep_their_order(repo):
    for number in range(3):
        repo.commit(f"Change {number}")
    load(repo)
    summaries = [each.action_object.summary for each in Action.objects.with_objects()]
    assert summaries == ["Change 2", "Change 1", "Change 0"]


def test_repository_without_commits_gives_a_notice(repo, capsys):
    load(repo)
    assert "has no commits yet" in capsys.readouterr().err
    assert not Repository.objects.exists()


def test_detached_head_is_followed(repo):
    first = repo.commit("One")
    repo.commit("Two")
    repo.git("checkout", "--quiet", "--detach", first)
    load(repo)
    assert Commit.objects.get().summary == "One"


def test_bare_repository_loses_the_suffix(make_repo, tmp_path):
    repo = make_repo()
    repo.commit()
    bare = tmp_path / "tool.git"
    repo.git("clone", "--quiet", "--bare", str(repo.path), str(bare))
    load(bare)
    assert str(Repository.objects.get()) == "tool"


def test_any_directory_inside_is_the_same_repository(repo):
    repo.commit()
    (repo.path / "docs").mkdir()
    (repo.path.parent / "link").symlink_to(repo.path)
    load(repo, repo.path / "docs", repo.path / ".git", repo.path.parent / "link")
    assert Repository.objects.get().source == str(repo.path)


def test_repositories_of_one_name_stay_apart(make_repo):
    one, two, three = make_repo("one/app"), make_repo("two/app"), make_repo("x/two/app")
    for each in (one, two, three):
        each.commit()
    load(one, two, three)
    assert list(Repository.objects.order_by("pk").values_list("name", "slug")) == [
        ("app", "app"),
        ("two/app", "two-app"),
        ("two/app-2", "two-app-2"),
    ]


def test_environment_of_a_git_hook_does_not_mislead(make_repo, monkeypatch):
    here, there = make_repo("here"), make_repo("there")
    here.commit("Here")
    there.commit("There")
    monkeypatch.setenv("GIT_DIR", str(there.path / ".git"))
    load(here)
    assert Commit.objects.get().summary == "Here"


def test_number_of_queries_depends_on_batches_not_commits(make_repo, django_assert_max_num_queries):
    repo = make_repo()
    stream = b"".join(
        b"commit refs/heads/main\nauthor P%d <p%d@x> %d +0000\ncommitter C <c@x> 1600000000 +0000\n"
        b"data 2\nx\n\n" % (number % 90, number % 90, 1_500_000_000 + number)
        for number in range(900)
    )
    repo.git("fast-import", "--quiet", given=stream)
    with django_assert_max_num_queries(40):
        load(repo)
    assert Action.objects.count() == 900
