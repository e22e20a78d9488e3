"""Reading and writing rows without the columns that are empty."""

import copy
import pickle
import re
from decimal import Decimal
from types import MethodType

import pytest
from django.contrib.auth.models import User
from django.db import DataError, IntegrityError, connection
from django.db.models import F, Model, Value
from django.db.models.functions import Lower
from django.db.models.signals import post_init, pre_init
from django.test.utils import CaptureQueriesContext

from stream.arc import writing
from stream.arc.reading import ArcReader, is_of_whole_rows
from stream.arc.writing import can_copy
from stream.models import Action
from stream.utils import action
from tests.early.models import Band
from tests.testapp.models import Box, Crew, Label, Song, Stage, Tag, Ticket, Weight, Width

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["narrow", "wide"])
def table(request, monkeypatch):
    """The table as it is, and as if it had hundreds of columns."""
    monkeypatch.setattr(ArcReader, "of", ArcReader)
    monkeypatch.setattr("stream.arc.reading.WIDE", 0 if request.param == "wide" else 1000)
    return request.param


@pytest.fixture
def actions(lennon, hendrix):
    """Actions with keys of every type in their roles: numbers, UUIDs and texts."""
    song, tag = Song.objects.create(title="Help!"), Tag.objects.create(name="a/b")
    band, crew = Band.objects.create(name="Beatles"), Crew.objects.create(name="crew")
    made = [
        action.send(lennon, "wrote", song),
        action.send(hendrix, "played", band, song, data={"loud": [1, None, "ü"]}),
        action.send(crew, "tagged", tag),
        action.send(lennon, "left"),
    ]
    return made[::-1]


def values(row):
    return {field.attname: getattr(row, field.attname) for field in Action._meta.concrete_fields}


def test_rows_are_what_django_reads(table, actions, django_assert_num_queries):
    with django_assert_num_queries(1):
        read = list(Action.objects.all())
        found = [values(row) for row in read]
    by_django = list(Action.objects.annotate(n=F("id")))
    assert found == [values(row) for row in by_django] == [values(row) for row in actions]
    assert read == by_django
    assert all(row._state.db == "default" and not row._state.adding for row in read)
    assert [row.actor for row in read] == [row.actor for row in actions]
    assert [row.target for row in read] == [row.target for row in actions]


KEYS = {
    "serial": lambda: Ticket(name="x"),
    "decimal of 1 place": lambda: Width(amount=Decimal("1.2")),
    "decimal of 3 places": lambda: Weight(amount=Decimal("1.234")),
    "text": lambda: Tag(name="a"),
    "text of another collation": lambda: Label(name="a"),
    "integer": lambda: Stage(name="x"),
}


@pytest.mark.parametrize("kind", KEYS)
def test_keys_are_what_their_own_field_makes_of_them(kind, table):
    item = KEYS[kind]()
    item.save()
    item = type(item).objects.get(pk=item.pk)
    Box.objects.create(item=item)
    for row in (Box.objects.get(), Box.objects.with_objects().get()):
        key = getattr(row, Box.item.filled_field(row).attname)
        assert (type(key), key) == (type(item.pk), item.pk)
        assert row.item == item


@pytest.mark.parametrize("by_django", [False, True])
def test_what_is_left_out_is_read_for_all_rows_at_once(
    table, actions, by_django, django_assert_num_queries
):
    rows = Action.objects.annotate(n=F("id")) if by_django else Action.objects.all()
    with CaptureQueriesContext(connection) as queries:
        read = list(rows.defer("data"))
    assert len(queries) == 1
    assert "data" not in queries[0]["sql"]
    assert is_of_whole_rows(rows.defer("data")) is not by_django
    assert [row.target for row in read] == [row.target for row in actions]
    with django_assert_num_queries(1):
        assert [row.data for row in read] == [row.data for row in actions]


def test_what_is_left_out_is_read_once_more_if_asked_for(actions):
    first, second, *_ = list(Action.objects.defer("data", "description"))
    assert first.data == {}
    Action.objects.update(data={"n": 1}, description="x")
    assert (first.data, second.data, first.description) == ({}, actions[1].data, "x")
    first.refresh_from_db(fields=["data"])
    assert (first.data, second.data) == ({"n": 1}, actions[1].data)


def test_a_row_of_which_something_is_left_out_is_kept_alone(actions):
    rows = list(Action.objects.defer("data"))
    kept = pickle.dumps(rows[0])
    assert len(kept) < len(pickle.dumps(actions[0])) + 500
    assert pickle.loads(kept).data == actions[0].data
    Action.objects.all().delete()
    with pytest.raises(Action.DoesNotExist):
        rows[1].data  # noqa: B018


def test_rows_that_need_more_than_is_left_in_are_read_by_django(actions):
    for rows in (Action.objects.only("verb"), Action.objects.defer("datetime", "actor_user")):
        assert not is_of_whole_rows(rows)
        assert [values(row) for row in rows] == [values(row) for row in actions]


def test_a_wide_table_is_read_by_what_is_set(monkeypatch, actions):
    monkeypatch.setattr(ArcReader, "of", ArcReader)
    monkeypatch.setattr("stream.arc.reading.WIDE", 0)
    reader = ArcReader.of(Action, "default")
    plain = [field for field in Action._meta.concrete_fields if field not in arc_fields()]
    # Which column is set, and its key: for each role and type of key.
    assert len(reader.columns) == len(plain) + 2 * len(reader.groups)
    assert len(reader.groups) < len(arc_fields())


def test_a_reader_is_made_once_for_what_is_registered():
    assert ArcReader.of(Action, "default") is ArcReader.of(Action, "default")


def arc_fields():
    arcs = (*Action.arcs.values(), Action.origin)
    return [field for arc in arcs for field in arc.fields]


def test_rows_can_be_changed_and_saved(table, actions):
    row = Action.objects.get(verb="left")
    row.target = Tag.objects.get()
    row.save()
    row.refresh_from_db()
    assert row.target == Tag.objects.get()
    assert row.actor.username == "lennon"


def test_the_object_whose_actions_they_are_is_known(table, actions, django_assert_num_queries):
    lennon = User.objects.get(username="lennon")
    with django_assert_num_queries(1):
        assert [row.actor for row in lennon.actor_actions.all()] == [lennon, lennon]


@pytest.mark.parametrize(
    "rows",
    [
        Action.objects.select_related("actor_user"),
        Action.objects.defer("data"),
        Action.objects.only("verb"),
        Action.objects.distinct(),
        Action.objects.extra(select={"one": "1"}),
        Action.objects.annotate(one=F("id")),
        Action.objects.filter(actor_user__username="lennon").order_by("target_tag__name"),
        Action.objects.filter(actor_user__username="lennon") | Action.objects.filter(verb="x"),
        Action.objects.none(),
        Action.objects.filter(pk__in=[]),
        Action.objects.order_by().union(Action.objects.order_by()),
    ],
)
def test_other_queries_give_what_django_gives(rows, table, actions):
    expected = {row.pk for row in rows.all().iterator()}
    assert {row.pk for row in rows.all()} == expected
    assert all(row.verb for row in rows.all())


def test_listeners_of_pre_init_hear_of_each_row(actions):
    heard = []

    def listen(sender, args, kwargs, **rest):
        heard.append((args, dict(kwargs)))  # Django empties it

    pre_init.connect(listen, sender=Action)
    try:
        assert len(Action.objects.all()) == 4
        Action(verb="x")
    finally:
        pre_init.disconnect(listen, sender=Action)
    assert len(heard) == 5
    assert heard[-1] == ((), {"verb": "x"})


def test_objects_are_made_as_their_model_makes_them(monkeypatch, actions):
    seen = []

    def made(self, *args, **kwargs):
        Model.__init__(self, *args, **kwargs)
        seen.append("__init__")

    def came(cls, *args, **kwargs):
        seen.append("from_db")
        return Model.from_db.__func__(cls, *args, **kwargs)

    def was_set(self, name, value):
        object.__setattr__(self, name, value.upper() if name == "name" else value)

    def listen(sender, instance, **rest):
        seen.append(instance.name)

    for name, own in (("__init__", made), ("from_db", classmethod(came)), ("__setattr__", was_set)):
        monkeypatch.setattr(Band, name, own, raising=False)
    post_init.connect(listen, sender=Band)
    try:
        row = Action.objects.with_objects().get(verb="played")
    finally:
        post_init.disconnect(listen, sender=Band)
    assert seen == ["from_db", "BEATLES", "__init__"]
    assert row.target.name == "BEATLES"


def test_readers_keep_no_connection():
    reader = ArcReader.of(Action, "default")
    kept = [each for each in vars(reader).values() if isinstance(each, MethodType)]
    assert not kept


def changed_by_key(row, band):
    row.target_band_id, row.target_tag_id = band.pk, None


def changed_by_object(row, band):
    row.target_tag, row.target_band = None, band


def changed_elsewhere(row, band):
    Action.objects.filter(pk=row.pk).update(target_tag=None, target_band=band)
    row.refresh_from_db()


def changed_before_it_is_saved(row, band):
    row.target = new = Band(name="new")
    assert row.target is new
    new.save()
    row.target_band = new
    row.save()
    assert row.target.pk == new.pk
    row.target = band


@pytest.mark.parametrize(
    "change", [changed_by_key, changed_by_object, changed_elsewhere, changed_before_it_is_saved]
)
@pytest.mark.parametrize("deferred", [(), ("target_band",), ("verb",)])
def test_a_role_is_what_its_columns_say(table, actions, change, deferred):
    band = Band.objects.get()
    [row] = Action.objects.filter(verb="tagged").defer(*deferred)
    assert row.target == Tag.objects.get()
    kept = copy.copy(row)
    change(row, band)
    assert row.target == band
    assert pickle.loads(pickle.dumps(row)).target == band
    assert kept.target == Tag.objects.get()
    row.target_band_id = None
    assert row.target is None
    row.target = band
    assert row.target == band


# Writing


def test_an_insert_names_what_is_set(lennon):
    with CaptureQueriesContext(connection) as queries:
        made = action.send(lennon, "sang")
        Action(actor=lennon, verb="sang").save()
    for query in queries:
        sql = query["sql"]
        assert "actor_user_id" in sql
        assert "target_" not in sql
    assert Action.objects.get(pk=made.pk).actor == lennon


def test_an_insert_is_written_as_django_does(lennon, hendrix):
    with CaptureQueriesContext(connection) as queries:
        action.send(lennon, "met", hendrix)
        row = Action(actor=lennon, verb="met", target=hendrix)
        Model._save_table(row, cls=Action, using="default")
    ours, django_s = (re.sub(r"'\d{4}-\S+ \S+'", "time", each["sql"]) for each in queries)
    assert ours == django_s
    assert Action.objects.filter(target_user=hendrix).count() == 2


@pytest.mark.parametrize("is_plain", [True, False])
def test_what_django_must_insert(lennon, monkeypatch, is_plain):
    if not is_plain:  # as a field that writes its own placeholder
        field = Action._meta.get_field("verb")
        monkeypatch.setattr(field, "get_placeholder", lambda *args: "LOWER(%s)", False)
        sql = "get_placeholder_sql"  # from Django 6.1 on
        monkeypatch.setattr(field, sql, lambda value, *args: ("LOWER(%s)", [value]), False)
        monkeypatch.setattr(writing, "_needs_django", writing._needs_django.__wrapped__)
    made = Action(actor=lennon, verb="SANG", description=Lower(Value("LOUD")))
    made.save()
    again = action.send(lennon, "SANG")
    made, again = Action.objects.get(pk=made.pk), Action.objects.get(pk=again.pk)
    assert (made.description, again.description) == ("loud", "")
    assert {made.verb, again.verb} == {"SANG" if is_plain else "sang"}


def test_names_that_are_no_fields_are_refused(lennon):
    with pytest.raises(TypeError, match="unexpected keyword arguments: 'colour'"):
        Action(actor=lennon, colour="red")


def test_a_key_of_ones_own_is_kept(lennon):
    assert Action.objects.create(lennon, "sang", id=77).pk == 77
    with pytest.raises(IntegrityError):
        Action.objects.create(lennon, "sang", id=77)


def test_many_are_written_as_they_are(lennon, hendrix, django_assert_num_queries):
    song = Song.objects.create(title="Help!")
    odd = 'tab\t newline\n back\\slash "quote" \\N ünï 😀'
    sent = [
        {
            "actor": lennon,
            "verb": "sang",
            "target": song,
            "data": {"text": odd},
            "description": odd,
        },
        {"actor": hendrix, "verb": "played", "public": False},
        {"actor": hendrix, "verb": odd, "action_object": song},
    ]
    action.send_many(sent)
    written = list(Action.objects.order_by("id").with_objects())
    assert [each.verb for each in written] == ["sang", "played", odd]
    assert [each.actor for each in written] == [lennon, hendrix, hendrix]
    assert [each.target for each in written] == [song, None, None]
    assert [each.action_object for each in written] == [None, None, song]
    assert [each.public for each in written] == [True, False, True]
    assert written[0].data == {"text": odd}
    assert written[0].description == odd


def test_many_with_keys_of_their_own(lennon):
    action.send_many([{"actor": lennon, "verb": "sang", "id": number} for number in (901, 902)])
    assert set(Action.objects.values_list("pk", flat=True)) == {901, 902}


@pytest.mark.django_db(transaction=True)
def test_many_that_the_database_refuses_leave_nothing(lennon):
    refused = "a\0b" if connection.vendor == "postgresql" else "x" * 10
    sent = [{"actor": lennon, "verb": "sang"}] * 3 + [{"actor": lennon, "verb": refused, "id": 1}]
    if connection.vendor == "postgresql":
        assert can_copy("default")
        del sent[-1]["id"]
    else:
        assert not can_copy("default")
        action.send_many([{"actor": lennon, "verb": "first", "id": 1}])
    before = Action.objects.count()
    with pytest.raises((DataError, ValueError, IntegrityError)):
        action.send_many(sent, batch_size=2)
    assert Action.objects.count() == before
