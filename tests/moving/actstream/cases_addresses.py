"""Old addresses lead to new ones."""

import uuid

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.test import Client, override_settings
from django.urls import reverse

from follow.models import Follow
from follow.utils import follow
from stream.models import Action
from tests.testapp.models import Orchestra, Song


def leads(client, url, status=301):
    response = client.get(url)
    assert response.status_code == status, response.status_code
    return response.headers["Location"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", "/stream/"),
        ("?page=2", "/stream/?page=2"),
        ("actors/{user}/{ann}/", "/stream/auth/user/{ann}/actor/"),
        ("actors/{song}/a-b/", "/stream/testapp/song/a-b/"),  # which never acts
        ("actors/{user}/", "/stream/auth/user/"),
        ("detail/17/", "/stream/action/17/"),
        ("followers/{group}/5/", "/stream/auth/group/5/followers/"),
        ("followers/{group}/5/liking/", "/stream/auth/group/5/followers/?flag=liking"),
        ("following/{ann}/", "/stream/auth/user/{ann}/following/"),
        ("following/{ann}/liking/", "/stream/auth/user/{ann}/following/?flag=liking"),
        ("feed/", "/syndication/token/"),
        ("feed/atom/", "/syndication/token/"),
        ("feed/{user}/", "/syndication/model/auth/user/rss/"),
        ("feed/{user}/atom/", "/syndication/model/auth/user/atom/"),
        ("feed/{user}/json/", "/syndication/model/auth/user/json/"),
        ("feed/{song}/a-b/", "/syndication/object/testapp/song/a-b/rss/"),
        ("feed/{song}/a-b/json/", "/syndication/object/testapp/song/a-b/json/"),
        ("feed/{user}/a_b:c/atom/", "/syndication/object/auth/user/a_5Fb_3Ac/atom/"),
        ("api/actions/", "/api/actions/"),
        ("api/actions/17/", "/api/actions/17/"),
        ("api/actions/streams/following/", "/api/streams/home/"),
        ("api/actions/streams/model/{user}/", "/api/streams/auth/user/"),
        ("api/actions/streams/any/{user}/5/", "/api/streams/auth/user/5/"),
        ("api/actions/streams/target/{song}/5/", "/api/streams/testapp/song/5/target/"),
        ("api/follows/", "/api/follows/"),
        ("api/follows/following/", "/api/follows/"),
        ("api/follows/is_following/{group}/5/", "/api/follows/auth/group/5/"),
    ],
)
def test_address_leads_to_the_new_one(client, ann, type_of, old, new):
    names = {"ann": ann.pk, "user": type_of(User).pk, "group": type_of(Group).pk}
    names["song"] = type_of(Song).pk
    assert leads(client, f"/activity/{old.format(**names)}") == new.format(**names)


def test_names_of_addresses_are_as_before(ann, type_of):
    args = [type_of(User).pk, ann.pk]
    assert reverse("actstream") == "/activity/"
    assert reverse("actstream_user", args=["ann"]) == "/activity/ann/"
    assert reverse("actstream_follow", args=args) == f"/activity/follow/{args[0]}/{args[1]}/"
    assert reverse("actstream_unfollow_all", args=[*args, "x"]).endswith(f"/{ann.pk}/x/")
    named = {"content_type_id": args[0], "object_id": args[1], "flag": "liking"}
    assert reverse("actstream_followers", kwargs=named).endswith("/liking/")
    assert reverse("actstream_object_feed_atom", args=args).endswith("/atom/")
    for name in ("actstream_feed", "actstream_feed_atom", "actstream_feed_json"):
        assert reverse(name)
    for name in ("model_feed", "model_feed_atom", "model_feed_json", "model"):
        assert reverse(f"actstream_{name}", args=args[:1])


def test_no_object_is_looked_up(client, type_of, django_assert_num_queries):
    key = type_of(Song).pk
    ContentType.objects.get_for_id(key)
    with django_assert_num_queries(0):
        assert leads(client, f"/activity/actors/{key}/", 301)
        assert client.get(f"/activity/feed/{key}/{uuid.uuid4()}/").status_code == 301


@pytest.mark.parametrize(
    "old",
    [
        "actors/0/",
        "actors/x/5/",
        "actors/{orchestra}/5/",
        "feed/999999/",
        "feed/{orchestra}/",
        "detail/x/",
        "api/actions/streams/model/0/",
        "api/actions/streams/my-actions/",
        "api/users/",
        "nobody/",
        "no%00body/",
    ],
)
def test_address_of_nothing_is_not_found(client, type_of, old):
    url = f"/activity/{old.format(orchestra=type_of(Orchestra).pk)}"
    assert client.get(url).status_code == 404


def test_address_by_name_leads_to_the_page_of_a_user_who_may_be_seen(client, ann, bob):
    client.force_login(ann)
    assert leads(client, "/activity/ann/") == f"/stream/auth/user/{ann.pk}/actor/"
    assert client.get("/activity/bob/").status_code == 404  # of whom ann cannot know
    Action.objects.create(bob, "slept")
    assert leads(client, "/activity/bob/") == f"/stream/auth/user/{bob.pk}/actor/"
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert client.get("/activity/bob/").status_code == 404


def test_own_addresses_lead_whoever_asks(client, ann):
    client.force_login(ann)
    url = "/activity/api/actions/streams/my-actions/"
    assert leads(client, url, 302) == f"/api/streams/auth/user/{ann.pk}/actor/"
    url = "/activity/api/follows/followers/"
    assert leads(client, url, 302) == f"/api/follows/auth/user/{ann.pk}/followers/"


@override_settings(ROOT_URLCONF="stream.contrib.actstream.urls")
def test_addresses_of_what_is_not_included_are_not_found(client, type_of):
    assert client.get("/").status_code == 404
    assert client.get(f"/actors/{type_of(User).pk}/").status_code == 404


# Following


def address(name, obj, flag=None):
    args = [ContentType.objects.get_for_model(obj).pk, obj.pk]
    return reverse(f"actstream_{name}", args=[*args, flag] if flag else args)


@pytest.mark.parametrize("name", ["follow", "unfollow", "follow_all", "unfollow_all"])
def test_get_changes_nothing_and_leads_to_the_page(client, ann, band, name):
    client.force_login(ann)
    if name.startswith("un"):
        follow(ann, band)
    before = Follow.objects.count()
    assert leads(client, address(name, band, "x"), 302) == f"/stream/auth/group/{band.pk}/"
    assert Follow.objects.count() == before
    assert not Action.objects.exists()


def test_post_follows_and_unfollows(client, ann, band):
    client.force_login(ann)
    assert client.post(address("follow", band)).status_code == 201
    assert client.post(address("follow_all", band, "liking")).status_code == 201
    follows = Follow.objects.order_by("id")
    assert [(each.flag, each.actor_only) for each in follows] == [("", True), ("liking", False)]
    sent = Action.objects.order_by("id").values_list("verb", flat=True)
    assert list(sent) == ["started following", "started liking"]
    assert client.post(address("unfollow", band, "liking")).status_code == 204
    assert Follow.objects.get().flag == ""
    follow(ann, band, "watching")
    assert client.post(address("unfollow_all", band)).status_code == 204  # of every kind
    assert not Follow.objects.exists()


def test_post_leads_back_to_this_site_alone(client, ann, band):
    client.force_login(ann)
    response = client.post(address("follow", band), {"next": "/there/"})
    assert (response.status_code, response.headers["Location"]) == (302, "/there/")
    response = client.post(address("follow", band), {"next": "https://evil.example/"})
    assert response.status_code == 201


def test_post_needs_a_token_and_a_user(ann, band):
    client = Client(enforce_csrf_checks=True)
    client.force_login(ann)
    assert client.post(address("follow", band)).status_code == 403
    response = Client().post(address("follow", band))
    assert response.status_code == 302
    assert response.headers["Location"].startswith("/login/?next=")
    assert not Follow.objects.exists()


def test_post_refuses_what_cannot_be_followed(client, ann, band):
    client.force_login(ann)
    url = address("follow", band)
    assert client.post(url.replace(f"/{band.pk}/", "/999999/")).status_code == 404
    assert client.post(url.replace(f"/{band.pk}/", "/x/")).status_code == 404
    assert client.post(address("follow", Orchestra.objects.create())).status_code == 404
    assert client.post(address("follow", band, "x" * 101)).status_code == 400
    for number in range(20):
        follow(ann, band, f"kind {number}")
    assert client.post(address("follow", band, "one more")).status_code == 400
    assert client.put(url).status_code == 405
