"""The pages of ``stream.urls``: what they show and with how many queries."""

import datetime as dt

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone, translation

from follow.utils import follow, follow_link
from stream.models import Action
from stream.utils import action
from stream.views import ActionListView
from stream.web.links import stream_url
from tests.early.models import Band
from tests.support.projects import IMPORTS, Project
from tests.testapp.models import Crew, Orchestra, Song, Studio, Tag

pytestmark = pytest.mark.django_db

ROCK = "rock/pop & näh?_2F%"

ACTING = """
@register_actor
class Person(models.Model):
    name = models.CharField(max_length=50)
"""
URLS = 'urlpatterns = [path("", include("stream.urls"))]\n'


@pytest.fixture
def band():
    return Band.objects.create(name="The Quarrymen")


@pytest.fixture
def busy(lennon, hendrix, band):
    """Sixty actions and some follows around four models."""
    song, tag = Song.objects.create(title="Imagine"), Tag.objects.create(name=ROCK)
    now = timezone.now()
    for number in range(30):
        when = now - dt.timedelta(minutes=number)
        action.send(lennon, "sang", band, song, datetime=when)
        action.send(band, "chose", tag, lennon, datetime=when)
    for obj in (band, lennon, tag, song):
        follow(hendrix, obj)
    follow(lennon, band)


def text(response):
    assert response.status_code == 200
    return response.content.decode()


def path(obj, page="object"):
    return stream_url(obj, page)


# What they show


def test_the_feed_shows_what_one_follows(client, lennon, hendrix, band):
    follow(hendrix, lennon)
    action.send(lennon, "sang", band)
    action.send(band, "split")
    client.force_login(hendrix)
    page = text(client.get("/stream/"))
    assert '<h1 id="stream-title">Your feed</h1>' in page
    assert "lennon sang" in page
    assert "split" not in page


def test_the_feed_asks_who_reads(client):
    assert client.get("/stream/").url == "/login/?next=/stream/"


def test_an_object_shows_every_role_and_an_actor_its_own_doings(client, lennon, hendrix):
    action.send(lennon, "greeted", hendrix)
    action.send(hendrix, "thanked", lennon)
    page = text(client.get(path(lennon)))
    assert '<h1 id="stream-title">Activity around lennon</h1>' in page
    assert "lennon greeted hendrix" in page
    assert "hendrix thanked lennon" in page
    page = text(client.get(path(lennon, "actor")))
    assert "<title>What lennon does</title>" in page
    assert "lennon greeted hendrix" in page
    assert "thanked" not in page


def test_a_model_shows_all_its_objects(client, lennon, band):
    action.send(lennon, "joined", band)
    action.send(lennon, "slept")
    page = text(client.get(path(band, "model")))
    assert "<title>Activity around bands</title>" in page
    assert "lennon joined" in page
    assert "slept" not in page


def test_followers_and_following_show_names_kinds_and_links(client, lennon, hendrix, band):
    action.send(lennon, "joined", band)
    action.send(hendrix, "played")
    follow(lennon, hendrix, flag="watching")
    follow(lennon, band)
    page = text(client.get(path(hendrix, "followers")))
    assert f'<a href="{path(lennon)}">lennon</a> <span class="stream-kind">watching</span>' in page
    page = text(client.get(path(lennon, "following")))
    assert f'<a href="/bands/{band.pk}/">The Quarrymen</a>' in page
    assert "hendrix</a>" in page


def test_pages_of_follows_show_one_kind(client, lennon, hendrix, band):
    action.send(lennon, "sang")
    for obj, flag in ((band, ""), (hendrix, "watching")):
        action.send(obj, "played")
        follow(lennon, obj, flag=flag)
    for flag, shown, hidden in (("", "Quarrymen", "hendrix"), ("watching", "hendrix", "Quarrymen")):
        page = text(client.get(path(lennon, "following"), {"flag": flag}))
        assert shown in page
        assert hidden not in page
    assert "lennon</a>" in text(client.get(path(hendrix, "followers"), {"flag": "watching"}))
    assert "lennon</a>" not in text(client.get(path(hendrix, "followers"), {"flag": ""}))
    assert client.get(path(hendrix, "followers"), {"flag": "\0"}).status_code == 404


def test_the_home_feed_takes_a_kind_and_what_one_does(client, lennon, hendrix, band, settings):
    follow(hendrix, lennon)
    follow(hendrix, band, flag="watching")
    action.send(lennon, "sang")
    action.send(band, "split")
    action.send(hendrix, "listened")
    client.force_login(hendrix)

    def shown(**asked):
        page = text(client.get("/stream/", asked))
        return [verb for verb in ("sang", "split", "listened") if f" {verb}" in page]

    assert shown() == ["sang", "split"]
    assert shown(flag="watching") == ["split"]
    assert shown(with_user_activity="1") == ["sang", "split", "listened"]
    settings.STREAM_HOME_INCLUDES_OWN = True
    assert shown() == ["sang", "split", "listened"]
    assert shown(with_user_activity="false") == ["sang", "split"]


def test_the_page_of_an_action_leads_to_its_objects(client, lennon, band):
    page = text(client.get(action.send(lennon, "met", band, lennon).get_absolute_url()))
    assert page.count(f'<a href="{path(lennon)}">Activity around lennon</a>') == 1
    assert f'<a href="{path(band)}">Activity around The Quarrymen</a>' in page


def test_pages_lead_to_each_other(client, lennon):
    action.send(lennon, "sang")
    page = text(client.get(path(lennon, "actor")))
    assert '<nav class="stream-tabs" aria-label="Pages about lennon">' in page
    assert f'<a href="{path(lennon, "actor")}" aria-current="page">Own activity</a>' in page
    for name in ("object", "followers", "following"):
        assert f'href="{path(lennon, name)}"' in page


def test_the_follow_button_is_for_readers_who_are_signed_in(client, lennon, hendrix):
    action.send(lennon, "greeted", hendrix)
    page = text(client.get(f"{path(lennon)}?x=1"))
    assert "follow-form" not in page
    back = f"{path(lennon)}?x=1".replace("?", "%3F").replace("=", "%3D").replace("/", "%2F")
    assert (
        f'<a class="follow-sign-in stream-link" href="/login/?next={back}">Sign in to follow</a>'
        in page
    )
    client.force_login(hendrix)
    page = text(client.get(path(lennon)))
    assert "Sign in to follow" not in page
    assert "follow-sign-in" not in text(client.get(path(hendrix)))
    assert 'aria-label="Follow lennon"' in text(client.get(path(lennon)))
    follow(hendrix, lennon)
    assert 'aria-label="Following lennon: unfollow"' in text(client.get(path(lennon)))
    assert "follow-form" not in text(client.get(path(hendrix)))


def test_the_follow_button_works_without_the_csrf_middleware(lennon, hendrix, settings):
    csrf = "django.middleware.csrf.CsrfViewMiddleware"
    settings.MIDDLEWARE = [each for each in settings.MIDDLEWARE if each != csrf]
    action.send(hendrix, "sang")
    client = Client(enforce_csrf_checks=True)
    client.force_login(lennon)
    token = str(client.get(stream_url(hendrix)).context["csrf_token"])
    assert client.post(follow_link(hendrix)).status_code == 403
    assert client.post(follow_link(hendrix), {"csrfmiddlewaretoken": token}).status_code == 302


def test_empty_pages_say_so(client, lennon):
    client.force_login(lennon)
    assert "Follow somebody, and what they do shows up here." in text(client.get("/stream/"))
    assert "Nothing has happened here yet." in text(client.get(path(lennon)))
    assert "Nothing to show here yet." in text(client.get(path(lennon, "followers")))


def test_names_are_escaped(client, lennon):
    evil = Band.objects.create(name="<script>%(object)s{0}")
    sent = action.send(evil, "x<script>", evil, lennon).get_absolute_url()
    follow(lennon, evil)
    for url in (path(evil), path(evil, "actor"), path(lennon, "following"), sent):
        page = text(client.get(url))
        assert "<script>" not in page
        assert "&lt;script&gt;" in page


def test_a_page_is_translated(client, lennon):
    action.send(lennon, "sang")
    with translation.override("de"):
        page = text(client.get(path(lennon, "actor")))
    assert "<title>Was lennon tut</title>" in page
    assert '<html lang="de"' in page


@pytest.mark.parametrize(
    "make",
    [
        lambda: Band.objects.create(name="x"),
        lambda: Song.objects.create(title="x"),
        lambda: Tag.objects.create(name=ROCK),
        lambda: Tag.objects.create(name="日本 _5F.;=\n"),
        lambda: Studio.objects.create(name="x"),
    ],
    ids=["number", "uuid", "text", "odd text", "child of a registered model"],
)
def test_any_key_has_an_address(client, lennon, make):
    obj = make()
    action.send(lennon, "found", obj)
    assert "lennon found" in text(client.get(path(obj)))


# Pages and overrides


def test_older_and_newer_pages_without_htmx(client, busy, band):
    first = client.get(path(band) + "?colour=red")
    page = first.context["stream_page"]
    assert (first.context["stream_older_url"], "stream_newer_url" in first.context) == (
        f"?colour=red&after={page.next}".replace(":", "%3A"),
        False,
    )
    second = client.get(path(band) + first.context["stream_older_url"])
    assert f'rel="prev" href="{second.context["stream_newer_url"]}">Newer</a>'.replace(
        "&", "&amp;"
    ) in text(second)
    again = client.get(path(band) + second.context["stream_newer_url"])
    assert list(again.context["stream_page"]) == list(page)
    assert not set(page) & set(second.context["stream_page"])


@pytest.mark.parametrize("name", ["object", "actor", "model", "followers", "following", "feed"])
def test_each_page_has_a_template_of_its_own(client, lennon, tmp_path, settings, name):
    folder = tmp_path / "stream" / "pages"
    folder.mkdir(parents=True)
    (tmp_path / "base.html").write_text("{% block stream_head %}{% endblock %}{{ title }}")
    (folder / f"{name}.html").write_text(
        '{% extends "stream/pages/stream.html" %}{% block stream_head %}mine {% endblock %}'
    )
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    client.force_login(lennon)
    url = "/stream/" if name == "feed" else path(lennon, name)
    assert text(client.get(url)).startswith("mine ")


@pytest.mark.parametrize("query", ["?after=x", "?before=%00", "?after=1&before=2", "?since=%ff"])
@pytest.mark.parametrize("page", ["object", "actor", "model", "followers", "following"])
def test_a_forged_cursor_is_a_bad_request(client, busy, lennon, page, query):
    is_read = "since" not in query or page not in ("followers", "following")  # those never poll
    assert client.get(path(lennon, page) + query).status_code == (400 if is_read else 200)


# What has no page


@pytest.mark.parametrize(
    "address",
    [
        "nonsense/band/",
        "early/nonsense/",
        "auth/permission/",
        "testapp/orchestra/1/",
        "early/band/4711/",
        "early/band/4711/actor/",
        "early/band/4711/followers/",
        "testapp/song/not-a-uuid/",
        "testapp/tag/a%00b/",
        "testapp/tag/x/actor/",
        "early/band/1/following/",
        "auth/user/4711/following/",
        "auth/group/1/nonsense/",
        "action/4711/",
    ],
)
def test_what_is_not_there_is_not_found(client, address):
    Orchestra.objects.create(pk=1, name="x")
    Group.objects.create(pk=1, name="x")
    assert client.get(f"/stream/{address}").status_code == 404


# Queries


@pytest.mark.parametrize(
    ("address", "count"),
    [
        # the session and the user, then the object, its actions, their objects of up to four models
        # besides it (for the feed, which five more queries find, one for each type of key), and the
        # reader's follow of the object; for a page about an object two for the reader's
        # permissions, for the feed a token; below, one for the badge
        ("feed", 2 + 5 + 4 + 1),
        ("object", 2 + 1 + 1 + 3 + 1 + 2),
        ("actor", 2 + 1 + 1 + 2 + 1 + 2),
        ("model", 2 + 1 + 4),
        ("followers", 2 + 1 + 1 + 1 + 2 + 2),
        ("following", 2 + 1 + 1 + 4 + 2 + 2),
        ("action", 2 + 1 + 3),
    ],
)
@pytest.mark.parametrize("rows", [1, 15])
def test_the_number_of_queries_does_not_grow_with_the_rows(
    client, busy, lennon, hendrix, band, django_assert_max_num_queries, address, count, rows
):
    if rows == 1:
        Action.objects.exclude(pk__in=[each.pk for each in Action.objects.all()[:2]]).delete()
    else:
        for number in range(rows):
            fan = User.objects.create(username=f"fan{number}")
            follow(fan, band)
            follow(fan, lennon)
    client.force_login(hendrix)
    obj = {"object": band, "actor": lennon, "model": band, "followers": band}.get(address, hendrix)
    url = {
        "feed": "/stream/",
        "action": Action.objects.filter(verb="sang").first().get_absolute_url(),
    }.get(address) or path(obj, address)
    with django_assert_max_num_queries(count + 1):
        text(client.get(url))


def test_children_registered_themselves_have_pages(client, lennon):
    crew = Crew.objects.create(name="Roadies")
    action.send(crew, "packed")
    assert "Roadies packed" in text(client.get(path(crew, "actor")))


# Sites without parts of it


def test_without_the_follow_app_there_are_no_pages_of_following(tmp_path):
    project = Project(tmp_path)
    project.app("blog", IMPORTS.replace("from follow.utils import register\n", "") + ACTING)
    project.settings(
        """
        INSTALLED_APPS.remove("follow")
        MIGRATION_MODULES = dict.fromkeys(["auth", "contenttypes", "stream", "blog"])
        DATABASES["default"]["NAME"] = ":memory:"
        TEMPLATES = [
            {"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}
        ]
        ALLOWED_HOSTS = ["testserver"]
        ROOT_URLCONF = "mysite.urls"
        """
    )
    project.write("mysite/urls.py", "from django.urls import include, path\n" + URLS)
    printed = project.python(
        """
        from django.core.management import call_command
        from django.test import Client
        from blog.models import Person
        from stream.web.links import stream_url
        from stream.utils import action
        call_command("migrate", run_syncdb=True, verbosity=0)
        person = Person.objects.create(name="ann")
        action.send(person, "slept")
        for page in ("object", "actor", "followers", "following"):
            print(repr(stream_url(person, page)))
        for url in ("/", "/blog/person/1/", "/blog/person/1/followers/", "/action/1/"):
            print(Client().get(url).status_code)
        """
    )
    assert printed.split() == (
        ["'/blog/person/1/'", "'/blog/person/1/actor/'", "''", "''", "404", "200", "404", "200"]
    )


def test_without_follow_urls_there_is_no_button(client, lennon, hendrix, settings):
    action.send(lennon, "slept")
    client.force_login(hendrix)
    settings.ROOT_URLCONF = "tests.support.urls_stream_alone"
    response = client.get(path(lennon))
    assert response.status_code == 200
    assert b"follow-form" not in response.content


def test_a_view_of_ones_own_is_told_to_have_a_title(rf):
    class Untitled(ActionListView):
        template_name = "untitled.html"
        queryset = Action.objects.all()

    with pytest.raises(NotImplementedError, match=r"Untitled.get_title\(\): return the page's"):
        Untitled.as_view()(rf.get("/"))
