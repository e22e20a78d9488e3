"""The API: what it shows, to whom, how often, and the site's settings."""

from pathlib import Path

import pytest
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.models import User
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.urls import include, re_path, reverse
from rest_framework import serializers
from rest_framework.test import APIClient
from rest_framework.throttling import BaseThrottle

from follow.utils import follow
from stream.api import conf, urls, urls_read
from stream.api.base import BaseViewSet
from stream.api.representation import ActionSerializer
from stream.arc.options import check_options
from stream.models import Action
from stream.notifications import notify
from stream.testing import override_options
from stream.utils import action
from tests.early.models import Band
from tests.house.test_boundaries import ROOT, imports
from tests.testapp.models import Crew, RoadCrew

pytestmark = pytest.mark.django_db

HERE = "tests.api.test_api_access"
AUTHENTICATED = "rest_framework.permissions.IsAuthenticated"


class PublicUser(serializers.ModelSerializer):
    here = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = ["first_name", "here"]

    def get_here(self, obj):
        return self.context["request"].path


class CrewSerializer(serializers.Serializer):
    name = serializers.CharField()


class ShortAction(ActionSerializer):
    def get_fields(self):
        fields = super().get_fields()
        del fields["data"]
        return fields


class Everything(serializers.ModelSerializer):
    class Meta:
        model = User
        fields = "__all__"


class StrictMiddleware(LoginRequiredMiddleware):
    """As a site may write its own."""


class Busy(BaseThrottle):
    def allow_request(self, request, view):
        return False


urlpatterns = [re_path("", include("stream.api.urls_read"))]


@pytest.fixture(autouse=True)
def without_earlier_requests():
    cache.clear()


# What is shown


def test_no_column_of_a_user_leaves_but_key_and_name(signed_in, lennon, hendrix):
    hendrix.first_name, hendrix.last_name = "Secretfirst", "Secretlast"
    hendrix.email = "secret@example.org"
    hendrix.set_password("secret")
    hendrix.last_login = hendrix.date_joined = "2001-02-03T04:05:06Z"
    hendrix.save()
    follow(lennon, hendrix)
    follow(hendrix, lennon)
    action.send(hendrix, "met", lennon, hendrix)
    user = f"auth/user/{hendrix.pk}/"
    texts = [
        signed_in.get(f"/api/{path}").content.decode()
        for path in (
            *("actions/", "streams/home/", "streams/auth/user/", f"streams/{user}", "follows/"),
            *(f"follows/{user}followers/", f"follows/{user}following/", f"follows/{user}"),
        )
    ]
    texts.append(signed_in.post(f"/api/follows/{user}").content.decode())
    body = {"verb": "praised", "target": {"type": "auth.user", "id": hendrix.pk}}
    texts.append(signed_in.post("/api/actions/", body, format="json").content.decode())
    assert sum('"hendrix"' in text for text in texts) == 9
    secrets = ["Secret", "secret", hendrix.password, "2001-02-03", "is_superuser", "password"]
    assert not [(text, each) for text in texts for each in secrets if each in text]


@override_options("auth.User", serializer=f"{HERE}.PublicUser")
@override_options("testapp.crew", serializer=f"{HERE}.CrewSerializer")
def test_a_site_shows_more_by_a_serializer_of_its_own(api, hendrix):
    conf.check()
    hendrix.first_name = "Jimi"
    hendrix.save()
    action.send(hendrix, "met", Band.objects.create(name="x"))
    [shown] = api.get("/api/actions/").json()["results"]
    assert shown["actor"]["details"] == {"first_name": "Jimi", "here": "/api/actions/"}
    assert shown["target"]["details"] == {}
    for model in (Crew, RoadCrew):
        sent = action.send(model.objects.create(name="y"), "packed")
        shown = api.get(f"/api/actions/{sent.pk}/").json()
        assert shown["actor"]["details"] == {"name": "y"}


@override_options("stream.Action", serializer=f"{HERE}.ShortAction")
def test_a_site_may_show_less_of_actions(api, hendrix):
    conf.check()
    assert not check_options()
    sent = action.send(hendrix, "slept", data={"at": "home"})
    assert "data" not in api.get(f"/api/actions/{sent.pk}/").json()
    notify(hendrix, sent, to_self=True)
    api.force_login(hendrix)
    [notification] = api.get("/api/notifications/").json()["results"]
    assert notification["action"]["id"] == sent.pk
    assert "data" not in notification["action"]
    follow(hendrix, Band.objects.create(name="x"))
    action.send(Band.objects.get(), "played", data={"at": "home"})
    [group] = api.get("/api/feeds/timeline_aggregated/").json()["results"]
    assert group["actions"][0]["verb"] == "played"
    assert "data" not in group["actions"][0]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("/x/?é", "http://testserver/x/?%C3%A9"),
        ("https://example.org/x", "https://example.org/x"),
        ("javascript:alert(1)", None),
        ("", None),
        (None, None),
    ],
)
def test_addresses_of_objects_are_absolute_and_no_scripts(api, hendrix, monkeypatch, url, shown):
    monkeypatch.setattr(Band, "get_absolute_url", lambda self: url)
    sent = action.send(hendrix, "met", Band.objects.create(name="x"))
    assert api.get(f"/api/actions/{sent.pk}/").json()["target"]["url"] == shown


# To whom


def test_a_site_decides_what_may_be_viewed(signed_in, hendrix, monkeypatch):
    def visible_to(user):
        return Band.objects.filter(name="Shown")

    monkeypatch.setattr(Band._default_manager, "visible_to", visible_to, raising=False)
    shown, hidden = (Band.objects.create(name=name) for name in ("Shown", "Hidden"))
    action.send(hendrix, "joined", hidden)
    assert signed_in.post(f"/api/follows/early/band/{shown.pk}/").status_code == 200
    assert signed_in.post(f"/api/follows/early/band/{hidden.pk}/").status_code == 404
    assert signed_in.get(f"/api/streams/early/band/{hidden.pk}/").status_code == 404
    body = {"verb": "praised", "target": {"type": "early.band", "id": str(hidden.pk)}}
    assert signed_in.post("/api/actions/", body, format="json").status_code == 400


class BandSerializer(serializers.Serializer):
    name = serializers.CharField()


@pytest.fixture
def bands(lennon, hendrix):
    """A band that the site shows and one that it hides, both in actions, follows and details."""
    bands = [Band.objects.create(name=name) for name in ("Shown", "Hidden")]
    for band in bands:
        notify(lennon, action.send(hendrix, "joined", band))
        action.send(band, "met", hendrix)
        follow(lennon, band)
        follow(hendrix, band)
    follow(lennon, hendrix)
    with override_options("early.Band", serializer=BandSerializer):
        yield bands


@pytest.fixture(params=["visible_to", "manager"])
def rule(request, bands, monkeypatch):
    """Each way in which a site may hide an object."""
    shown = Band.objects.filter(name="Shown")
    if request.param == "visible_to":
        monkeypatch.setattr(Band._default_manager, "visible_to", lambda user: shown, raising=False)
    else:
        monkeypatch.setattr(Band._default_manager, "get_queryset", shown.all)


def shown_bands(answer):
    """Return what is shown of each band, wherever it stands in an answer."""
    if isinstance(answer, list):
        return [each for part in answer for each in shown_bands(part)]
    if not isinstance(answer, dict):
        return []
    if answer.get("type") == "early.band" and "details" in answer:
        return [answer]
    return shown_bands(list(answer.values()))


@pytest.mark.parametrize(
    "path",
    [
        *("actions/", "streams/home/", "streams/early/band/", "streams/auth/user/"),
        *("streams/auth/user/{user}/", "notifications/", "follows/"),
        "follows/auth/user/{user}/following/",
    ],
)
def test_of_objects_that_one_may_not_view_nothing_is_shown(
    signed_in, hendrix, bands, rule, path, django_assert_max_num_queries
):
    with django_assert_max_num_queries(15):
        answer = signed_in.get("/api/" + path.format(user=hendrix.pk)).json()
    found = shown_bands(answer)
    assert {band["text"] for band in found} == ({"Shown", ""} if path == "follows/" else {"Shown"})
    for band in found:
        if band["text"]:
            assert band["url"] == f"http://testserver/bands/{bands[0].pk}/"
            assert band["details"] == {"name": "Shown"}
        else:  # what one follows oneself, to end it
            assert (band["url"], band["details"]) == (None, {})


def test_actions_and_notifications_of_what_is_hidden_are_not_there(signed_in, bands, rule):
    sent = Action.objects.get_for_target(bands[1]).get()
    for path in (f"actions/{sent.pk}", f"notifications/{sent.notifications.get().pk}"):
        assert signed_in.get(f"/api/{path}/").status_code == 404
    assert signed_in.get("/api/notifications/counts/").json() == {"unseen": 1, "unread": 1}


def test_a_rule_takes_no_query(api, hendrix, bands, rule, django_assert_num_queries):
    for number in range(10):
        action.send(hendrix, "joined", Band.objects.create(name=f"{number}"))
    with django_assert_num_queries(3):  # the actions, users and bands
        assert len(shown_bands(api.get("/api/actions/").json())) == 2


def test_permissions_of_the_site_hold_besides(api, settings):
    assert api.get("/api/actions/").status_code == 200
    settings.REST_FRAMEWORK = {"DEFAULT_PERMISSION_CLASSES": [AUTHENTICATED]}
    assert api.get("/api/actions/").status_code == 403


def test_permissions_of_models_hold_besides(api, signed_in, lennon, hendrix, settings):
    name = "rest_framework.permissions.DjangoModelPermissionsOrAnonReadOnly"
    settings.REST_FRAMEWORK = {"DEFAULT_PERMISSION_CLASSES": [name]}
    action.send(hendrix, "met", lennon)
    user = f"auth/user/{hendrix.pk}/"
    for path in ("actions/", "streams/auth/user/", f"streams/{user}", f"follows/{user}followers/"):
        assert api.get(f"/api/{path}").status_code == 200
    for path in (
        "follows/",
        "streams/home/",
        f"follows/{user}",
        "follows/check/?object=auth.user:1",
    ):
        assert api.get(f"/api/{path}").status_code == 403
        assert signed_in.get(f"/api/{path}").status_code == 200
    for method, path in (
        ("post", "actions/"),
        ("post", f"follows/{user}"),
        ("delete", f"follows/{user}"),
    ):
        respond = getattr(signed_in, method)
        assert respond(f"/api/{path}", {"verb": "slept"}, format="json").status_code == 403
    User.objects.filter(pk=lennon.pk).update(is_superuser=True)
    assert signed_in.post("/api/actions/", {"verb": "slept"}, format="json").status_code == 201
    assert signed_in.post(f"/api/follows/{user}").status_code == 200


def test_lax_permissions_of_the_site_open_nothing(api, settings, hendrix):
    settings.REST_FRAMEWORK = {"DEFAULT_PERMISSION_CLASSES": []}
    assert api.post("/api/actions/", {"verb": "slept"}, format="json").status_code == 403
    assert api.post(f"/api/follows/auth/user/{hendrix.pk}/").status_code == 403
    assert api.get("/api/follows/").status_code == 403
    assert api.get("/api/streams/home/").status_code == 403


@pytest.mark.parametrize("by_session", [True, False])
def test_under_djangos_middleware_only_users_read(api, lennon, hendrix, settings, by_session):
    action.send(hendrix, "met", lennon)
    paths = ("actions/", "streams/auth/user/", f"follows/auth/user/{hendrix.pk}/followers/")
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{HERE}.StrictMiddleware"]
    for path in paths:
        assert api.get(f"/api/{path}").status_code == 403
    api.force_login(lennon) if by_session else api.force_authenticate(lennon)
    for path in paths:
        assert api.get(f"/api/{path}").status_code == 200


def test_what_a_user_is_shown_is_private(api, signed_in, lennon, hendrix):
    action.send(hendrix, "met", lennon)
    user = f"auth/user/{hendrix.pk}/"
    paths = ["actions/", f"streams/{user}", f"follows/{user}followers/", "streams/auth/user/0/"]
    for path in paths:
        assert "Cache-Control" not in api.get(f"/api/{path}").headers
    by_token = APIClient()
    by_token.force_authenticate(lennon)
    for path in (*paths, "streams/home/", "notifications/", "follows/"):
        for client in (signed_in, by_token):
            answer = client.get(f"/api/{path}")
            assert "private" in answer["Cache-Control"], path
            assert "Authorization" in answer["Vary"]
        assert "Cookie" in signed_in.get(f"/api/{path}")["Vary"]


# Reading alone


def test_a_urlconf_without_all_that_writes(signed_in, lennon, hendrix, settings):
    settings.ROOT_URLCONF = HERE  # urlpatterns, below
    sent = action.send(hendrix, "met", lennon)
    user = f"auth/user/{hendrix.pk}/"
    for path in ("actions/", f"actions/{sent.pk}/", "streams/home/", f"follows/{user}"):
        assert signed_in.get(f"/{path}").status_code == 200
        assert signed_in.head(f"/{path}").status_code == 200
    answers = [
        getattr(signed_in, method)(reverse(f"stream_api:{pattern.name}", kwargs=address))
        for pattern in urls_read.urlpatterns
        for address in [dict.fromkeys(pattern.pattern.converters, "x")]
        for method in ("post", "put", "patch", "delete")
    ]
    assert {answer.status_code for answer in answers} == {405}
    names = {pattern.name for pattern in urls.urlpatterns}
    marks = ("seen", "read", "unread", "archive", "restore")
    only_writing = {"unmute", *(f"notifications_{mark}" for mark in marks)}
    assert {pattern.name for pattern in urls_read.urlpatterns} == names - only_writing


# How often


def test_rates_are_those_of_the_site(signed_in, api, lennon, settings):
    rates = {"stream_read": "2/hour", "stream_create": "1/hour", "stream_follow": "1/hour"}
    settings.REST_FRAMEWORK = {"DEFAULT_THROTTLE_RATES": rates}
    me = f"/api/follows/auth/user/{lennon.pk}/"

    def act():
        return signed_in.post("/api/actions/", {"verb": "slept"}, format="json").status_code

    assert [act(), act()] == [201, 429]
    assert [signed_in.post(me).status_code, signed_in.delete(me).status_code] == [200, 429]
    assert [signed_in.get("/api/actions/").status_code for _ in range(3)] == [200, 200, 429]
    assert [api.get("/api/actions/").status_code for _ in range(3)] == [200, 200, 429]


def test_without_rates_there_is_no_limit(signed_in, settings):
    settings.REST_FRAMEWORK = {"DEFAULT_THROTTLE_RATES": {"others": "1/day"}}
    assert {signed_in.get("/api/actions/").status_code for _ in range(5)} == {200}


def test_by_default_writing_has_a_limit(signed_in, lennon):
    def act():
        return signed_in.post("/api/actions/", {"verb": "slept"}, format="json").status_code

    assert {act() for _ in range(60)} == {201}
    assert act() == 429
    assert signed_in.get("/api/actions/").status_code == 200
    views = {pattern.callback.cls for pattern in urls.urlpatterns}
    assert {view.write_scope for view in views} == set(conf.RATES)


def test_a_site_may_lift_a_limit(signed_in, settings):
    settings.REST_FRAMEWORK = {"DEFAULT_THROTTLE_RATES": {"stream_create": None}}
    statuses = [
        signed_in.post("/api/actions/", {"verb": "slept"}, format="json").status_code
        for _ in range(70)
    ]
    assert set(statuses) == {201}


def test_throttles_of_the_site_hold_besides(api, monkeypatch):
    monkeypatch.setattr(BaseViewSet, "throttle_classes", [Busy])
    assert api.get("/api/actions/").status_code == 429


# Settings


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (["liked"], "write a dict of verbs and roles"),
        ({" ": {}}, "the verb must not be empty"),
        ({5: {}}, "the verb must be a text"),
        ({"x" * 256: {}}, "a verb has 255 characters at most"),
        ({"liked": ["early.Band"]}, "write a dict of 'target', 'action_object', 'context', or"),
        (
            {"liked": {"actor": ["early.Band"]}},
            "write a dict of 'target', 'action_object', 'context', or",
        ),
        ({"liked": {"target": "early.Band"}}, "write a list of models for 'target'"),
        ({"liked": {"target": []}}, "write a list of models for 'target'"),
        ({"liked": {"target": ["early.Bnd"]}}, "there is no model 'early.Bnd'"),
        ({"liked": {"target": ["Band"]}}, "there is no model 'Band'"),
        ({"liked": {"target": [None]}}, "there is no model None"),
        ({"liked": {"target": ["testapp.Orchestra"]}}, r"call register_target\('testapp.Orch"),
    ],
)
def test_impossible_verbs_of_users_are_refused_when_the_urls_are_loaded(settings, value, said):
    settings.STREAM_API_ACTIONS = value
    with pytest.raises(ImproperlyConfigured, match=said):
        conf.check()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (f"{HERE}.Nobody", 'does not define a "Nobody" attribute'),
        (5, r"UserOptions.serializer = 5: name a subclass of rest_framework.serializers"),
        (f"{HERE}.Busy", "name a subclass of rest_framework.serializers"),
        (f"{HERE}.Everything", "fields = '__all__' shows every col"),
    ],
)
def test_impossible_serializers_are_refused_when_the_urls_are_loaded(value, said):
    refused = pytest.raises(ImproperlyConfigured, match=said)
    with override_options("auth.User", serializer=value), refused:
        conf.check()


def test_the_rest_of_stream_needs_django_alone():
    for path in Path(ROOT / "stream").rglob("*.py"):
        if "api" not in path.parts:
            assert not {"rest_framework", "drf_spectacular"} & {
                module.split(".")[0] for module in imports(path) if module
            }, path
