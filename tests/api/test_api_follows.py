"""The API: following."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from rest_framework.test import APIClient

from follow.models import Follow
from follow.utils import follow
from stream.utils import action
from tests.early.models import Band
from tests.testapp.models import Crew, Orchestra, Song, Stage, Studio, Tag

pytestmark = pytest.mark.django_db


@pytest.fixture
def band(hendrix):
    """A band that the streams show, so that everybody may view it, as its member."""
    band = Band.objects.create(name="The Quarrymen")
    action.send(hendrix, "joined", band)
    return band


def url(obj, rest=""):
    return f"/api/follows/{obj._meta.label_lower.replace('.', '/')}/{obj.pk}/{rest}"


def names(client, url, role="target", **query):
    response = client.get(url, query)
    assert response.status_code == 200, response.content
    return [each[role]["text"] for each in response.json()["results"]]


def test_following_and_unfollowing(signed_in, lennon, band):
    answer = {"type": "early.band", "id": str(band.pk), "following": False}
    assert signed_in.get(url(band)).json() == answer
    for _ in range(2):
        response = signed_in.post(url(band))
        assert response.status_code == 200
        shown = response.json()
        assert (shown["user"]["text"], shown["target"]["text"]) == ("lennon", "The Quarrymen")
        assert (shown["flag"], shown["actor_only"]) == ("", True)
        assert signed_in.get(url(band)).json() == {**answer, "following": True}
    assert Follow.objects.count() == 1
    for _ in range(2):
        assert signed_in.delete(url(band)).status_code == 204
        assert signed_in.get(url(band)).json() == answer


def test_kinds_and_reach(signed_in, lennon, band):
    watching = url(band, "?flag=watching")
    shown = signed_in.post(watching, {"actor_only": False}, format="json").json()
    assert (shown["flag"], shown["actor_only"]) == ("watching", False)
    assert not signed_in.post(watching).json()["actor_only"]
    assert signed_in.get(watching).json()["following"]
    assert not signed_in.get(url(band)).json()["following"]
    signed_in.delete(url(band))
    assert Follow.objects.is_following(lennon, band, "watching")
    assert signed_in.delete(watching).status_code == 204
    assert not Follow.objects.exists()
    assert signed_in.post(url(band), {"flag": "x"}, format="json").status_code == 400
    assert signed_in.post(url(band, f"?flag={'x' * 101}")).status_code == 400
    assert signed_in.post(url(band), {"actor_only": "maybe"}, format="json").status_code == 400


def test_an_object_has_so_many_flags_alone(signed_in, lennon, band, monkeypatch):
    monkeypatch.setattr("follow.query.FLAGS_PER_OBJECT", 3)
    url = f"/api/follows/early/band/{band.pk}/"
    statuses = [signed_in.post(f"{url}?flag={flag}").status_code for flag in ("", *"abcdc")]
    assert statuses == [200, 200, 200, 200, 400, 200]
    assert lennon.following.count() == 4
    assert signed_in.delete(f"{url}?flag=a").status_code == 204
    assert signed_in.post(f"{url}?flag=d").status_code == 200


def test_the_reach_of_a_model(signed_in, hendrix):
    stage = Stage.objects.create(name="x")
    action.send(hendrix, "played", context=stage)
    assert not signed_in.post(url(stage)).json()["actor_only"]


@pytest.mark.parametrize("make", [Song, Crew, Tag])
def test_any_key_and_model(signed_in, lennon, make):
    obj = make.objects.create(**{"title" if make is Song else "name": "a"})
    if make is Crew:
        action.send(obj, "packed")
    else:
        action.send(lennon, "made", obj)
    assert signed_in.post(url(obj)).status_code == 200
    assert Follow.objects.is_following(lennon, obj)


def test_visitors_do_not_follow(api, band):
    for method in ("get", "post", "delete"):
        assert getattr(api, method)(url(band)).status_code == 403
    assert api.get("/api/follows/").status_code == 403
    assert api.get("/api/follows/check/?object=auth.user:1").status_code == 403
    assert not Follow.objects.exists()


def test_csrf_is_required_of_sessions(lennon, band):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(lennon)
    for method in ("post", "delete"):
        assert getattr(client, method)(url(band)).status_code == 403


def test_what_no_action_names_yet_is_followed_and_not_named(signed_in, lennon):
    new = Band.objects.create(name="Unheard Of")
    answer = signed_in.post(url(new))
    assert answer.status_code == 200
    assert answer.json()["target"] == {
        "type": "early.band",
        "id": str(new.pk),
        "text": "",
        "url": None,
        "details": {},
    }
    assert Follow.objects.is_following(lennon, new)


def test_hidden_objects_are_not_followed_but_unfollowed(signed_in, lennon, monkeypatch):
    secret = Band.objects.create(name="Secret")
    nothing = Band.objects.none
    monkeypatch.setattr(Band._default_manager, "visible_to", lambda user: nothing(), raising=False)
    hidden = signed_in.post(url(secret))
    missing = signed_in.post("/api/follows/early/band/0/")
    assert (hidden.status_code, hidden.json()) == (404, missing.json())
    follow(lennon, secret)
    assert signed_in.get(url(secret)).json()["following"]
    assert signed_in.delete(url(secret)).status_code == 204
    assert not Follow.objects.exists()


def test_what_one_may_not_view_looks_the_same_whether_it_is_there(signed_in):
    secret = Band.objects.create(name="Secret")
    for method in ("get", "delete"):
        hidden = getattr(signed_in, method)(url(secret))
        missing = getattr(signed_in, method)("/api/follows/early/band/0/")
        assert hidden.status_code == missing.status_code
        assert hidden.content.replace(b'"%d"' % secret.pk, b'"0"') == missing.content


@pytest.mark.parametrize(
    "path",
    ["nonsense/band/1/", "early/nonsense/1/", "testapp/orchestra/1/", "auth/permission/1/"],
)
def test_what_cannot_be_followed_is_not_found(signed_in, path):
    Orchestra.objects.create(pk=1, name="x")
    for method in ("get", "post", "delete"):
        assert getattr(signed_in, method)(f"/api/follows/{path}").status_code == 404
    assert signed_in.get(f"/api/follows/{path}followers/").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        *[f"early/band/{key}/" for key in ("x", 0, 2**63, 2**80, "9" * 5000, "%00", "%ED%A0%80")],
        *[f"testapp/song/{key}/" for key in ("x", 2**80, "%00")],
        *[f"testapp/tag/{key}/" for key in ("x" * 3000, "%00", "_00")],
    ],
)
def test_odd_keys_are_keys_of_no_object(signed_in, path):
    assert signed_in.post(f"/api/follows/{path}").status_code == 404
    assert signed_in.get(f"/api/follows/{path}followers/").status_code == 404
    assert signed_in.delete(f"/api/follows/{path}").status_code == 204
    assert signed_in.get(f"/api/follows/{path}").json()["following"] is False


def test_many_are_looked_up_at_once(signed_in, lennon, hendrix, band, django_assert_num_queries):
    song = Song.objects.create(title="x")
    tags = [Tag.objects.create(name=name) for name in ("a:b/c", "d")]
    for obj in (hendrix, song, tags[0]):
        follow(lennon, obj)
    follow(lennon, band, flag="watching")
    asked = [
        *(f"early.band:{band.pk}", f"auth.user:{hendrix.pk}", f"testapp.song:{song.pk}"),
        *("testapp.tag:a:b/c", "testapp.tag:d", "testapp.song:nonsense", f"auth.user:{2**80}"),
    ]
    with django_assert_num_queries(3):  # the session, the user, the follows
        response = signed_in.get("/api/follows/check/", {"object": asked})
    rows = response.json()
    assert [f"{each['type']}:{each['id']}" for each in rows] == asked
    assert [each["following"] for each in rows] == [False, True, True, True, False, False, False]
    response = signed_in.get("/api/follows/check/", {"object": asked[:2], "flag": "watching"})
    assert [each["following"] for each in response.json()] == [True, False]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "This field is required"),
        ("object=auth.user", "Write an object as app.model:key"),
        ("object=x:1", "No type that can be followed. Known here: auth.group, auth.user"),
        ("object=testapp.orchestra:1", "No type that can be followed"),
        ("&".join(["object=auth.user:1"] * 101), "no more than 100 elements"),
        ("object=auth.user:%00", "Null characters are not allowed"),
    ],
)
def test_impossible_questions_are_refused(signed_in, query, said):
    response = signed_in.get(f"/api/follows/check/?{query}")
    assert (response.status_code, said in response.content.decode()) == (400, True)


def test_own_follows(signed_in, lennon, hendrix, band):
    secret = Song.objects.create(title="Secret")
    for obj in (secret, hendrix):
        follow(lennon, obj)
    follow(lennon, band, flag="watching")
    follow(hendrix, band)
    assert names(signed_in, "/api/follows/") == ["The Quarrymen", "hendrix", ""]
    assert names(signed_in, "/api/follows/", flag="watching") == ["The Quarrymen"]
    assert names(signed_in, "/api/follows/", type="auth.User") == ["hendrix"]
    assert signed_in.get("/api/follows/?type=x").status_code == 400
    hidden = signed_in.get("/api/follows/").json()["results"][2]["target"]
    assert hidden == {
        "type": "testapp.song", "id": str(secret.pk), "text": "", "url": None, "details": {}
    }  # fmt: skip


def test_followers(api, signed_in, lennon, hendrix, band):
    quiet = User.objects.create(username="quiet")
    for user in (quiet, hendrix, lennon):
        follow(user, band)
    assert names(api, url(band, "followers/"), "user") == ["hendrix"]
    assert names(signed_in, url(band, "followers/"), "user") == ["lennon", "hendrix"]
    action.send(quiet, "woke up")
    assert names(api, url(band, "followers/"), "user") == ["hendrix", "quiet"]
    assert names(api, url(band, "followers/"), "user", flag="watching") == []


def test_following_of_a_user(api, lennon, hendrix, band):
    secret = Band.objects.create(name="Secret")
    for obj in (secret, band, Song.objects.create(title="Hidden")):
        follow(hendrix, obj)
    assert names(api, url(hendrix, "following/")) == ["The Quarrymen"]
    assert names(api, url(hendrix, "following/"), type="testapp.song") == []
    assert api.get(url(lennon, "following/")).status_code == 404  # no stream shows lennon
    assert api.get(url(band, "following/")).status_code == 404


def test_followers_of_a_child(api, hendrix):
    studio = Studio.objects.create(name="x")
    assert api.get(url(studio, "followers/")).status_code == 404
    crew = Crew.objects.create(name="crew")
    action.send(crew, "met", hendrix)
    follow(hendrix, crew)
    assert names(api, url(crew, "followers/"), "user") == ["hendrix"]


def test_pages_of_followers(api, band, django_assert_num_queries):
    for number in range(12):
        user = User.objects.create(username=f"fan{number}")
        action.send(user, "woke up")
        follow(user, band)
    for size in (2, 10):
        with django_assert_num_queries(3):  # the object, the follows, users
            page = api.get(url(band, "followers/"), {"page_size": size}).json()
        assert len(page["results"]) == size
    assert len(api.get(page["next"]).json()["results"]) == 2


def test_queries_of_following(signed_in, lennon, hendrix, band, django_assert_num_queries):
    ono = User.objects.create(username="ono")
    for obj in (band, ono, *(Group.objects.create(name=str(n)) for n in range(5))):
        action.send(hendrix, "met", obj)
        follow(lennon, obj)
        follow(hendrix, obj)
    # the session, the user, the follows, two for the permissions, bands, users, groups
    with django_assert_num_queries(8):
        assert len(names(signed_in, "/api/follows/")) == 7
    # the session, the user, two for the permissions, the user of the address, the follows, and the
    # bands, users and groups among them
    with django_assert_num_queries(9):
        assert len(names(signed_in, url(hendrix, "following/"))) == 7
    with django_assert_num_queries(3):  # the session, the user, the follow
        signed_in.get(url(band))


def test_queries_of_writing(signed_in, band, django_assert_max_num_queries):
    # the session, the user, two for the permissions, the object, and what follow() needs
    with django_assert_max_num_queries(13):
        signed_in.post(url(band))
    with django_assert_max_num_queries(8):
        signed_in.delete(url(band))


def test_without_the_follow_app_nothing_can_be_followed(signed_in, hendrix, band, monkeypatch):
    configs = {label: each for label, each in apps.app_configs.items() if label != "follow"}
    monkeypatch.setattr(apps, "app_configs", configs)
    for path in (
        *("follows/", "follows/check/?object=auth.user:1", "streams/home/"),
        *(f"follows/auth/user/{hendrix.pk}/{rest}" for rest in ("", "followers/", "following/")),
    ):
        response = signed_in.get(f"/api/{path}")
        assert response.status_code == 404, path
        assert response.json() == {"detail": "Nobody can follow anything on this site."}
    assert signed_in.post(url(band)).status_code == 404
    assert signed_in.delete(url(band)).status_code == 404
    assert signed_in.get("/api/actions/").status_code == 200
