"""What no column may hold: it is refused before anything is written, whatever writes it."""

import datetime as dt
import json
import os
from zoneinfo import ZoneInfo

import pytest
from django.core import serializers
from django.db import connection, transaction
from django.db.models import Value
from django.forms import modelform_factory
from django.urls import reverse
from django.utils import timezone

from follow.models import Follow
from follow.utils import follow
from stream.models import Action
from stream.notifications import mute
from stream.notifications.models import Mute
from stream.utils import action

pytestmark = pytest.mark.django_db

NESTED = {}
for _ in range(30):
    NESTED = {"a": NESTED}
TEXTS = ["a\x00b", os.fsdecode(b"caf\xe9.txt"), "\ud83d\ude00"[:1]]
DATA = [
    *({"a": [{"b": text}]} for text in TEXTS),
    *({text: 1} for text in TEXTS),
    {"a": "\\" + "\x00"},
    {"a": float("nan")},
    {"a": float("-inf")},
    {"a": object()},
    NESTED,
    {"a": [NESTED["a"]]},
    [1],
    [],
    5,
    "",
    "text",
]
UTC, KIRITIMATI, SAMOA = dt.UTC, ZoneInfo("Pacific/Kiritimati"), ZoneInfo("Pacific/Pago_Pago")
TIMES = [
    when.replace(tzinfo=zone)
    for when in (dt.datetime.min, dt.datetime.max, dt.datetime(1000, 6, 1), dt.datetime(9999, 1, 1))
    for zone in (UTC, KIRITIMATI, SAMOA)
]
BAD = [
    *(("verb", text) for text in [*TEXTS, "x" * 256]),
    *(("description", text) for text in TEXTS),
    *(("data", data) for data in DATA),
    *(("datetime", when) for when in TIMES),
]
GOOD = [
    ("verb", "\U0001f600 \\u0000 \x01"),
    ("description", "\\ud800 \uffff" + "x" * 70_000),
    (
        "data",
        {"a": "\\u0000", "\\ud800": "\U0001f600", "b": [{}, None, dt.date(1, 1, 1)], "": 2**70},
    ),
    ("data", NESTED["a"]),
    *(("datetime", dt.datetime(1001, 1, 1, tzinfo=zone)) for zone in (UTC, KIRITIMATI, SAMOA)),
    *(
        ("datetime", dt.datetime(9998, 12, 31, 23, 59, tzinfo=zone))
        for zone in (UTC, KIRITIMATI, SAMOA)
    ),
]


def set_and(act):
    def door(stored, name, value):
        setattr(stored, name, value)
        act(stored, name)

    return door


def fields(stored, name, value):
    return {"actor": stored.actor, "verb": "sang", name: value}


DOORS = {
    "send": lambda *given: action.send(**fields(*given)),
    "send_many": lambda *given: action.send_many([fields(*given)]),
    "create": lambda *given: Action.objects.create(**fields(*given)),
    "get_or_create": lambda *given: Action.objects.get_or_create(**fields(*given)),
    "save of a new one": lambda *given: Action(**fields(*given)).save(),
    "bulk_create": lambda *given: Action.objects.bulk_create([Action(**fields(*given))]),
    "save": set_and(lambda stored, name: stored.save()),
    "save of a field": set_and(lambda stored, name: stored.save(update_fields=[name])),
    "bulk_update": set_and(lambda stored, name: Action.objects.bulk_update([stored], [name])),
    "update": lambda stored, name, value: Action.objects.update(**{name: value}),
    "update to a Value": lambda stored, name, value: Action.objects.update(
        **{name: Value(value, output_field=Action._meta.get_field(name))}
    ),
}
# Doors of Django's own.
OTHERS = {
    "a base manager": lambda stored, name, value: Action._base_manager.update(**{name: value}),
    "a fixture": set_and(
        lambda stored, name: (
            serializers.deserialize(
                "python",
                [{"model": "stream.action", "pk": 1, "fields": {name: getattr(stored, name)}}],
            )
            .__next__()
            .save()
        )
    ),
}


def stored_values():
    return list(Action.objects.values())


@pytest.mark.parametrize(("name", "value"), BAD)
def test_each_way_of_writing_refuses_it_and_the_transaction_goes_on(lennon, name, value):
    stored = action.send(lennon, "slept")
    before = stored_values()
    for door in DOORS.values():
        with pytest.raises((ValueError, TypeError), match=rf"^(action|Action)\.\w.*\({name}="):
            door(Action.objects.get(pk=stored.pk), name, value)
        assert stored_values() == before


@pytest.mark.parametrize(("name", "value"), BAD)
@pytest.mark.parametrize("door", OTHERS)
def test_what_goes_past_the_model_refuses_it(lennon, name, value, door):
    stored = action.send(lennon, "slept")
    before = stored_values()
    with pytest.raises(ValueError, match=rf"^Action\({name}="), transaction.atomic():
        OTHERS[door](stored, name, value)
    assert stored_values() == before


@pytest.mark.parametrize(("name", "value"), GOOD)
def test_what_is_near_is_written_and_shown(lennon, client, api, name, value):
    for door in ("send", "send_many", "bulk_create", "save of a field"):
        DOORS[door](action.send(lennon, "slept"), name, value)
    wanted = json.loads(json.dumps(value, default=str)) if name == "data" else value
    assert sum(getattr(each, name) == wanted for each in Action.objects.all()) == 4
    assert api.get("/api/actions/").status_code == 200
    assert client.get(reverse("stream:model", args=["auth", "user"])).status_code == 200
    with timezone.override("Pacific/Kiritimati"):
        for period in ("day", "week", "month"):
            assert Action.objects.grouped("verb", period).page()


@pytest.mark.parametrize("door", ["save", "save of a field", "bulk_update", "update", "send"])
def test_no_data_is_an_empty_object(lennon, door):
    DOORS[door](action.send(lennon, "slept", data={"a": 1}), "data", None)
    assert Action.objects.first().data == {}


@pytest.mark.parametrize("text", ["", "null", "{}"])
def test_forms_take_blank_data(lennon, text):
    form = modelform_factory(Action, fields=["data"])(
        {"data": text}, instance=action.send(lennon, "slept")
    )
    form.save()
    assert Action.objects.get().data == {}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("data", "[1]", "Write an object of JSON"),
        ("data", "[]", "Write an object of JSON"),
        ("data", '""', "Write an object of JSON"),
        ("data", "5", "Write an object of JSON"),
        ("data", '{"a": NaN}', "not JSON compliant"),
        ("data", '{"a": "\\u0000"}', "must not hold NUL"),
        ("data", '{"\\udce9": 1}', "must not hold NUL"),
        ("verb", "caf\udce9", "must not hold NUL"),
        ("description", "caf\udce9", "must not hold NUL"),
        ("datetime", "0001-01-01 00:00", "in the years 1001 to 9998"),
        ("datetime", "9999-12-31 23:59", "in the years 1001 to 9998"),
    ],
)
def test_forms_say_what_is_wrong(lennon, name, value, message):
    form = modelform_factory(Action, fields=[name])(
        {name: value}, instance=action.send(lennon, "slept")
    )
    assert message in str(form.errors[name])


@pytest.mark.parametrize("text", ["[1]", "5", "null", '"text"', "true"])
def test_what_sql_wrote_into_data_takes_no_page_down(lennon, api, text):
    action.send(lennon, "slept")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE stream_action SET data = %s", [text])
    response = api.get("/api/actions/")
    assert response.json()["results"][0]["data"] == {}
    assert Action.objects.get().data == {}
    assert Action.objects.defer("verb").get().data == {}
    assert Action.objects.values_list("data__a", flat=True).get() is None


# Follows and mutes


@pytest.mark.parametrize("flag", [*TEXTS, "x" * 101])
def test_follows_refuse_such_flags(lennon, hendrix, client, flag):
    made = follow(lennon, hendrix)
    user = {"user": lennon, "target_user": hendrix, "flag": flag}
    for door in (
        lambda: follow(lennon, hendrix, flag),
        lambda: Follow.objects.create(**user),
        lambda: Follow(**user).save(),
        lambda: Follow.objects.bulk_create([Follow(**user)]),
        lambda: Follow.objects.update(flag=flag),
    ):
        with pytest.raises(ValueError, match=r"\(flag="):
            door()
    assert list(Follow.objects.all()) == [made]
    client.force_login(lennon)
    address = f"/follow/auth/user/{hendrix.pk}/"
    if flag.isascii():
        assert client.post(address, {"flag": flag}).status_code == 400


@pytest.mark.parametrize("when", TIMES)
def test_follows_refuse_such_times(lennon, hendrix, when):
    with pytest.raises(ValueError, match=r"Follow.save\(datetime="):
        Follow(user=lennon, target=hendrix, datetime=when).save()


@pytest.mark.parametrize("verb", [*TEXTS, "x" * 256])
def test_mutes_refuse_such_verbs(lennon, client, verb):
    with pytest.raises(ValueError, match=r"mute\(verb="):
        mute(lennon, verb=verb)
    with pytest.raises(ValueError, match=r"^Mute\(verb="), transaction.atomic():
        Mute.objects.create(user=lennon, verb=verb)
    client.force_login(lennon)
    if verb.isascii():
        assert client.post(reverse("stream_notifications:mute"), {"verb": verb}).status_code == 404
    assert not Mute.objects.exists()
