"""The API: reading actions and streams."""

import datetime as dt
import uuid

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import path
from django.utils import timezone

from follow.utils import follow
from stream.api.fields import MomentField
from stream.api.views import StreamViewSet
from stream.models import Action
from stream.utils import action
from tests.early.models import Band
from tests.testapp.models import Crew, Orchestra, RoadCrew, Song, Studio, Tag

pytestmark = pytest.mark.django_db


class WeptStream(StreamViewSet):
    operation = "wept"

    def get_stream(self):
        return Action.objects.filter(verb="wept")


urlpatterns = [path("wept/", WeptStream.as_view({"get": "list"}))]


def ids(client, url, **query):
    response = client.get(url, query)
    assert response.status_code == 200, response.content
    return [each["id"] for each in response.json()["results"]]


def test_an_action(api, lennon):
    band = Band.objects.create(name="The Quarrymen")
    song = Song.objects.create(title="Imagine")
    sent = action.send(lennon, "default", band, song, "Live", data={"stars": 5})
    assert api.get(f"/api/actions/{sent.pk}/").json() == {
        "id": sent.pk,
        "datetime": timezone.localtime(sent.datetime).isoformat(),
        "actor": {
            "type": "auth.user",
            "id": str(lennon.pk),
            "text": "lennon",
            "url": None,
            "details": {},
        },
        "verb": "default",
        "verb_display": "Stream Item",
        "action_object": {
            "type": "testapp.song",
            "id": str(song.pk),
            "text": "Imagine",
            "url": None,
            "details": {},
        },
        "target": {
            "type": "early.band",
            "id": str(band.pk),
            "text": "The Quarrymen",
            "url": f"http://testserver/bands/{band.pk}/",
            "details": {},
        },
        "context": None,
        "description": "Live",
        "data": {"stars": 5},
        "public": True,
    }


def test_an_actor_that_is_gone_is_null(api):
    crew = Crew.objects.create(name="x")
    sent = action.send(crew, "packed")
    crew.delete()
    assert api.get(f"/api/actions/{sent.pk}/").json()["actor"] is None


def test_private_actions_are_seen_by_their_parties_alone(api, signed_in, lennon, hendrix):
    band = Band.objects.create(name="x")
    shown = action.send(hendrix, "met", lennon)
    mine = action.send(hendrix, "wrote to", lennon, public=False)
    hidden = action.send(hendrix, "left", band, public=False)
    for url in ("actions/", "streams/auth/user/", f"streams/auth/user/{hendrix.pk}/"):
        assert ids(api, f"/api/{url}") == [shown.pk]
        assert ids(signed_in, f"/api/{url}") == [mine.pk, shown.pk]
    assert api.get(f"/api/actions/{mine.pk}/").status_code == 404
    assert signed_in.get(f"/api/actions/{mine.pk}/").status_code == 200
    assert signed_in.get(f"/api/actions/{hidden.pk}/").status_code == 404


def test_streams_by_role(api, lennon, hendrix):
    met = action.send(hendrix, "met", lennon)
    sang = action.send(lennon, "sang", None, hendrix)
    action.send(Band.objects.create(name="x"), "split")
    user = f"/api/streams/auth/user/{hendrix.pk}"
    assert ids(api, f"{user}/") == [sang.pk, met.pk]
    assert ids(api, f"{user}/actor/") == [met.pk]
    assert ids(api, f"{user}/action_object/") == [sang.pk]
    assert ids(api, f"/api/streams/auth/user/{lennon.pk}/target/") == [met.pk]
    assert ids(api, "/api/streams/auth/user/") == [sang.pk, met.pk]


def test_streams_of_every_kind_of_key_and_of_children(api, lennon):
    song = Song.objects.create(title="x")
    tag = Tag.objects.create(name="rock/pop_& näh?")
    studio = Studio.objects.create(name="x")
    crew = RoadCrew.objects.create(name="x")
    sang = action.send(lennon, "sang", song)
    tagged = action.send(lennon, "used", tag)
    recorded = action.send(lennon, "recorded in", studio)
    packed = action.send(crew, "packed")
    assert ids(api, f"/api/streams/testapp/song/{song.pk}/") == [sang.pk]
    assert ids(api, "/api/streams/testapp/tag/rock_2Fpop_5F_26 näh_3F/target/") == [tagged.pk]
    assert ids(api, f"/api/streams/testapp/venue/{studio.pk}/") == [recorded.pk]
    assert ids(api, "/api/streams/testapp/venue/") == [recorded.pk]
    assert ids(api, f"/api/streams/testapp/roadcrew/{crew.pk}/") == [packed.pk]


def test_the_home_feed(signed_in, lennon, hendrix):
    before = action.send(hendrix, "sang", datetime=timezone.now() - dt.timedelta(days=1))
    follow(lennon, hendrix, flag="watching")
    played = action.send(hendrix, "played")
    slept = action.send(lennon, "slept")
    action.send(hendrix, "wept", public=False)
    home = "/api/streams/home/"
    assert ids(signed_in, home) == [played.pk, before.pk]
    assert ids(signed_in, home, flag="watching", verb="sang") == [before.pk]
    assert ids(signed_in, home, flag="") == []
    assert ids(signed_in, home, with_user_activity="true") == [slept.pk, played.pk, before.pk]
    assert ids(signed_in, home, since_follow="1") == [played.pk]


def test_the_home_feed_holds_own_actions_as_the_site_says(signed_in, lennon, settings):
    slept = action.send(lennon, "slept")
    settings.STREAM_HOME_INCLUDES_OWN = True
    assert ids(signed_in, "/api/streams/home/") == [slept.pk]
    assert ids(signed_in, "/api/feeds/timeline/") == [slept.pk]
    assert ids(signed_in, "/api/streams/home/", with_user_activity="false") == []


def test_the_home_feed_is_for_users(api):
    assert api.get("/api/streams/home/").status_code == 403


def test_filters(api, lennon, hendrix):
    band, group = Band.objects.create(name="x"), Group.objects.create(name="x")
    joined = action.send(lennon, "joined", band, datetime=dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    led = action.send(group, "led", band, hendrix, datetime=dt.datetime(2026, 1, 2, tzinfo=dt.UTC))
    left = action.send(lennon, "left", group, datetime=dt.datetime(2026, 1, 3, tzinfo=dt.UTC))
    for query, found in (
        ({"verb": "led"}, [led]),
        ({"verb": ["led", "left"]}, [left, led]),
        ({"verb": "slept"}, []),
        ({"actor_type": "auth.Group"}, [led]),
        ({"target_type": "early.band", "actor_type": "auth.user"}, [joined]),
        ({"action_object_type": "auth.user"}, [led]),
        ({"since": "2026-01-02T00:00:00Z"}, [left, led]),
        ({"until": "2026-01-02T00:00:00Z"}, [joined]),
        ({"since": "2026-01-01T12:00:00", "until": "2026-01-02T12:00:00+00:00"}, [led]),
        ({"format": "json", "verb": "led"}, [led]),
    ):
        assert ids(api, "/api/actions/", **query) == [each.pk for each in found], query


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (
            "actor=1",
            "Unknown query parameter: 'actor'. Known here: after, before, page_size, verb,",
        ),
        ("actor_type=auth.permission", "Known here: auth.group, auth.user, early.band, testapp."),
        ("actor_type=x", "No type of actor."),
        ("action_object_type=testapp.tag", "No type of action object."),
        ("page_size=0", "greater than or equal to 1"),
        ("page_size=101", "less than or equal to 100"),
        ("page_size=5&page_size=6", "Give this parameter once."),
        ("after=x", "No cursor of this site"),
        ("before=é", "No cursor of this site"),
        ("after=x&before=x", "A page is after one cursor or before one."),
        ("after=", "may not be blank"),
        ("since=yesterday", "Datetime has wrong format"),
        ("verb=%00", "Null characters are not allowed"),
    ],
)
def test_impossible_parameters_are_refused(api, query, said):
    response = api.get(f"/api/actions/?{query}")
    assert response.status_code == 400
    assert said in response.content.decode()


@pytest.mark.parametrize(
    "moment",
    [
        *("0001-01-01T00:00:00Z", "0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59"),
        *("9999-12-31T23:59:59-14:00", "1500-01-01", "2026-01-02", "2026-03-08T02:30:00"),
    ],
)
def test_times_at_the_edge_are_no_error(api, lennon, moment):
    action.send(lennon, "sang")
    for name in ("since", "until"):
        assert api.get(f"/api/actions/?{name}={moment}").status_code in (200, 400)


def test_times_of_a_site_without_time_zones(settings):
    settings.USE_TZ = False
    moment = MomentField().run_validation("2026-01-02T00:00:00Z")
    assert moment == dt.datetime(2026, 1, 2)


@pytest.mark.parametrize("url", ["streams/home/", "follows/", "actions/1/", "follows/auth/user/1/"])
def test_unknown_parameters_are_refused_everywhere(signed_in, url):
    response = signed_in.get(f"/api/{url}?nonsense=1")
    assert response.status_code == 400
    assert response.json()["detail"].startswith("Unknown query parameter: 'nonsense'. Known here:")


def test_pages_lead_to_each_other(api, lennon):
    sent = [action.send(lennon, "sang").pk for _ in range(5)][::-1]
    first = api.get("/api/actions/?page_size=2&verb=sang").json()
    assert [each["id"] for each in first["results"]] == sent[:2]
    assert first["previous"] is None
    second = api.get(first["next"]).json()
    assert [each["id"] for each in second["results"]] == sent[2:4]
    assert "verb=sang" in second["previous"]
    assert api.get(second["previous"]).json() == first
    third = api.get(second["next"]).json()
    assert [each["id"] for each in third["results"]] == sent[4:]
    assert third["next"] is None


@pytest.mark.parametrize(
    ("path", "queries"),
    [
        ("actions/", 3),  # the actions, users, bands
        ("streams/auth/user/", 3),
        ("streams/auth/user/{user}/", 4),  # and the object
        ("streams/auth/user/{user}/actor/", 4),
        ("streams/early/band/{band}/target/", 4),
    ],
)
def test_queries_of_a_page(api, lennon, path, queries, django_assert_num_queries):
    band = Band.objects.create(name="x")
    for number in range(12):
        action.send(lennon, f"sang {number}", band)
    url = "/api/" + path.format(user=lennon.pk, band=band.pk)
    for size in (2, 10):
        with django_assert_num_queries(queries):
            assert len(api.get(url, {"page_size": size}).json()["results"]) == size


def test_queries_of_an_action(api, lennon, hendrix, django_assert_num_queries):
    sent = action.send(lennon, "met", hendrix)
    with django_assert_num_queries(2):  # the action, users
        api.get(f"/api/actions/{sent.pk}/")


def test_queries_of_the_home_feed(signed_in, lennon, hendrix, django_assert_max_num_queries):
    follow(lennon, hendrix)
    for _ in range(12):
        action.send(hendrix, "played")
    for size in (2, 10):
        # the session, the user, which columns, the end of the newest rows, those rows, users
        with django_assert_max_num_queries(6):
            assert len(ids(signed_in, "/api/streams/home/", page_size=size)) == size


def test_queries_of_a_user_who_has_permissions_by_roles(
    signed_in, lennon, hendrix, django_assert_num_queries
):
    action.send(hendrix, "played")
    # the session, the user, two for the permissions, the object, the actions, users
    with django_assert_num_queries(7):
        ids(signed_in, f"/api/streams/auth/user/{hendrix.pk}/")


@pytest.mark.parametrize(
    "path",
    [
        "nonsense/user/1/",
        "auth/nonsense/1/",
        "auth/permission/1/",
        "testapp/orchestra/1/",
        "testapp/orchestra/",
        "auth/user/4711/",
        "testapp/tag/x/actor/",
        "testapp/song/not-a-uuid/",
        f"testapp/song/{uuid.UUID(int=5)}/",
    ],
)
def test_streams_of_what_is_unknown_or_not_registered_are_not_found(api, path):
    Orchestra.objects.create(pk=1, name="x")
    Tag.objects.create(name="x")
    assert api.get(f"/api/streams/{path}").status_code == 404


def test_objects_that_no_stream_shows_look_like_missing_ones(api, signed_in, lennon):
    secret = Band.objects.create(name="Secret")
    missing = api.get("/api/streams/early/band/4711/")
    hidden = api.get(f"/api/streams/early/band/{secret.pk}/")
    assert (hidden.status_code, hidden.json()) == (404, missing.json())
    action.send(secret, "met", lennon, public=False)
    assert api.get(f"/api/streams/early/band/{secret.pk}/").status_code == 404
    assert signed_in.get(f"/api/streams/early/band/{secret.pk}/").status_code == 200


def test_who_has_the_permission_views_any_object(signed_in, lennon):
    band = Band.objects.create(name="x")
    url = f"/api/streams/early/band/{band.pk}/"
    assert signed_in.get(url).status_code == 404
    content_type = ContentType.objects.get_for_model(Band)
    permission, _ = Permission.objects.get_or_create(
        content_type=content_type, codename="view_band", defaults={"name": "x"}
    )
    lennon.user_permissions.add(permission)
    assert signed_in.get(url).json()["results"] == []


@pytest.mark.urls("tests.api.test_api_streams")
def test_a_stream_of_ones_own_shows_what_is_visible(api, signed_in, lennon):
    wept = action.send(lennon, "wept")
    hidden = action.send(lennon, "wept", public=False)
    action.send(lennon, "slept")
    assert ids(api, "/wept/") == [wept.pk]
    assert ids(signed_in, "/wept/") == [hidden.pk, wept.pk]


def test_pages_for_browsers(signed_in, lennon, hendrix):
    follow(lennon, hendrix)
    action.send(hendrix, "<b>")
    for url in ("actions/", "streams/home/", "follows/", f"follows/auth/user/{hendrix.pk}/"):
        response = signed_in.get(f"/api/{url}", HTTP_ACCEPT="text/html")
        assert (response.status_code, "<b></b>" in response.content.decode()) == (200, False)
        assert signed_in.options(f"/api/{url}").status_code == 200


# News feeds


def test_a_news_feed_in_groups(signed_in, lennon, hendrix):
    band = Band.objects.create(name="The Quarrymen")
    follow(lennon, band, actor_only=False)
    when = timezone.now()
    liked = [action.send(user, "liked", band, datetime=when) for user in (lennon, hendrix)]
    response = signed_in.get("/api/feeds/timeline_aggregated/").json()
    assert (response["next"], response["previous"]) == (None, None)
    [group] = response["results"]
    actions = group.pop("actions")
    assert [each["id"] for each in actions] == [each.pk for each in reversed(liked)]
    assert actions[0]["actor"]["text"] == "hendrix"
    people = [
        {"type": "auth.user", "id": str(user.pk), "text": str(user), "url": None, "details": {}}
        for user in (hendrix, lennon)
    ]
    assert group == {
        "text": "hendrix and lennon liked The Quarrymen",
        "updated_at": timezone.localtime(when).isoformat(),
        "actors": people,
        "actor_count": 2,
        "action_count": 2,
        "is_exact": True,
        "verb": "liked",
        "verb_display": "liked",
        "action_object": None,
        "target": {
            "type": "early.band",
            "id": str(band.pk),
            "text": "The Quarrymen",
            "url": f"http://testserver/bands/{band.pk}/",
            "details": {},
        },
        "context": None,
    }


def test_a_news_feed_by_action_is_the_home_feed(signed_in, lennon, hendrix):
    follow(lennon, hendrix)
    slept = action.send(hendrix, "slept")
    assert ids(signed_in, "/api/feeds/timeline/") == [slept.pk]


def test_groups_are_paged_by_cursor(signed_in, lennon, hendrix):
    follow(lennon, hendrix)
    when = timezone.now()
    for day in range(5):
        action.send(hendrix, f"slept {day}", datetime=when - dt.timedelta(days=day))
    url, verbs = "/api/feeds/timeline_aggregated/?page_size=2", []
    while url:
        page = signed_in.get(url).json()
        verbs += [each["verb"] for each in page["results"]]
        url = page["next"]
    assert verbs == [f"slept {day}" for day in range(5)]
    assert signed_in.get(page["previous"]).json()["results"][0]["verb"] == "slept 2"
    assert signed_in.get("/api/feeds/timeline_aggregated/?after=x").status_code == 400
    assert signed_in.get("/api/feeds/timeline_aggregated/?verb=slept").status_code == 400


def test_a_feed_of_groups_takes_as_many_queries_for_many(
    signed_in, lennon, hendrix, django_assert_num_queries
):
    follow(lennon, hendrix)
    action.send(hendrix, "slept", data={"hours": 8}, description="Well")
    signed_in.get("/api/feeds/timeline_aggregated/")
    with CaptureQueriesContext(connection) as few:
        signed_in.get("/api/feeds/timeline_aggregated/")
    for number in range(30):
        action.send(hendrix, f"slept {number}", data={"hours": 8}, description="Well")
    with django_assert_num_queries(len(few)):
        [*_, group] = signed_in.get("/api/feeds/timeline_aggregated/").json()["results"]
    assert group["actions"][0]["data"] == {"hours": 8}


def test_news_feeds_are_for_users_and_have_names(api, signed_in):
    assert api.get("/api/feeds/timeline/").status_code == 403
    for name in ("unknown", "user", "notification"):
        assert signed_in.get(f"/api/feeds/{name}/").status_code == 404
