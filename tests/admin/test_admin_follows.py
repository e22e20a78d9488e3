"""Follows in the admin."""

import re

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from follow.admin import FollowAdmin
from follow.models import Follow
from follow.utils import follow
from stream.paging.keyed import KeyedPage
from tests.early.models import Band

pytestmark = pytest.mark.django_db

LIST = "/admin/follow/follow/"


@pytest.fixture
def five(lennon, hendrix, monkeypatch):
    """Five follows, newest first, on pages of two."""
    monkeypatch.setattr(FollowAdmin, "list_per_page", 2)
    for number in range(5):
        follow(lennon, Band.objects.create(name=f"band{number}"), flag="watching" * (number == 3))
    return list(Follow.objects.order_by("-pk"))


def rows(response):
    assert response.status_code == 200
    return list(response.context["cl"].result_list)


def go(client, response, text):
    (url,) = re.findall(rf'href="([^"]*)"[^>]*>{text}</a>', response.content.decode())
    return client.get(LIST + url.replace("&amp;", "&"))


def test_older_and_newer(admin_client, five):
    first = admin_client.get(LIST)
    second = go(admin_client, first, "Older")
    last = go(admin_client, second, "Older")
    assert (rows(first), rows(second), rows(last)) == (five[:2], five[2:4], five[4:])
    assert ">Newer<" not in first.content.decode()
    assert ">Older<" not in last.content.decode()
    assert rows(go(admin_client, last, "Newer")) == five[2:4]
    newest = go(admin_client, second, "Newer")
    assert rows(newest) == five[:2]
    assert ">Newer<" not in newest.content.decode()
    assert rows(admin_client.get(f"{LIST}?before={KeyedPage.encode(five[0])}")) == five[:2]


def test_filters_and_search(admin_client, five, lennon, hendrix):
    group = Group.objects.create(name="x")
    other = follow(hendrix, group, actor_only=False)
    watched = five[1]
    for query, expected in {
        "flag=watching": [watched],
        "target=auth.group": [other],
        f"target=early.band:{watched.target.pk}": [watched],
        "actor_only__exact=0": [other],
        "q=hend": [other],
        f"user__exact={hendrix.pk}": [other],
    }.items():
        assert rows(admin_client.get(f"{LIST}?{query}")) == expected, query


def test_nothing_is_counted_or_read_as_a_whole(admin_client, five):
    with CaptureQueriesContext(connection) as queries:
        for query in ("", "?flag=watching", "?target=early.band", "?q=lennon"):
            assert admin_client.get(LIST + query).status_code == 200
    for query in queries.captured_queries:
        sql = query["sql"].upper()
        assert "COUNT(" not in sql
        assert "DISTINCT" not in sql
        if 'FROM "FOLLOW_FOLLOW"' in sql.replace("`", '"'):
            assert "LIMIT" in sql


@pytest.mark.parametrize(
    "query", ["after=x", "before=x", "after=1&before=2", "target=none:", "x=y"]
)
def test_odd_input_leads_back_to_the_list(admin_client, five, query):
    response = admin_client.get(f"{LIST}?{query}")
    assert (response.status_code, response.headers["Location"]) == (302, f"{LIST}?e=1")


def test_the_form_of_a_follow_shows_what_is_set(admin_client, five):
    page = admin_client.get(f"{LIST}{five[0].pk}/change/").content.decode()
    assert 'name="target_band"' in page
    assert 'name="target_song"' not in page
    assert 'name="target_song"' in admin_client.get(f"{LIST}add/").content.decode()


def test_looking_at_a_follow(client, five, lennon):
    viewer = User.objects.create(username="viewer", is_staff=True)
    names = ["view_follow", "view_band", "view_user"]
    viewer.user_permissions.add(*Permission.objects.filter(codename__in=names))
    client.force_login(viewer)
    page = client.get(f"{LIST}{five[0].pk}/change/").content.decode()
    assert "band4 (band)" in page
    (url,) = re.findall(r'href="([^"]*)">all with this user', page)
    assert rows(client.get(url)) == five[:2]
    assert 'name="target_band"' not in page


def test_fields_of_ones_own(admin_client, five, monkeypatch):
    monkeypatch.setattr(FollowAdmin, "fields", ["flag"])
    page = admin_client.get(f"{LIST}{five[0].pk}/change/").content.decode()
    assert 'name="flag"' in page
    assert 'name="target_band"' not in page


def test_adding_a_follow(admin_client, lennon):
    band = Band.objects.create(name="x")
    entered = {"user": lennon.pk, "datetime_0": "2026-03-01", "datetime_1": "12:00", "flag": ""}
    response = admin_client.post(f"{LIST}add/", entered)
    assert "Choose one: target." in response.content.decode()
    assert admin_client.post(f"{LIST}add/", {**entered, "target_band": band.pk}).status_code == 302
    assert Follow.objects.get().target == band
