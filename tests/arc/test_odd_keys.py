"""Keys of every kind, in every address: a key that no object can have is not found."""

import datetime as dt
import math
from decimal import Decimal
from urllib.parse import quote

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from hypothesis import HealthCheck, given, settings, strategies as st
from hypothesis.extra.django import TestCase

from follow.models import Follow
from follow.utils import follow_link
from stream.arc.requests import clean_key, find_object, find_stored
from stream.arc.rules import key_text
from stream.arc.values import is_storable
from stream.models import Action
from stream.notifications.models import Mute
from stream.utils import action
from tests.early.models import Band
from tests.testapp.models import ODD_KEYS, RoadCrew, Song, Tag

MODELS = [Band, Song, Tag, RoadCrew]  # in addresses
ODD = [
    *("nan", "-inf", "1e400", "1E+1000000", "0E+1000000", "0E-1000000", "-0", "1_0", "٣"),
    *(str(2**63), str(2**64), str(-(2**64)), "9" * 5000, "9" * 300, "1e308", "5e-324", "1e-400"),
    *("999999999 23:59:59", "-999999999 00:00:00", "106751992 00:00:00", "P999999999D", "1 -1:00"),
    *("0001-01-01 00:00+14:00", "9999-12-31T23:59:59-14:00", "0001-01-01", "9999-12-31"),
    *("2026-03-29 02:30", "2026-01-01T00:00Z", "2026-01-01 00:00+24:00"),
    *(
        "::",
        "::ffff:1.2.3.4",
        "1.2.3.4",
        "1.2.3.04",
        "fe80::1%1",
        " 1.2.3.4 ",
        "1.2.3.4/8",
        ":::",
    ),
    *("YQ==", "YQ", "=", "/+8=", "AAAA", "", " ", "a\0b", "_00", "x" * 5000, "%", ".."),
    *("6fa459ea-ee8a-3ca4-894e-db77e160355", "00000000-0000-0000-0000-000000000000"),
]
KEYS = st.one_of(
    st.sampled_from(ODD),
    st.text(min_size=1, max_size=60),
    st.integers(-(2**90), 2**90).map(str),
    st.floats().map(str),
    st.decimals().map(str),
    st.datetimes(timezones=st.timezones()).map(str),
    st.timedeltas().map(str),
    st.ip_addresses().map(str),
)
EVERY = settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.too_slow])


class OddKeys(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.ann = User.objects.create(username="ann", is_staff=True, is_superuser=True)
        action.send(cls.ann, "x", cls.ann)
        cls.client_of_ann = Client()
        cls.client_of_ann.force_login(cls.ann)

    @settings(EVERY, max_examples=200)
    @given(st.sampled_from([*MODELS, *ODD_KEYS]), KEYS)
    def test_each_key_can_be_asked_for(self, model, text):
        key = clean_key(model, text)
        find_object(model, text, self.ann)
        find_stored(model, text)
        for rows in (Action, Follow):
            if key is not None and (field := rows.target.find_field(model)):
                list(rows.objects.filter(**{field.name: key}))
        if key is not None:
            list(model.objects.filter(pk__in=[key]))

    @EVERY
    @given(st.sampled_from(MODELS), KEYS.filter(bool))
    def test_each_address(self, model, text):
        client, meta, key = self.client_of_ann, model._meta, quote(text, safe="")
        named = {"app": meta.app_label, "model": meta.model_name, "pk": text}
        pair = f"{meta.label_lower}:{text}"
        responses = [
            *(
                client.get(f"/{start}/{meta.app_label}/{meta.model_name}/{key}/{page}")
                for start, page in (
                    *(("stream", page) for page in ("", "followers/")),
                    *(("feeds/object", ""), ("api/streams", "")),
                    *(("api/follows", ""), ("api/follows", "followers/")),
                )
            ),
            *(
                client.post(f"/{verb}/{meta.app_label}/{meta.model_name}/{key}/")
                for verb in ("follow", "unfollow", "toggle")
            ),
            *(client.post(f"/notifications/{verb}/", named) for verb in ("mute", "unmute")),
            *(
                client.get(f"/admin/{rows}/", {"target": pair})
                for rows in ("stream/action", "follow/follow")
            ),
            client.get("/admin/follow/follow/", {f"target_{meta.model_name}__exact": text}),
            client.get("/admin/follow/follow/", {f"target_{meta.model_name}__in": text}),
            client.get("/admin/follow/follow/", {"after": text}),
            client.get("/api/follows/check/", {"object": pair}),
            client.post(
                "/api/notifications/mutes/",
                {"type": meta.label_lower, "id": text},
                content_type="application/json",
            ),
        ]
        for response in responses:
            assert response.status_code in (200, 201, 302, 400, 404), response.request

    @EVERY
    @given(
        st.sampled_from(["text", "pk", "flag", "verb", "next", "app", "q", "after", "id", "group"]),
        st.sampled_from(["+2AA-", "a+3AA-b", "+AAA-", "/+2AA-", "ok"]),
    )
    def test_texts_that_only_other_encodings_hold(self, name, text):
        client, named = self.client_of_ann, {"app": "auth", "model": "user", "pk": self.ann.pk}
        other = "multipart/form-data; boundary=-; charset=utf-7"
        query = f"{name}={quote(text)}"
        for url in (
            "/stream/auth/user/",
            f"/stream/auth/user/{self.ann.pk}/",
            f"/stream/auth/user/{self.ann.pk}/followers/",
            "/feeds/model/auth/user/",
            "/notifications/",
            "/admin/stream/action/",
            "/admin/follow/follow/",
            "/admin/stream_notifications/mute/",
            "/api/actions/",
        ):
            for accepted in ("text/html", "application/activity+json"):
                response = client.get(
                    f"{url}?{query}", headers={"Content-Type": other, "Accept": accepted}
                )
                assert response.status_code < 500, response.request
        part = '---\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
        body = "".join(part.format(*pair) for pair in {**named, name: text}.items()) + "-----\r\n"
        for url in (
            follow_link(self.ann),
            "/notifications/mute/",
            "/notifications/unmute/",
            "/notifications/read/",
            "/feeds/token/",
        ):
            assert client.post(url, body, content_type=other).status_code < 500, (url, body)
        assert all(is_storable(each) for each in Mute.objects.values_list("verb", flat=True))


@pytest.mark.each_engine
@pytest.mark.parametrize(
    ("name", "text", "key"),
    [
        ("rest", "1 02:00:00", dt.timedelta(days=1, hours=2)),
        ("rest", "P1D", dt.timedelta(days=1)),
        ("rest", "999999999 00:00:00", None),
        ("price", "1.50", Decimal("1.5")),
        ("price", "0E+1000000", Decimal(0)),
        ("price", "1E+1000000", None),
        ("price", "NaN", None),
        ("moment", "2026-01-01T00:00:00Z", dt.datetime(2026, 1, 1, tzinfo=dt.UTC)),
        ("moment", "0001-01-01T00:00:00+14:00", None),
        ("moment", "9999-12-31T23:59:59-14:00", None),
        ("pitch", "440", 440.0),
        ("pitch", "nan", None),
        ("pitch", "1e400", None),
        ("host", "::1", "::1"),
        ("host", "1.2.3.4/8", None),
    ],
)
def test_keys_that_databases_hold(name, text, key):
    assert clean_key(apps.get_model("testapp", name), text) == key


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("rest", dt.timedelta(days=1, microseconds=5)),
        ("price", Decimal("12.30")),
        ("moment", dt.datetime(2026, 3, 29, 1, 30, 5, 7, tzinfo=dt.UTC)),
        ("host", "2001:db8::1"),
        ("pitch", math.pi),
        *([("sample", b"\xff/+=a")] if connection.vendor != "mysql" else []),
    ],
)
def test_objects_of_each_key_are_found_by_its_text(admin_user, name, key):
    model = apps.get_model("testapp", name)
    obj = model.objects.create(pk=key)
    text = key_text(model, obj)
    assert clean_key(model, text) == key
    assert find_object(model, text, admin_user) == find_stored(model, text) == obj
