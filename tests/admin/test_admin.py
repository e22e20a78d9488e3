"""The list of actions in the admin: its pages, filters and search."""

import datetime as dt
import re

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from stream.admin import ActionAdmin
from stream.models import Action
from stream.utils import action
from tests.early.models import Band
from tests.testapp.models import Song, Tag

pytestmark = pytest.mark.django_db

LIST = "/admin/stream/action/"


@pytest.fixture
def band():
    return Band.objects.create(name="The Quarrymen")


@pytest.fixture
def viewer(client):
    """A client of somebody who may see actions, and no other model."""
    user = User.objects.create(username="viewer", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_action"))
    client.force_login(user)
    return client


@pytest.fixture
def small_pages(monkeypatch):
    monkeypatch.setattr(ActionAdmin, "list_per_page", 2)


def verbs(response):
    """Return the verbs of the rows of a list."""
    assert response.status_code == 200
    return [row.verb for row in response.context["cl"].result_list]


def links(response, text):
    return re.findall(rf'href="([^"]*)"[^>]*>{text}</a>', response.content.decode())


def permit(*names):
    """Let the viewer see other models as well."""
    user = User.objects.get(username="viewer")
    user.user_permissions.add(*Permission.objects.filter(codename__in=names))


# Rows


def test_a_row_shows_who_did_what(viewer, lennon, band):
    permit("view_user", "view_band", "view_song")
    song = Song.objects.create(title="In Spite of <All>")
    action.send(lennon, "sang", band, song)
    html = viewer.get(LIST).content.decode()
    for column, text in {
        "actor": "lennon",
        "shown_verb": "sang",
        "action_object": "In Spite of &lt;All&gt;",
        "target": "The Quarrymen",
    }.items():
        assert re.search(rf'<td class="field-{column}[^>]*>{text}</td>', html)


def test_a_role_may_be_empty(viewer, lennon):
    action.send(lennon, "slept")
    assert '<td class="field-target">-</td>' in viewer.get(LIST).content.decode()


def test_queries_do_not_grow_with_the_rows(viewer, lennon, hendrix, band):
    counts = []
    for _ in range(2):
        for number in range(20):
            actor = User.objects.create(username=f"fan{Action.objects.count()}")
            action.send(actor, f"verb{number}", Tag.objects.create(name=actor.username), band)
        with CaptureQueriesContext(connection) as queries:
            assert len(verbs(viewer.get(LIST))) == 20 * (len(counts) + 1)
        counts.append(len(queries))
    # The session, the user, two for permissions; the verbs, the page and its three models.
    assert counts == [9, 9]


def test_nothing_is_counted_or_read_as_a_whole(viewer, lennon, band):
    action.send(lennon, "sang", band)
    with CaptureQueriesContext(connection) as queries:
        for query in ("", "?verb=sang", "?target=early.band", "?q=x", "?since=2020-01-01"):
            assert viewer.get(LIST + query).status_code == 200
    for query in queries.captured_queries:
        sql = query["sql"].upper()
        assert "COUNT(" not in sql
        assert "DISTINCT" not in sql
        assert "MIN(" not in sql
        if 'FROM "STREAM_ACTION"' in sql.replace("`", '"'):
            assert "LIMIT" in sql
            assert sql.count("JOIN") <= 1  # with itself; SQLite joins 64 tables at most


# Pages


def test_older_and_newer(viewer, lennon, small_pages):
    now = timezone.now()
    for number in range(5):
        action.send(lennon, str(number), datetime=now + dt.timedelta(hours=number // 2))
    response = viewer.get(LIST)
    assert (verbs(response), links(response, "Newer")) == (["4", "3"], [])
    response = viewer.get(LIST + links(response, "Older")[0])
    assert verbs(response) == ["2", "1"]
    last = viewer.get(LIST + links(response, "Older")[0])
    assert (verbs(last), links(last, "Older")) == (["0"], [])
    assert verbs(viewer.get(LIST + links(last, "Newer")[0])) == ["2", "1"]


def test_pages_keep_the_filters_and_filters_start_at_the_first_page(viewer, lennon, small_pages):
    for number in range(6):
        action.send(lennon, "sang" if number % 2 else "slept")
    response = viewer.get(LIST + "?verb=sang")
    (older,) = links(response, "Older")
    response = viewer.get(LIST + older.replace("&amp;", "&"))
    assert verbs(response) == ["sang"]
    assert "after=" not in links(response, "slept")[0]
    assert 'name="after"' not in response.content.decode()


def test_no_order_but_the_newest_first(viewer, lennon):
    for verb in "bac":
        action.send(lennon, verb)
    response = viewer.get(LIST + "?o=3")
    assert verbs(response) == ["c", "a", "b"]
    assert "sortable" not in response.content.decode()


def test_facets_and_show_all_are_not_offered(viewer, lennon, small_pages):
    for verb in "abc":
        action.send(lennon, verb)
    for query in ("?_facets=True", "?all="):
        response = viewer.get(LIST + query)
        assert verbs(response) == ["c", "b"]
        assert "Show counts" not in response.content.decode()
        assert "Show all" not in response.content.decode()


# Filters


def test_the_verbs_are_those_of_the_setting_and_of_the_newest_actions(
    viewer, lennon, settings, monkeypatch
):
    monkeypatch.setattr("stream.arc.admin_filters.RECENT_ROWS", 2)
    for verb in ("old", "sang", "slept"):
        action.send(lennon, verb)
    response = viewer.get(LIST)
    assert [len(links(response, verb)) for verb in ("old", "sang", "slept")] == [0, 1, 1]
    assert not links(response, "Stream Item")
    response = viewer.get(LIST + "?verb=old")
    assert (verbs(response), len(links(response, "old"))) == (["old"], 1)
    settings.STREAM_VERBS = [("hit", "Hit it"), ("slept", "Fell asleep")]
    response = viewer.get(LIST)
    assert [len(links(response, label)) for label in ("Hit it", "Fell asleep", "sang")] == [1, 1, 1]
    assert verbs(viewer.get(LIST + "?verb=hit")) == []


def test_by_model_and_object_in_a_role(viewer, lennon, hendrix, band):
    group = Group.objects.create(name="x")
    action.send(lennon, "a", band)
    action.send(hendrix, "b", group)
    action.send(group, "c", action_object=band)
    for query, expected in {
        "target=early.band": "a",
        "target=auth.group": "b",
        "target=none": "c",
        "actor=auth.user": "ba",
        f"actor=auth.user:{hendrix.pk}": "b",
        "action_object=early.band": "c",
        "actor=auth.user&target=early.band": "a",
        f"actor_user__exact={lennon.pk}": "a",
        f"actor_user__in={lennon.pk},{hendrix.pk}": "ba",
        f"actor_user={lennon.pk}": "a",
        "actor=auth.user:4711": "",
    }.items():
        assert verbs(viewer.get(f"{LIST}?{query}")) == list(expected), query


def test_a_chosen_object_is_named_only_where_a_row_has_it(viewer, lennon, hendrix):
    permit("view_user")
    action.send(lennon, "sang")
    for user, shown in ((lennon, "lennon"), (hendrix, str(hendrix.pk))):
        response = viewer.get(f"{LIST}?actor=auth.user:{user.pk}")
        (spec,) = [
            spec
            for spec in response.context["cl"].filter_specs
            if getattr(spec, "parameter_name", None) == "actor"
        ]
        *_, last = spec.choices(response.context["cl"])
        assert (last["display"], last["selected"]) == (shown, True)


def test_an_object_with_any_key(viewer, lennon):
    tag = Tag.objects.create(name="a:b/ä&c")
    action.send(lennon, "tagged", tag)
    response = viewer.get(LIST, {"target": f"testapp.tag:{tag.pk}"})
    assert verbs(response) == ["tagged"]


def test_by_day(viewer, lennon, settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    for day in (1, 2, 3):
        # Already the next day in Tokyo.
        when = dt.datetime(2026, 3, day, 20, tzinfo=dt.UTC)
        action.send(lennon, f"day {day + 1}", datetime=when)
    for query, expected in {
        "since=2026-03-03": ["day 4", "day 3"],
        "until=2026-03-03": ["day 3", "day 2"],
        "since=2026-03-03&until=2026-03-03": ["day 3"],
        "since=&until=": ["day 4", "day 3", "day 2"],
    }.items():
        assert verbs(viewer.get(f"{LIST}?{query}")) == expected, query


def test_the_days_that_are_offered(viewer, lennon):
    action.send(lennon, "now")
    action.send(lennon, "long ago", datetime=timezone.now() - dt.timedelta(days=500))
    response = viewer.get(LIST)
    for text in ("Today", "Past 7 days", "This month", "This year"):
        (url,) = links(response, text)
        assert verbs(viewer.get(LIST + url)) == ["now"]
    (url,) = links(response, "Any time")
    assert verbs(viewer.get(LIST + url)) == ["now", "long ago"]


def test_days_without_time_zones(viewer, lennon, settings):
    settings.USE_TZ = False
    action.send(lennon, "sang", datetime=dt.datetime(2026, 3, 1, 12))
    assert verbs(viewer.get(LIST + "?since=2026-03-01&until=2026-03-01")) == ["sang"]


def test_the_form_for_days_keeps_the_other_filters(viewer, lennon):
    action.send(lennon, "sang")
    html = viewer.get(LIST + "?verb=sang&since=2020-01-01").content.decode()
    form = html[html.index("time-since") - 400 : html.index("time-until")]
    assert '<input type="hidden" name="verb" value="sang">' in form
    assert 'value="2020-01-01"' in form
    assert 'type="hidden" name="since"' not in form


def test_by_public(viewer, lennon):
    action.send(lennon, "shown")
    action.send(lennon, "hidden", public=False)
    assert verbs(viewer.get(LIST + "?public__exact=0")) == ["hidden"]


# Search


def test_the_search_is_that_of_the_actors_own_admin(admin_client, lennon, hendrix, band):
    action.send(lennon, "a")
    action.send(hendrix, "b")
    action.send(band, "c", lennon)
    assert verbs(admin_client.get(LIST + "?q=lenn")) == ["a"]
    assert verbs(admin_client.get(LIST + "?q=e")) == ["b", "a"]
    assert verbs(admin_client.get(LIST + "?q=nobody")) == []
    assert verbs(admin_client.get(LIST + "?q=+")) == ["c", "b", "a"]


@pytest.mark.urls("tests.support.admin_urls")
def test_the_search_covers_all_models_of_actors(admin_client, lennon, band):
    action.send(lennon, "a")
    action.send(band, "b")
    group = Group.objects.create(name="lennon and band")  # without an admin on this site
    action.send(group, "c")
    site = "/backstage/stream/action/"
    assert verbs(admin_client.get(site + "?q=n")) == ["b", "a"]
    assert verbs(admin_client.get(site + "?q=quarry")) == ["b"]


def test_no_search_for_what_one_may_not_see(viewer, lennon, hendrix):
    action.send(lennon, "a")
    action.send(hendrix, "b")
    response = viewer.get(LIST + "?q=lennon")
    assert verbs(response) == ["b", "a"]
    assert "searchbar" not in response.content.decode()


def test_a_search_that_finds_too_much_says_so(admin_client, lennon, monkeypatch):
    monkeypatch.setattr("stream.arc.admin.OBJECTS_OF_A_SEARCH", 2)
    for number in range(3):
        action.send(User.objects.create(username=f"fan{number}"), str(number))
    response = admin_client.get(LIST + "?q=fan")
    assert verbs(response) == ["1", "0"]
    assert "More than 2 users match; only the first 2 are taken." in response.content.decode()
    assert "More than" not in admin_client.get(LIST + "?q=fan1").content.decode()


@pytest.mark.urls("tests.support.admin_urls")
def test_search_fields_of_ones_own(admin_client, lennon):
    action.send(lennon, "a", description="long and winding")
    action.send(lennon, "b")
    assert verbs(admin_client.get("/plain/stream/action/?q=wind")) == ["a"]


# Odd input


@pytest.mark.parametrize(
    "query",
    [
        "after=x",
        "before=%00",
        "after=WzFd:x",
        "after=a&before=b",
        "actor=x",
        "actor=testapp.song",
        "actor=auth.user:x",
        "actor=auth.user:99999999999999999999999",
        "target=testapp.song:x",
        "target=testapp.tag:%00",
        "since=x",
        "since=2026-02-30",
        "since=%00",
        "until=9999-12-31",
        "public__exact=x",
        "public=x",
        "verb=%00",
        "q=%00",
        "%00=1",
        "verb__regex=[",
        "description__icontains=x",
        "data__contains=x",
        "data__x=1",
        "datetime__year=99999",
        "datetime__gte=x",
        "datetime__foo=1",
        "nonsense=1",
        "verb__nonsense=1",
        "id__exact=x",
        "id__exact=99999999999999999999999",
        "datetime__gte=0001-01-01 00:00%2B14:00",
        "id__in=1,x",
        "actor_user__exact=x",
        "p=x&o=x.y&target=x",
    ],
)
def test_odd_input_leads_back_to_the_list(viewer, lennon, query):
    action.send(lennon, "sang")
    response = viewer.get(f"{LIST}?{query}")
    assert (response.status_code, response.headers["Location"]) == (302, f"{LIST}?e=1")
    assert verbs(viewer.get(f"{LIST}?e=1")) == ["sang"]


@pytest.mark.parametrize(
    "query",
    [
        "p=x",
        "p=99",
        "o=x",
        "o=99",
        "verb=",
        "actor=",
        "after=",
    ],
)
def test_odd_input_that_means_nothing(viewer, lennon, query):
    action.send(lennon, "sang")
    assert viewer.get(f"{LIST}?{query}").status_code == 200


@pytest.mark.parametrize("query", ["actor_user__password__startswith=x", "actor_user__username=x"])
def test_looking_into_other_models_is_not_allowed(viewer, query):
    assert viewer.get(f"{LIST}?{query}").status_code == 400
