"""The pages: what they show, to whom, and with how many queries."""

import re
from contextlib import nullcontext

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.urls import reverse

from follow.utils import follow, follow_link, unfollow_link
from test_project.dashboard.models import Comment, Commit, Repository, Star, Tag
from tests.support.queries import no_query_for_each_row

pytestmark = pytest.mark.django_db

NAMES = [f"{first} {last}" for first in ("Ann", "Ben", "Cleo", "Dan", "Eva") for last in ("A", "B")]
STRANGERS = [f"{letter * 3} Stranger" for letter in "ABCDEFGHIJ"]


@pytest.fixture
def viewer(client):
    user = User.objects.create_user("viewer", password="x", first_name="Vic", last_name="Ewer")
    client.force_login(user)
    return user


def text(response):
    assert response.status_code == 200
    return response.content.decode()


def make_tag(repository):
    commit = repository.commits.last()
    return Tag.objects.create(
        repository=repository,
        name="v1",
        sha=commit.sha,
        tagger=commit.author,
        tagged_at=commit.committed_at,
    )


def test_visitor_sees_the_newest_actions_and_how_to_sign_in(client, make_repository):
    make_repository("app", ["Ann Lee"])
    page = text(client.get("/"))
    assert "Ann Lee changes part 0" in page
    assert "Try it as <kbd>demo</kbd>" in page
    assert reverse("repository", args=["app"]) in page


def test_action_is_shown_in_words_with_links(client, make_repository):
    make_repository("app", ["Ann Lee"])
    commit = Commit.objects.get()
    page = text(client.get("/"))
    assert '<a href="/people/ann-lee/">Ann Lee</a> committed' in page
    assert f'<a href="/commits/{commit.pk}/">0000000</a>' in page
    assert ' to <a href="/repositories/app/">app</a>' in page
    assert '<time datetime="2020-09-13T12:26:40+00:00" title="Sept. 13, 2020, 12:26 p.m.">' in page


def test_names_and_summaries_are_escaped(client, make_repository):
    make_repository("<b>app", ["<script>alert(1)</script> Lee"])
    for url in ("/", "/explore/", Commit.objects.get().get_absolute_url()):
        page = text(client.get(url))
        assert "<script>" not in page
        assert "<b>app" not in page


def test_feed_holds_only_what_the_user_follows(client, viewer, make_repository):
    make_repository("app", ["Ann Lee", "Ben Moe"])
    assert "You follow nobody yet" in text(client.get("/"))
    follow(viewer, User.objects.get(username="ann-lee"))
    page = text(client.get("/"))
    assert "Ann Lee changes" in page
    assert "Ben Moe changes" not in page


def test_followed_repository_brings_what_happens_in_it(client, viewer, make_repository):
    app = make_repository("app", ["Ann Lee"])
    client.post(follow_link(app))
    assert "Ann Lee changes" in text(client.get("/"))


def test_feed_of_quiet_people_says_what_to_do(client, viewer):
    follow(viewer, User.objects.create_user("quiet"))
    assert "All quiet" in text(client.get("/"))


def test_follow_button_turns_into_unfollow_and_comes_back_to_the_page(
    client, viewer, make_repository
):
    make_repository("app", ["Ann Lee"])
    ann = User.objects.get(username="ann-lee")
    page = text(client.get("/explore/?q=ann"))
    assert f'action="{follow_link(ann)}"' in page
    assert 'name="next" value="/explore/?q=ann"' in page
    response = client.post(follow_link(ann), {"next": "/explore/?q=ann"})
    assert response.url == "/explore/?q=ann"
    assert f'action="{unfollow_link(ann)}"' in text(client.get("/explore/?q=ann"))


def test_visitor_who_follows_is_asked_to_sign_in(client, make_repository):
    app = make_repository("app", ["Ann Lee"])
    response = client.post(follow_link(app), {"next": "/explore/"})
    assert response.url == "/sign-in/?next=/explore/"


def test_nobody_can_follow_themselves_by_a_button(client, viewer):
    page = text(client.get("/people/viewer/"))
    assert follow_link(viewer) not in page
    assert "This is you" in page


def test_person_repository_commit_tag_and_action_have_pages(client, make_repository):
    app = make_repository("app", ["Ann Lee"])
    commit, tag = Commit.objects.get(), make_tag(app)
    action = commit.action_object_actions.get()
    for obj in (commit.author, app, commit, tag, action):
        page = text(client.get(obj.get_absolute_url()))
        assert "Ann Lee" in page


@pytest.mark.parametrize(
    "url", ["/people/nobody/", "/repositories/none/", "/commits/9/", "/tags/9/"]
)
def test_what_is_not_there_is_a_404(client, url):
    assert client.get(url).status_code == 404


def test_explore_finds_people_and_repositories_by_name(client, make_repository):
    make_repository("app", ["Ann Lee", "Ben Moe"])
    page = text(client.get("/explore/?q=ann+lee"))
    assert "Ann Lee" in page
    assert "Ben Moe" not in page
    assert "/repositories/app/" in text(client.get("/explore/?q=app"))
    assert "Nothing is called “zz”" in text(client.get("/explore/?q=zz%00"))


def test_pages_of_an_empty_site_say_what_to_do(client, db):
    for url in ("/", "/explore/"):
        assert "manage.py load_git" in text(client.get(url))


def test_sign_out_needs_post(client, viewer):
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/").url == "/"


def test_sample_data_is_labelled_and_loading_it_again_adds_nothing(client, capsys):
    call_command("load_sample")
    sizes = Commit.objects.count(), Tag.objects.count(), User.objects.count()
    call_command("load_sample")
    assert sizes == (Commit.objects.count(), Tag.objects.count(), User.objects.count())
    assert sizes[0] == 2700
    assert "Sample data: 0 new commits and 0 new tags" in capsys.readouterr().out
    label = '<span class="badge">Sample</span>'
    pages = ["/", "/explore/", User.objects.first().get_absolute_url()]
    for url in [*pages, Repository.objects.first().get_absolute_url()]:
        page = text(client.get(url))
        assert f"{label} The repositories orchard, lighthouse and paper-boat" in page
        assert page.count(label) == 1


def test_site_without_sample_data_has_no_label(client, make_repository):
    make_repository("app", ["Ann Lee"])
    assert "Sample" not in text(client.get("/"))


@pytest.mark.parametrize(
    ("url", "count"),
    [
        ("/", 19),
        ("/?verb=committed", 24),
        ("/?grouped&verb=starred", 22),
        ("/explore/", 10),
        ("/people/ann-a/", 14),
        ("/repositories/app/", 16),
        ("/repositories/app/?older", 16),
        ("/repositories/app/?part", 4),
        ("/commits/{commit}/", 13),
        ("/tags/{tag}/", 9),
        ("/developers/", 5),
        ("/developers/timelines/", 70),
        ("/notifications/", 20),
        ("/notifications/?part", 16),
        ("/stream/", 15),
        ("/feeds/token/", 6),
    ],
)
@pytest.mark.parametrize("size", [1, 10])
def test_number_of_queries_does_not_grow(
    client, viewer, make_repository, django_assert_max_num_queries, url, count, size
):
    app = make_repository("app", NAMES[:size], each=30)
    make_repository("tool", [*NAMES[:size], *STRANGERS[:size]], each=3)
    for user in User.objects.filter(first_name__in=["Ann", "Ben", "Cleo", "Dan", "Eva"]):
        follow(viewer, user)
    follow(viewer, app)
    tag = make_tag(app)
    fans = list(User.objects.exclude(pk=viewer.pk)[: 2 * size])
    for fan in fans:
        Star.objects.create(user=fan, repository=app)
    for commit in app.commits.all()[: 16 if "notifications" in url else size]:
        Comment.objects.create(author=fans[0], commit=commit, text="Nice")
    url = url.format(commit=Commit.objects.first().pk, tag=tag.pk)
    page = client.get(url)  # what is asked once for the whole process
    headers = {"HX-Request": "true"} if url.endswith("?part") else {}
    if url.endswith(("?older", "?part")):
        url = f"{url.partition('?')[0]}?after={page.context['stream_page'].next}"
    measures = "timelines" in url  # each of two timelines by five reads
    unrepeated = nullcontext() if measures else no_query_for_each_row()
    with django_assert_max_num_queries(count), unrepeated:
        assert client.get(url, headers=headers).status_code == 200


def test_grouped_feed_reads_on_in_few_queries(
    client, viewer, make_repository, django_assert_max_num_queries
):
    for size in (3, 10):
        make_repository(f"app-{size}", NAMES[:size], each=30)
    for user in User.objects.filter(first_name__in=["Ann", "Ben", "Cleo", "Dan", "Eva"]):
        follow(viewer, user)
    client.get("/?grouped")
    with django_assert_max_num_queries(28):
        assert client.get("/?grouped").context["stream_page"][0].action_count == 24


def test_older_and_newer_pages(client, make_repository):
    make_repository("app", NAMES[:2], each=30)
    first = client.get("/repositories/app/")
    assert "Newer" not in text(first)
    older = re.search(r'rel="next" href="([^"]+)"', text(first))[1]
    second = client.get(f"/repositories/app/{older}")
    newer = re.search(r'rel="prev" href="([^"]+)"', text(second))[1]
    again = client.get(f"/repositories/app/{newer}")
    shown = [
        [action.pk for action in page.context["stream_page"]] for page in (first, second, again)
    ]
    assert shown[0] == shown[2]
    assert not set(shown[0]) & set(shown[1])
    assert len(shown[0]) == len(shown[1]) == 20


@pytest.mark.parametrize("query", ["?after=x", "?before=%00", "?after=1&before=2"])
def test_a_forged_cursor_is_a_bad_request(client, db, query):
    assert client.get(f"/{query}").status_code == 400


def test_no_migration_is_missing(db):
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
