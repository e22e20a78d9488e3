"""The API: acting."""

import json

import pytest
from django.contrib.auth.models import Group, User
from rest_framework.test import APIClient

from stream import signals
from stream.models import Action
from stream.notifications.rules import notify_on, remove_rule
from stream.utils import action
from tests.early.models import Band
from tests.testapp.models import Song, Tag

pytestmark = pytest.mark.django_db

URL = "/api/actions/"


def ref(obj):
    return {"type": obj._meta.label_lower, "id": str(obj.pk)}


@pytest.fixture
def band(hendrix):
    """A band that the streams show, so that everybody may view it."""
    band = Band.objects.create(name="The Quarrymen")
    action.send(hendrix, "joined", band)
    return band


def refused(client, data):
    """Return why an action is refused, having checked that none is written."""
    before = Action.objects.count()
    response = client.post(URL, json.dumps(data), content_type="application/json")
    assert response.status_code == 400, response.content
    assert Action.objects.count() == before
    return response.content.decode()


def test_acting(signed_in, lennon, hendrix, band, django_assert_num_queries):
    data = {"stars": 5, "of": [None, {"é": 1.5}]}
    body = {
        "verb": "introduced",
        "target": ref(band),
        "action_object": ref(hendrix),
        "description": " for all ",
        "data": data,
    }
    # the session, the user, two for the permissions, an object each, the new row
    with django_assert_num_queries(7):
        response = signed_in.post(URL, body, format="json")
    assert response.status_code == 201
    sent = Action.objects.first()
    assert (sent.actor, sent.verb, sent.target, sent.action_object) == (
        *(lennon, "introduced", band, hendrix),
    )
    assert (sent.description, sent.data, sent.public) == (" for all ", data, True)
    assert signed_in.get(response.headers["Location"]).json() == response.json()


def test_a_verb_suffices(signed_in, lennon):
    response = signed_in.post(URL, {"verb": "slept"}, format="json")
    assert response.json()["actor"]["id"] == str(lennon.pk)
    response = signed_in.post(URL, {"verb": "slept", "target": None}, format="json")
    assert response.json()["target"] is None


def test_a_private_action_stays_private(signed_in, hendrix, band):
    body = {"verb": "praised", "target": ref(band), "public": False}
    url = signed_in.post(URL, body, format="json").headers["Location"]
    other = APIClient()
    other.force_login(User.objects.create(username="ono"))
    for client in (other, APIClient()):
        assert client.get(url).status_code == 404
    for method in ("put", "patch", "delete", "post"):
        response = getattr(signed_in, method)(url, {"public": True}, format="json")
        assert response.status_code == 405
    assert not Action.objects.get(verb="praised").public


def test_acting_for_another_is_refused(signed_in, hendrix):
    said = refused(signed_in, {"verb": "slept", "actor": ref(hendrix)})
    assert "Unknown field: 'actor'. Known here: verb, target, action_object, context, " in said


@pytest.mark.parametrize("name", ["datetime", "id", "actor_user", "actor_user_id", "\ud800"])
def test_other_fields_are_refused(signed_in, name):
    assert "Unknown field" in refused(signed_in, {"verb": "slept", name: 1})


# What the site allows


@pytest.mark.parametrize("chosen", [{}, None])
def test_without_the_setting_nobody_acts(signed_in, settings, chosen):
    settings.STREAM_API_ACTIONS = chosen
    if chosen is None:
        del settings.STREAM_API_ACTIONS
    response = signed_in.post(URL, {"verb": "slept"}, format="json")
    assert (response.status_code, "STREAM_API_ACTIONS" in response.json()["detail"]) == (403, True)
    assert not Action.objects.exists()


def test_objects_of_other_models_than_the_site_names_are_refused(
    signed_in, settings, lennon, hendrix, band
):
    settings.STREAM_API_ACTIONS = {"liked": {"target": ["early.Band"]}, "slept": {}}
    said = refused(signed_in, {"verb": "liked", "target": ref(lennon)})
    assert "'liked' takes here: early.band" in said
    body = {"verb": "liked", "target": ref(band), "action_object": ref(hendrix)}
    assert "'liked' takes here: nothing" in refused(signed_in, body)
    assert "takes here: nothing" in refused(signed_in, {"verb": "slept", "target": ref(band)})
    assert "Known here: liked, slept" in refused(signed_in, {"verb": "bought", "target": ref(band)})
    body = {"verb": "liked", "target": ref(band)}
    assert signed_in.post(URL, body, format="json").status_code == 201


def test_rules_and_receivers_can_tell_what_came_from_the_api(signed_in, lennon):
    seen = []

    def rule(action):
        seen.append(("rule", action.verb, action.from_api))

    def receiver(instance, **kwargs):
        seen.append(("signal", instance.verb, instance.from_api))

    notify_on()(rule)
    signals.action.connect(receiver)
    try:
        signed_in.post(URL, {"verb": "slept"}, format="json")
        action.send(lennon, "woke")
    finally:
        signals.action.disconnect(receiver)
        remove_rule(rule)
    assert seen == [
        *(("signal", "slept", True), ("rule", "slept", True)),
        *(("signal", "woke", False), ("rule", "woke", False)),
    ]


# Who acts


def test_only_users_act(band):
    client = APIClient()
    assert client.post(URL, {"verb": "slept"}, format="json").status_code == 403
    assert not Action.objects.filter(verb="slept").exists()


def test_users_who_are_no_actors_do_not_act(signed_in, monkeypatch):
    known = dict(Action.actor._fields)
    del known[User]
    monkeypatch.setattr(Action.actor, "_fields", known)
    response = signed_in.post(URL, {"verb": "slept"}, format="json")
    assert (response.status_code, "not registered" in response.json()["detail"]) == (403, True)


def test_csrf_is_required_of_sessions(lennon):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(lennon)
    assert client.post(URL, {"verb": "slept"}, format="json").status_code == 403
    assert not Action.objects.exists()


def test_objects_that_one_may_not_view_look_like_missing_ones(signed_in):
    secret = Band.objects.create(name="Secret")
    hidden = refused(signed_in, {"verb": "praised", "target": ref(secret)})
    missing = refused(signed_in, {"verb": "praised", "target": {"type": "early.band", "id": "0"}})
    assert hidden == missing
    assert "Secret" not in hidden


def test_superusers_may_view_everything(lennon, signed_in):
    User.objects.filter(pk=lennon.pk).update(is_superuser=True)
    secret = Band.objects.create(name="Secret")
    body = {"verb": "praised", "target": ref(secret)}
    assert signed_in.post(URL, body, format="json").status_code == 201


def test_objects_that_a_default_manager_hides_are_not_found(signed_in, band, monkeypatch):
    monkeypatch.setattr(Band._default_manager, "all", Band.objects.none)
    assert "No such object" in refused(signed_in, {"verb": "praised", "target": ref(band)})


def test_one_may_name_oneself(signed_in, lennon):
    body = {"verb": "praised", "target": ref(lennon)}
    assert signed_in.post(URL, body, format="json").status_code == 201


def nested(depth):
    return {"a": nested(depth - 1)} if depth else 1


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (5, "Expected a dictionary"),
        (["x"], "Expected a dictionary"),
        ({}, '"verb":["This field is required."]'),
        ({"verb": None}, "may not be null"),
        ({"verb": ["x"]}, "may not send this verb"),
        ({"verb": ""}, "may not send this verb"),
        ({"verb": "x" * 256}, "verb. Known here: slept, praised, introduced, "),
        ({"verb": "a\x00"}, "may not send this verb"),
        ({"verb": "\ud800"}, "may not send this verb"),
        ({"verb": "slept", "description": "\udfff"}, "Surrogate characters are not allowed"),
        ({"verb": "slept", "description": None}, "may not be null"),
        ({"verb": "slept", "public": "maybe"}, "Must be a valid boolean"),
        ({"verb": "slept", "public": None}, "may not be null"),
        ({"verb": "slept", "data": None}, "may not be null"),
        ({"verb": "slept", "data": [1]}, "Expected a dictionary"),
        ({"verb": "slept", "data": {"a": ["\x00"]}}, "must not hold NUL"),
        ({"verb": "slept", "data": {"a\x00": 1}}, "must not hold NUL"),
        ({"verb": "slept", "data": {"a": {"\ud800": 1}}}, "half of a surrogate pair"),
        ({"verb": "slept", "data": nested(31)}, "nested more than 30 levels"),
        ({"verb": "slept", "data": {"a": "é" * 5000}}, "more than 10000 bytes"),
        ({"verb": "slept", "data": {"a": [0] * 5000}}, "more than 10000 bytes"),
        ({"verb": "slept", "data": {"é" * 5000: 0}}, "more than 10000 bytes"),
        ({"verb": "slept", "description": "x" * 10_001}, "no more than 10000 characters"),
        ({"verb": "praised", "target": 5}, "Expected a dictionary"),
        ({"verb": "praised", "target": {"type": "early.band"}}, '"id":["This field is required."]'),
        (
            {"verb": "praised", "target": {"type": "auth.permission", "id": "1"}},
            "No type of target",
        ),
        ({"verb": "praised", "target": {"type": "x", "id": "1"}}, "No type of target"),
        (
            {"verb": "praised", "target": {"type": "auth.user", "id": "1", "x": 1}},
            "Unknown field: 'x'",
        ),
        ({"verb": "praised", "target": {"type": "auth.user", "id": True}}, "Not a valid string"),
        ({"verb": "praised", "action_object": {"type": "testapp.tag", "id": "1"}}, "No type of ac"),
        ({"verb": "praised"}, "'praised' takes here: auth.group, auth.user, early.band"),
        ({"verb": "praised", "target": None}, "'praised' takes here: auth.group, auth.user"),
    ],
)
def test_impossible_actions_are_refused(signed_in, data, said):
    assert said in refused(signed_in, data)


@pytest.mark.parametrize(
    ("model", "key"),
    [
        *[("auth.user", key) for key in ("x", "0", "-1", str(2**63), str(2**80), "9" * 5000)],
        *[("auth.user", key) for key in ("1.5", "1e400", " ", "٣")],
        *[("testapp.song", key) for key in ("x", "5", str(2**80), "{0}")],
        *[("testapp.tag", key) for key in ("x", "x" * 5000, "' OR 1=1 --")],
    ],
)
def test_odd_keys_are_keys_of_no_object(signed_in, model, key):
    body = {"verb": "praised", "target": {"type": model, "id": key}}
    assert "No such object" in refused(signed_in, body) or key == " "


def test_keys_may_be_numbers_uuids_and_texts(signed_in, lennon):
    for obj in (Song.objects.create(title="x"), Tag.objects.create(name=" a/b "), lennon):
        action.send(lennon, "made", obj)
        response = signed_in.post(URL, {"verb": "praised", "target": ref(obj)}, format="json")
        assert response.status_code == 201
        assert {**response.json()["target"], **ref(obj)} == response.json()["target"]
    body = {"verb": "praised", "target": {"type": "auth.User", "id": lennon.pk}}
    assert signed_in.post(URL, body, format="json").status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b'{"verb": "slept", "data": {"a": NaN}}',
        b'{"verb": "slept", "data": {"a": 1e999}}',
        b'{"verb": "slept", "data": {"a": %s}}' % (b"9" * 5000),
        b"[" * 100_000,
        b'{"verb": "slept", "data": %s}' % (b'{"a":' * 100_000),
    ],
)
def test_bodies_that_are_no_json_are_refused(signed_in, body):
    response = signed_in.post(URL, body, content_type="application/json")
    assert response.status_code == 400
    assert not Action.objects.exists()


def test_a_body_without_end_is_refused(signed_in, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    response = signed_in.post(URL, {"verb": "slept", "description": "x" * 1000}, format="json")
    assert response.status_code == 400
    assert not Action.objects.exists()


@pytest.mark.parametrize("charset", ["utf-16", "nonsense", "latin-1"])
def test_json_is_utf_8_whatever_it_is_called(signed_in, charset):
    body = json.dumps({"verb": "näht"}, ensure_ascii=False).encode()
    response = signed_in.post(URL, body, content_type=f"application/json; charset={charset}")
    assert (response.status_code, response.json()["verb"]) == (201, "näht")


def test_only_json_is_read(signed_in):
    for form in ("multipart", None):
        content = {"format": form} if form else {"content_type": "text/plain"}
        data = {"verb": "slept"} if form else "x"
        assert signed_in.post(URL, data, **content).status_code == 415


def test_large_numbers_and_depths_within_the_limits_are_kept(signed_in):
    data = {"n": 2**80, "f": 1.5e10, "deep": nested(18), "long": "é" * 4800}
    body = {"verb": "slept", "data": data, "description": "é" * 10_000}
    response = signed_in.post(URL, body, format="json")
    assert (response.status_code, response.json()["data"]) == (201, data)
    assert signed_in.get(response.headers["Location"]).json()["data"] == data


@pytest.mark.parametrize("pk", [0, 2**63, 2**80, "9" * 5000, "x", "-1", "%00"])
def test_odd_keys_of_actions_are_not_found(signed_in, pk):
    assert signed_in.get(f"{URL}{pk}/").status_code == 404


def test_groups_are_seen_by_who_sees_their_actions(signed_in, lennon):
    group = Group.objects.create(name="x")
    action.send(group, "met", lennon, public=False)
    body = {"verb": "praised", "target": ref(group)}
    assert signed_in.post(URL, body, format="json").status_code == 201
