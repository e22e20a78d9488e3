"""Old names in querysets."""

import datetime as dt
import re
import uuid

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import FieldDoesNotExist, FieldError
from django.db import connection
from django.db.models import CharField, Count, Exists, F, Max, Min, OuterRef, Q, QuerySet
from django.db.models.functions import Cast, TruncDate
from django.utils import timezone

from follow.models import Follow
from follow.utils import follow
from stream.models import Action
from stream.utils import action
from tests.testapp.models import Song, Studio, Tag, Venue

WHEN = dt.datetime(2020, 5, 1, 12, tzinfo=dt.UTC)


def verbs(rows):
    return sorted(rows.values_list("verb", flat=True))


ALL = ["joined", "liked", "met", "tagged"]


def test_model_and_key_are_one_object(acts, ann, type_of):
    rows = Action.objects.filter(actor_content_type=type_of(User), actor_object_id=ann.pk)
    assert verbs(rows) == ["joined", "liked"]


def test_model_and_key_become_one_condition_on_the_column(acts, ann, type_of):
    rows = Action.objects.filter(actor_content_type=type_of(User), actor_object_id=str(ann.pk))
    assert str(rows.query) == str(Action.objects.filter(actor_user=ann.pk).query)


@pytest.mark.parametrize("name", ["", "_id", "__pk", "__id", "__exact"])
def test_content_type_by_each_name(acts, type_of, name):
    wanted = type_of(Song) if name in ("", "__exact") else type_of(Song).pk
    assert verbs(Action.objects.filter(**{f"target_content_type{name}": wanted})) == ["liked"]


def test_content_types_by_name_of_the_model(acts):
    assert verbs(Action.objects.filter(target_content_type__model="song")) == ["liked"]
    rows = Action.objects.filter(target_content_type__model__in=["song", "tag"])
    assert verbs(rows) == ["liked", "tagged"]
    assert verbs(Action.objects.filter(target_content_type__app_label="auth")) == ["met"]


def test_content_types_of_a_list_or_queryset(acts, type_of):
    types = [type_of(Song), type_of(Tag)]
    assert verbs(Action.objects.filter(target_content_type__in=types)) == ["liked", "tagged"]
    types = ContentType.objects.filter(model__in=["song", "tag"])
    assert verbs(Action.objects.filter(target_content_type__in=types)) == ["liked", "tagged"]


def test_content_type_that_is_not_registered_finds_nothing(acts, type_of):
    assert verbs(Action.objects.filter(target_content_type=type_of(ContentType))) == []
    assert verbs(Action.objects.exclude(target_content_type=type_of(ContentType))) == ALL


def test_key_that_is_a_uuid(acts, song, type_of):
    for key in (song.pk, str(song.pk)):
        assert verbs(Action.objects.filter(target_object_id=key)) == ["liked"]
        rows = Action.objects.filter(target_object_id=key, target_content_type=type_of(Song))
        assert verbs(rows) == ["liked"]


def test_key_that_is_a_text(acts, type_of):
    assert verbs(Action.objects.filter(target_object_id="pop")) == ["tagged"]
    rows = Action.objects.filter(target_object_id__in=["pop"], target_content_type=type_of(Tag))
    assert verbs(rows) == ["tagged"]


def test_key_without_a_model_is_of_any(acts, ann, song):
    rows = Action.objects.filter(target_object_id__in=[ann.pk, song.pk, "pop", "no such"])
    assert verbs(rows) == ["liked", "met", "tagged"]


def test_key_that_no_object_can_have_finds_nothing(acts, type_of):
    rows = Action.objects.filter(target_object_id="x", target_content_type=type_of(Song))
    assert verbs(rows) == []


def test_key_of_another_model_with_the_same_number_is_not_found(ann, type_of):
    band = Group.objects.create(pk=ann.pk, name="band")
    action.send(ann, "by user")
    action.send(band, "by group")
    rows = Action.objects.filter(actor_object_id=ann.pk, actor_content_type=type_of(Group))
    assert verbs(rows) == ["by group"]
    assert verbs(Action.objects.filter(actor_object_id=ann.pk)) == ["by group", "by user"]


def test_empty_roles(acts):
    assert verbs(Action.objects.filter(target_object_id=None)) == ["joined"]
    assert verbs(Action.objects.filter(target_content_type__isnull=True)) == ["joined"]
    assert verbs(Action.objects.filter(target_object_id__isnull=False)) == ALL[1:]


def test_exclude_keeps_rows_without_the_role(acts, song, type_of):
    rows = Action.objects.exclude(target_content_type=type_of(Song), target_object_id=song.pk)
    assert verbs(rows) == ["joined", "met", "tagged"]
    assert verbs(Action.objects.exclude(target_object_id=song.pk)) == ["joined", "met", "tagged"]
    assert verbs(Action.objects.exclude(target_content_type=type_of(Song))) == [
        "joined",
        "met",
        "tagged",
    ]


def test_or_of_conditions(acts, ann, song, type_of):
    rows = Action.objects.filter(
        Q(target_content_type=type_of(Song), target_object_id=song.pk)
        | Q(target_content_type=type_of(User), target_object_id=ann.pk)
    )
    assert verbs(rows) == ["liked", "met"]
    assert verbs(Action.objects.filter(Q(target_object_id="pop") | Q(verb="met"))) == [
        "met",
        "tagged",
    ]


def test_halves_of_different_alternatives_are_not_joined(acts, ann, type_of):
    rows = Action.objects.filter(Q(target_content_type=type_of(Song)) | Q(target_object_id="pop"))
    assert verbs(rows) == ["liked", "tagged"]


def test_negated_and_nested_conditions(acts, song, type_of):
    is_song = Q(target_content_type=type_of(Song)) & Q(target_object_id=song.pk)
    assert verbs(Action.objects.filter(~is_song)) == ["joined", "met", "tagged"]
    assert verbs(Action.objects.filter(is_song)) == ["liked"]
    assert verbs(Action.objects.exclude(~is_song)) == ["liked"]
    assert verbs(Action.objects.filter(Q(verb="x") | ~is_song)) == ["joined", "met", "tagged"]


def test_filters_one_after_another(acts, song, type_of):
    rows = Action.objects.filter(target_content_type=type_of(Song))
    assert verbs(rows.filter(target_object_id=song.pk)) == ["liked"]
    assert verbs(rows.filter(target_object_id=uuid.uuid4())) == []


def test_time(acts, ann):
    before = timezone.now() - dt.timedelta(hours=1)
    Action.objects.filter(verb="liked").update(timestamp=before - dt.timedelta(days=3))
    assert verbs(Action.objects.filter(timestamp__lt=before)) == ["liked"]
    assert verbs(ann.actor_actions.filter(timestamp__gt=before)) == ["joined"]
    assert verbs(ann.actor_actions.public(timestamp__lt=before)) == ["liked"]
    assert verbs(Action.objects.exclude(timestamp__lt=before)) == ["joined", "met", "tagged"]
    assert verbs(Action.objects.filter(timestamp__year__gte=before.year)) == ALL


def test_order(acts):
    oldest = ["joined", "liked", "tagged", "met"]
    rows = Action.objects.order_by("timestamp", "id")
    assert [each.verb for each in rows] == oldest
    rows = Action.objects.order_by(F("timestamp").desc(), "-id")
    assert [each.verb for each in rows] == oldest[::-1]
    assert Action.objects.earliest("timestamp").verb == "joined"
    assert Action.objects.latest("timestamp", "id").verb == "met"
    rows = Action.objects.order_by("-target_content_type", "id")
    assert len(rows) == 4


def test_values(acts, ann, bob, song, type_of):
    names = ["timestamp", "target_content_type", "target_object_id"]
    rows = Action.objects.order_by("id").values(*names)
    found = list(rows)
    assert [each["target_object_id"] for each in found] == [None, str(song.pk), "pop", str(ann.pk)]
    assert [each["target_content_type"] for each in found] == [
        None,
        type_of(Song).pk,
        type_of(Tag).pk,
        type_of(User).pk,
    ]
    assert found[0]["timestamp"] == acts["joined"].datetime


def test_lists_of_values(acts, ann, bob, type_of):
    rows = Action.objects.order_by("id")
    assert set(rows.values_list("actor_content_type_id", flat=True)) == {type_of(User).pk}
    assert list(rows.values_list("actor_object_id", "verb")) == [
        (str(ann.pk), "joined"),
        (str(ann.pk), "liked"),
        (str(bob.pk), "tagged"),
        (str(bob.pk), "met"),
    ]
    named = rows.values_list("verb", "target_content_type__model", named=True)
    assert [each.target_content_type__model for each in named] == [None, "song", "tag", "user"]


def test_groups(acts, ann, bob):
    counts = (
        Action.objects.order_by().values("actor_object_id").annotate(n=Count("id")).order_by("n")
    )
    assert sorted((each["actor_object_id"], each["n"]) for each in counts) == sorted(
        [(str(ann.pk), 2), (str(bob.pk), 2)]
    )
    days = Action.objects.annotate(day=TruncDate("timestamp")).order_by().values("day")
    assert days.annotate(n=Count("pk")).get()["n"] == 4
    newest = Action.objects.aggregate(Max("timestamp"), least=Min("timestamp"))
    assert newest == {"timestamp__max": acts["met"].datetime, "least": acts["joined"].datetime}
    counts = Action.objects.aggregate(Count("target_object_id"), Count("verb"))
    assert counts == {"target_object_id__count": 3, "verb__count": 4}


def test_keys_of_other_querysets(acts, ann, song, type_of):
    rows = Action.objects.filter(
        target_content_type=type_of(Song), target_object_id__in=Song.objects.values("pk")
    )
    assert verbs(rows) == ["liked"]
    rows = Action.objects.filter(target_object_id__in=Song.objects.values_list("pk", flat=True))
    assert verbs(rows) == ["liked"]
    follow(ann, song)
    keys = Follow.objects.filter(user=ann).values_list("object_id", flat=True)
    assert verbs(Action.objects.filter(target_object_id__in=keys)) == ["liked"]
    keys = Follow.objects.values("object_id")
    assert verbs(Action.objects.filter(target_object_id__in=keys)) == ["liked"]


def test_keys_in_a_subquery_are_the_texts_that_they_were(acts, ann, bob, song, type_of):
    keys = Action.objects.filter(actor_content_type=type_of(User)).values("actor_object_id")
    assert keys.distinct().count() == 2
    text = Cast("pk", CharField(max_length=255))
    users = User.objects.annotate(text=text).filter(text__in=keys)
    assert set(users) == {ann, bob}
    if connection.vendor != "postgresql":  # which compares no number to a text
        assert set(User.objects.filter(pk__in=keys)) == {ann, bob}


def test_keys_of_two_roles_are_united(acts, ann, bob, song):
    actors = Action.objects.order_by().values_list("actor_object_id", flat=True)
    targets = Action.objects.order_by().values_list("target_object_id", flat=True)
    united = actors.union(targets).order_by()  # Django 6.1 orders it as the model says
    assert set(united) == {str(ann.pk), str(bob.pk), str(song.pk), "pop", None}


def test_groups_are_sorted_by_their_content_type(acts, type_of):
    groups = Action.objects.order_by().values("target_content_type").annotate(n=Count("id"))
    found = groups.filter(target_content_type__isnull=False).order_by("-target_content_type")
    keys = [each["target_content_type"] for each in found]
    assert keys == sorted((type_of(each).pk for each in (Song, Tag, User)), reverse=True)


def test_key_of_an_outer_query(acts, song, type_of):
    Song.objects.create(title="silent")
    liked = Action.objects.filter(
        target_content_type=type_of(Song), target_object_id=OuterRef("pk")
    )
    assert list(Song.objects.filter(Exists(liked))) == [song]


def test_only_and_defer(acts, ann, django_assert_num_queries):
    with django_assert_num_queries(1):
        [one] = Action.objects.filter(verb="met").only("timestamp", "verb", "target_object_id")
        assert (one.verb, one.target_object_id, bool(one.timestamp)) == ("met", str(ann.pk), True)
    assert verbs(Action.objects.defer("timestamp")) == ALL


def test_relations_that_are_loaded(acts, django_assert_num_queries):
    rows = Action.objects.select_related("actor_content_type", "target_content_type")
    with django_assert_num_queries(4):  # of actions, users, songs and tags
        assert [(each.actor, each.target) for each in rows.prefetch_related("actor", "target")]
    with django_assert_num_queries(4):
        assert [each.target for each in Action.objects.fetch_generic_relations("target")]


@pytest.mark.parametrize(
    "call",
    [
        lambda rows: rows.filter(actor_object_id__gt="5"),
        lambda rows: rows.filter(target_object_id__startswith="5"),
        lambda rows: rows.filter(actor_content_type__name="user"),
        lambda rows: rows.filter(actor_object_id=F("verb")),
        lambda rows: rows.filter(actor_object_id=User(pk=1)),
        lambda rows: rows.order_by("actor_object_id"),
        lambda rows: rows.distinct("actor_content_type"),
        lambda rows: rows.update(actor_object_id=5),
        lambda rows: rows.update(actor_content_type=None),
        lambda rows: rows.values("actor_content_type__name"),
        lambda rows: rows.prefetch_related("actor__groups"),
    ],
)
def test_what_has_no_meaning_is_refused_with_what_to_write(call):
    with pytest.raises(FieldError, match=r"write|compare|pass|take|give"):
        call(Action.objects.all())


@pytest.mark.parametrize(
    "call",
    [
        lambda rows: rows.filter(context_object_id=5),
        lambda rows: rows.values("context_content_type"),
        lambda rows: rows.in_bulk(field_name="timestamp"),
    ],
)
def test_what_was_no_name_is_refused_by_django(call):
    with pytest.raises((FieldError, FieldDoesNotExist)):
        call(Action.objects.all())


def test_creating(ann, song, type_of):
    when = timezone.now() - dt.timedelta(days=2)
    made = Action.objects.create(
        actor_content_type=type_of(User),
        actor_object_id=ann.pk,
        target_content_type=type_of(Song),
        target_object_id=str(song.pk),
        verb="liked",
        timestamp=when,
    )
    made = Action.objects.get(pk=made.pk)
    assert (made.actor, made.target, made.action_object, made.datetime) == (ann, song, None, when)
    made = Action.objects.create(
        actor_content_type_id=type_of(User).pk, actor_object_id=str(ann.pk), verb="slept"
    )
    assert (made.actor, made.target) == (ann, None)


def test_creating_with_a_key_that_no_object_can_have(ann, type_of):
    with pytest.raises(FieldError, match=r"no testapp.Song has the key 'x'; pass target=…"):
        Action.objects.create(
            actor_content_type=type_of(User),
            actor_object_id=ann.pk,
            target_content_type=type_of(Song),
            target_object_id="x",
            verb="liked",
        )


def test_getting_or_creating(acts, ann, song, type_of):
    named = {"actor_content_type": type_of(User), "actor_object_id": ann.pk}
    found, is_new = Action.objects.get_or_create(**named, verb="liked")  # whatever the target
    assert (found, is_new) == (acts["liked"], False)
    made, is_new = Action.objects.get_or_create(
        **named, verb="slept", defaults={"description": "well"}
    )
    assert (made.actor, made.description, is_new) == (ann, "well", True)
    row, is_new = Action.objects.update_or_create(
        **named, verb="slept", defaults={"description": "badly"}
    )
    assert (row, row.description, is_new) == (made, "badly", False)


def test_getting_or_creating_by_the_new_names(acts, ann, song):
    assert Action.objects.get_or_create(ann, "liked", song) == (acts["liked"], False)
    assert Action.objects.get_or_create(ann, "liked")[1]


def test_follows(ann, bob, band, song, type_of):
    follow(ann, song)
    follow(ann, band, "watching")
    follow(bob, band)
    rows = Follow.objects.filter(content_type=type_of(Group), object_id=band.pk)
    assert sorted(each.user.username for each in rows) == ["ann", "bob"]
    assert Follow.objects.get(object_id=str(song.pk)).user == ann
    assert ann.following.exclude(content_type__model="song").get().flag == "watching"
    assert Follow.objects.filter(started__lte=timezone.now()).order_by("-started").count() == 3
    assert set(Follow.objects.values_list("object_id", flat=True)) == {str(song.pk), str(band.pk)}
    assert Follow.objects.prefetch_related("follow_object").first().follow_object == band


def test_creating_follows(ann, band, type_of):
    named = {"user": ann, "content_type": type_of(Group), "object_id": band.pk}
    made = Follow.objects.create(**named, flag="liking")
    assert (made.target, made.actor_only) == (band, True)
    assert Follow.objects.get_or_create(**named) == (made, False)  # whatever the flag
    other, is_new = Follow.objects.get_or_create(**named, flag="", actor_only=False)
    assert (is_new, other.actor_only) == (True, False)


def test_names_of_ours_still_work(acts, ann, song):
    assert verbs(Action.objects.filter(target_song=song)) == ["liked"]
    assert verbs(Action.objects.get_for_actor(ann)) == ["joined", "liked"]
    assert verbs(Action.objects.visible_to(ann)) == ALL


def test_home_feed_is_read_as_without_the_old_names(acts, ann, bob, django_assert_max_num_queries):
    follow(ann, bob)
    with django_assert_max_num_queries(8):
        page = Action.objects.user_stream(ann).filter(timestamp__lte=timezone.now()).page()
    assert sorted(each.verb for each in page) == ["met", "tagged"]


def test_updating_many(acts, ann, song):
    rows = list(Action.objects.all())
    for each in rows:
        each.timestamp = WHEN
        each.target_object_id = each.target_content_type = None
    Action.objects.bulk_update(rows, ["timestamp", "target_object_id"])
    assert set(Action.objects.values_list("timestamp", "target_object_id")) == {(WHEN, None)}


# Methods of querysets that take names of fields, and those that take none or raise for unknown ones

TRANSLATED = [
    "aggregate",
    "alias",
    "annotate",
    "bulk_update",
    "complex_filter",
    "create",
    "dates",
    "datetimes",
    "defer",
    "distinct",
    "earliest",
    "exclude",
    "filter",
    "get",
    "get_or_create",
    "latest",
    "only",
    "order_by",
    "prefetch_related",
    "select_related",
    "update",
    "update_or_create",
    "values",
    "values_list",
]
NAMELESS = [
    "aiterator",
    "all",
    "as_manager",
    "bulk_create",
    "contains",
    "count",
    "db",
    "delete",
    "difference",
    "exists",
    "explain",
    "extra",
    "fetch_mode",
    "first",
    "in_bulk",
    "intersection",
    "iterator",
    "last",
    "none",
    "ordered",
    "query",
    "raw",
    "resolve_expression",
    "reverse",
    "select_for_update",
    "totally_ordered",
    "union",
    "using",
]


def test_each_method_of_querysets_is_thought_of():
    found = {name for name in vars(QuerySet) if not name.startswith("_")}
    asynchronous = {name for name in found if name[:1] == "a" and name[1:] in found}
    assert found - asynchronous <= {*TRANSLATED, *NAMELESS}


def test_translated_methods_are_ours():
    inherited = {"get", "update_or_create"}  # which filter and create
    rows = Action.objects.all()
    for name in {*TRANSLATED} - inherited:
        owner = next(each for each in type(rows).__mro__ if name in vars(each))
        assert owner.__module__ == "stream.contrib.actstream.querysets", name


def test_children_are_of_their_own_content_type(ann, type_of):
    venue, studio = Venue.objects.create(name="hall"), Studio.objects.create(name="room")
    for obj in (venue, studio):
        action.send(ann, obj.name, obj)
    rows = Action.objects.filter(target_content_type=type_of(Studio))
    assert verbs(rows) == ["room"]
    assert verbs(rows.filter(target_object_id=studio.pk)) == ["room"]
    assert verbs(Action.objects.filter(target_content_type__model="studio")) == ["room"]


@pytest.mark.parametrize("name", ["_connector", "_negated"])
def test_names_from_a_request_are_names_of_fields(acts, name):
    for given in ({}, {"timestamp__gt": WHEN}):
        with pytest.raises((FieldError, TypeError)):
            Action.objects.filter(**given, **{name: "OR"})


def test_positions_beside_old_names_are_refused(ann, type_of):
    with pytest.raises(TypeError, match="beside old names, pass keywords alone"):
        Follow.objects.get_or_create(ann, content_type=type_of(User), object_id=ann.pk)


# NULL, which no column has here


@pytest.fixture
def described(ann):
    action.send(ann, "said", description="well")
    action.send(ann, "sent", data={"a": 1})
    action.send(ann, "was")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"description": None}, ["sent", "was"]),
        ({"description__exact": None}, ["sent", "was"]),
        ({"description__isnull": True}, ["sent", "was"]),
        ({"description__isnull": False}, ["said"]),
        ({"data": None}, ["said", "was"]),
        ({"data__isnull": True}, ["said", "was"]),
        ({"data__isnull": False}, ["sent"]),
        ({"data__isnull": True, "description__isnull": True}, ["was"]),
        ({"data__a__isnull": False}, ["sent"]),
        ({"data": {"a": 1}}, ["sent"]),
    ],
)
def test_null_is_what_is_empty(described, asked, found):
    assert verbs(Action.objects.filter(**asked)) == found
    rest = sorted({"said", "sent", "was"} - set(found))
    assert verbs(Action.objects.exclude(**asked)) == rest


def test_null_is_what_is_empty_inside_of_q(described, ann, type_of):
    assert verbs(Action.objects.filter(~Q(data=None) | Q(verb="was"))) == ["sent", "was"]
    one = {"actor_content_type": type_of(User), "actor_object_id": ann.pk, "data__isnull": True}
    assert verbs(Action.objects.filter(**one)) == ["said", "was"]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"data__isnull": True}, "Action.objects.filter(data__isnull=True): write data={}"),
        (
            {"description__isnull": False},
            "Action.objects.filter(description__isnull=False): write ~Q(description='')",
        ),
        ({"data": None}, "Action.objects.filter(data=None): write data={}"),
    ],
)
def test_filter_for_null_tells_what_to_write(db, asked, said):
    with pytest.warns(DeprecationWarning, match=f"^{re.escape(said)}$") as warned:
        Action.objects.filter(**asked)
    assert len(warned) == 1
