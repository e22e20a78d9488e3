"""What a reader may see, and of which objects a reader may know: on pages, in feeds, by the API."""

import pytest
from django.contrib.auth.models import AnonymousUser, Permission, User
from django.contrib.contenttypes.models import ContentType

from follow.utils import follow
from stream.arc.requests import clean_key, find_model, find_object
from stream.arc.rules import fields_of
from stream.arc.visibility import visible_objects
from stream.models import Action
from stream.utils import action
from stream.web.links import stream_url
from tests.early.models import Band
from tests.testapp.models import Crew, CrewProxy, Song, Studio, Tag, Venue

pytestmark = pytest.mark.django_db


@pytest.fixture
def band():
    return Band.objects.create(name="Secret Band")


def test_pages_show_private_actions_to_those_in_them(client, lennon, hendrix, band):
    action.send(lennon, "sang", band)
    action.send(lennon, "wept", band, public=False)
    urls = [stream_url(lennon, "actor"), stream_url(band), stream_url(band, "model")]
    for reader, sees in ((None, False), (hendrix, False), (lennon, True)):
        if reader:
            client.force_login(reader)
        for url in urls:
            page = client.get(url).content.decode()
            assert "lennon sang" in page
            assert ("lennon wept" in page) is sees


def test_the_home_feed_holds_public_actions_only(client, lennon, hendrix):
    follow(hendrix, lennon)
    action.send(lennon, "whispered", hendrix, public=False)
    client.force_login(hendrix)
    assert "whispered" not in client.get("/stream/").content.decode()


@pytest.mark.parametrize("page", ["object", "actor", "followers"])
def test_an_object_in_no_visible_action_is_not_there(client, lennon, hendrix, band, page):
    action.send(band, "split", lennon, public=False)
    url = stream_url(band, page)
    assert client.get(url).status_code == 404
    client.force_login(hendrix)
    assert client.get(url).status_code == 404
    client.force_login(lennon)
    assert client.get(url).status_code == 200


def test_following_it_does_not_reveal_an_object(client, lennon, hendrix, band):
    follow(lennon, band)
    follow(lennon, hendrix)
    action.send(hendrix, "played")
    client.force_login(lennon)
    page = client.get(stream_url(lennon, "following")).content.decode()
    assert "hendrix" in page
    assert "Secret Band" not in page
    assert client.get(stream_url(band)).status_code == 404


def test_people_are_known_to_themselves_and_by_what_they_do(lennon, hendrix):
    follow(lennon, hendrix)
    for reader in (None, AnonymousUser()):
        assert not visible_objects(User, reader).exists()
    assert list(visible_objects(User, lennon)) == [lennon]
    action.send(hendrix, "played")
    assert set(visible_objects(User, None)) == {hendrix}
    assert set(visible_objects(User, lennon)) == {hendrix, lennon}


def test_followers_whom_nobody_has_seen_act_are_not_told(client, lennon, hendrix):
    action.send(hendrix, "played")
    follow(lennon, hendrix)
    url = stream_url(hendrix, "followers")
    assert "lennon" not in client.get(url).content.decode()
    client.force_login(lennon)
    assert "lennon" in client.get(url).content.decode()


def test_nobody_counts_followers_who_are_hidden(client, lennon, hendrix):
    action.send(hendrix, "played")
    follow(lennon, hendrix)
    response = client.get(stream_url(hendrix, "followers"), {"since": ""})
    assert (response.status_code, "lennon" in response.content.decode()) == (200, False)


def test_the_permission_to_view_shows_all_objects(client, lennon, band):
    assert client.get(stream_url(band)).status_code == 404
    permission, _ = Permission.objects.get_or_create(
        content_type=ContentType.objects.get_for_model(Band),
        codename="view_band",
        defaults={"name": "x"},
    )
    lennon.user_permissions.add(permission)
    client.force_login(lennon)
    assert client.get(stream_url(band)).status_code == 200
    assert not visible_objects(User, lennon).exclude(pk=lennon.pk).exists()


def test_users_of_a_model_without_permissions_see_what_streams_show(lennon, band, monkeypatch):
    monkeypatch.delattr("django.contrib.auth.models.PermissionsMixin.has_perm")
    assert not visible_objects(Band, lennon).exists()
    action.send(lennon, "joined", band, public=False)
    assert list(visible_objects(Band, lennon)) == [band]


def test_a_child_of_a_registered_model_is_seen_as_its_parent(lennon):
    studio = Studio.objects.create(name="Abbey Road")
    assert find_object(Studio, str(studio.pk), None) is None
    action.send(lennon, "entered", studio)
    assert find_object(Studio, str(studio.pk), None) == studio.venue_ptr
    assert stream_url(studio) == f"/stream/testapp/venue/{studio.pk}/"


@pytest.mark.parametrize("start", ["stream", "feeds/object", "api/streams"])
def test_the_address_of_a_proxy_or_child_names_nothing(client, lennon, start):
    studio = Studio.objects.create(name="Abbey Road")
    crew = CrewProxy.objects.create(name="x")
    action.send(crew, "entered", studio)
    for kind, name, status in (
        (studio, "venue", 200),
        (studio, "studio", 404),
        (crew, "crew", 200),
        (crew, "crewproxy", 404),
    ):
        assert client.get(f"/{start}/testapp/{name}/{kind.pk}/").status_code == status
        models = start.replace("object", "model")
        assert client.get(f"/{models}/testapp/{name}/").status_code == status


@pytest.mark.parametrize("model", [Crew, CrewProxy])
def test_the_rule_is_that_of_the_registered_model(lennon, monkeypatch, model):
    action.send(Crew.objects.create(name="x"), "packed")
    monkeypatch.setattr(
        Crew._default_manager, "visible_to", lambda user: Crew.objects.none(), raising=False
    )
    monkeypatch.setattr(
        CrewProxy._default_manager, "visible_to", lambda user: Crew.objects.all(), raising=False
    )
    assert not visible_objects(model, lennon).exists()


def test_no_role_takes_a_proxy_or_child_by_name(signed_in, lennon):
    studio = Studio.objects.create(name="Abbey Road")
    action.send(lennon, "entered", studio)
    named = {"type": "testapp.studio", "id": str(studio.pk)}
    for url, body in (
        ("/api/actions/", {"verb": "entered", "target": named}),
        ("/api/notifications/mutes/", named),
    ):
        assert signed_in.post(url, body, format="json").status_code in (400, 403)
    muting = {"app": "testapp", "model": "studio", "pk": studio.pk}
    assert signed_in.post("/notifications/mute/", muting).status_code == 404
    assert signed_in.get("/api/actions/?target_type=testapp.studio").status_code == 400


@pytest.mark.parametrize("start", ["stream", "feeds/object", "api/streams"])
def test_one_rule_decides_for_pages_feeds_and_the_api(client, lennon, monkeypatch, start):
    def visible_to(user):
        named = ["all", user.username] if user.is_authenticated else ["all"]
        return Band.objects.filter(name__in=named)

    def statuses():
        return {band.name: client.get(url(band)).status_code for band in bands}

    def url(band):
        return f"/{start}/early/band/{band.pk}/"

    bands = [Band.objects.create(name=name) for name in ("all", "lennon", "shown")]
    action.send(bands[2], "split")
    assert statuses() == {"all": 404, "lennon": 404, "shown": 200}
    monkeypatch.setattr(Band._default_manager, "visible_to", visible_to, raising=False)
    assert statuses() == {"all": 200, "lennon": 404, "shown": 404}
    client.force_login(lennon)
    # A feed is the same for everybody.
    assert statuses() == {"all": 200, "lennon": 404 if "feeds" in start else 200, "shown": 404}


def test_a_rule_of_ones_own_asks_for_no_permissions(lennon, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(
        Band._default_manager, "visible_to", lambda user: Band.objects.all(), raising=False
    )
    with django_assert_num_queries(1):
        list(visible_objects(Band, lennon))


@pytest.mark.parametrize("text", ["\ud800", "a\0b", "x" * 5000])
def test_texts_that_no_database_has_are_no_keys(text):
    for model in (Band, Song, Tag, Studio):
        assert clean_key(model, text) is None


def test_keys_are_read_as_their_model_writes_them():
    song = Song(title="x")
    assert clean_key(Song, song.pk.hex.upper()) == song.pk
    assert clean_key(Studio, "5") == 5
    assert clean_key(Tag, " a/b ") == " a/b "
    assert clean_key(Band, str(2**80)) is None


@pytest.mark.parametrize("label", ["", ".", "auth", "auth.", ".user", "auth.user.x", "\0.\ud800"])
def test_labels_of_no_model(label):
    assert find_model(label, [Action.actor]) is None
    assert find_model("auth.User", [Action.actor]) is User


def test_finding_an_object_takes_one_query_and_two_for_permissions(
    lennon, band, django_assert_num_queries
):
    with django_assert_num_queries(1):
        assert find_object(Band, str(band.pk), None) is None
    with django_assert_num_queries(3):
        assert find_object(Band, str(band.pk), lennon) is None
    with django_assert_num_queries(0):
        assert find_object(Band, "nonsense", lennon) is None


def test_a_child_of_the_user_model_is_the_user(lennon, hendrix):
    """Of a registered child, whose rows have the user's keys, actions are those of the user."""
    studio = Studio.objects.create(name="Abbey Road")
    visited = action.send(lennon, "visited", studio)
    venue = Venue.objects.get()
    assert Action.target.filled_field(visited) in fields_of(Action, venue)
    assert visited.has_role(venue)
    assert visited.has_role(studio)
    assert not visited.has_role(Venue(pk=venue.pk + 1))
    assert not visited.has_role(hendrix)
    assert Action.target.find_field(Tag) not in fields_of(Action, venue)
