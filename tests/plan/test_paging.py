"""Keyset pages."""

import datetime as dt

import pytest
from django.core import signing
from django.core.exceptions import BadRequest
from django.db.models import Count, F, Window
from django.db.models.functions import RowNumber
from django.utils import timezone
from django.views.generic import ListView

from follow.utils import follow
from stream.models import Action
from stream.paging import InvalidCursor, PageMixin
from stream.paging.sealing import seal, unseal
from stream.utils import action

pytestmark = pytest.mark.django_db


@pytest.fixture
def seven(lennon):
    """Seven actions, of which some have the same time; newest first."""
    now = timezone.now()
    for number in range(7):
        action.send(lennon, str(number), datetime=now - dt.timedelta(hours=number // 3))
    return list(Action.objects.all())


def test_a_page_takes_one_query_and_no_count(lennon, seven, django_assert_num_queries):
    with django_assert_num_queries(1) as queries:
        page = lennon.actor_actions.page(3)
    assert "COUNT" not in queries.captured_queries[0]["sql"]
    assert (list(page), len(page), page[0]) == (seven[:3], 3, seven[0])
    assert repr(page) == "<Page of 3>"
    assert page.previous is None


def test_forward_and_back(seven):
    first = Action.objects.page(3)
    second = Action.objects.page(3, after=first.next)
    third = Action.objects.page(3, after=second.next)
    assert [*first, *second, *third] == seven
    assert third.next is None
    assert list(Action.objects.page(3, before=third.previous)) == list(second)
    again = Action.objects.page(3, before=second.previous)
    assert (list(again), again.previous) == (list(first), None)
    assert list(Action.objects.page(3, after=again.next)) == list(second)


def test_pages_stay_as_they_were_while_rows_come(lennon, seven):
    first = Action.objects.page(3)
    newer = action.send(lennon, "newer")
    assert list(Action.objects.page(3, after=first.next)) == seven[3:6]
    second = Action.objects.page(3, after=first.next)
    assert list(Action.objects.page(3, before=second.previous)) == seven[:3]
    back = Action.objects.page(5, before=second.previous)
    assert list(back) == [newer, *seven[:3]]


def test_before_the_newest_is_the_first_page(seven):
    first = Action.objects.page(3)
    second = Action.objects.page(3, after=first.next)
    Action.objects.filter(pk__in=[each.pk for each in first]).delete()
    page = Action.objects.page(3, before=second.previous)
    assert list(page) == seven[3:6]


def test_no_rows():
    page = Action.objects.page()
    assert (list(page), page.next, page.previous) == ([], None, None)


def test_the_cursor_of_a_deleted_row_still_works(seven):
    first = Action.objects.page(3)
    seven[2].delete()
    assert list(Action.objects.page(3, after=first.next)) == seven[3:6]


def test_cursors_are_url_safe(seven):
    cursor = Action.objects.page(3).next
    assert all(char.isalnum() or char in "-_:." for char in cursor)


@pytest.mark.parametrize("cursor", ["x", "WzEsMl0:abc", "\0", "x" * 5000, "é"])
def test_forged_cursors_are_refused(seven, cursor):
    for direction in ("after", "before"):
        with pytest.raises(InvalidCursor, match=r"^page\(\): .* is no cursor of this site"):
            Action.objects.page(**{direction: cursor})


def test_another_sites_cursor_is_refused(seven, settings):
    cursor = Action.objects.page(3).next
    settings.SECRET_KEY = "another"
    with pytest.raises(InvalidCursor):
        Action.objects.page(after=cursor)


def test_bad_arguments():
    with pytest.raises(ValueError, match=r"page\(size=0\)"):
        Action.objects.page(0)
    with pytest.raises(ValueError, match="after one cursor or before one"):
        Action.objects.page(after="x", before="y")


class ActionList(PageMixin, ListView):
    page_size = 3
    template_name = "page.html"

    def get_queryset(self):
        return Action.objects.all()


@pytest.fixture
def view(rf):
    def get(**cursors):
        return ActionList.as_view()(rf.get("/", cursors)).context_data["stream_page"]

    return get


def test_a_list_view_has_pages(view, seven, django_assert_num_queries):
    with django_assert_num_queries(1):
        page = view()
    assert list(page) == seven[:3]
    older = view(after=page.next)
    assert list(older) == seven[3:6]
    assert list(view(before=older.previous)) == seven[:3]
    assert list(view(after="")) == seven[:3]


def test_a_list_view_refuses_forged_cursors(view, seven):
    cursor = view().next
    for cursors in ({"after": "x"}, {"after": cursor, "before": cursor}):
        with pytest.raises(BadRequest):
            view(**cursors)


# Other querysets


@pytest.mark.parametrize(
    "order",
    [
        lambda rows: rows.order_by(),
        lambda rows: rows.order_by("-datetime"),
        lambda rows: rows.order_by("-datetime", "-pk"),
        lambda rows: rows.order_by("datetime", "id").reverse(),
        lambda rows: rows.reverse().reverse(),
        lambda rows: rows.distinct(),
        lambda rows: rows.defer("verb"),
        lambda rows: rows.annotate(others=Count("actor_user__groups")).filter(others=0),
        lambda rows: rows.exclude(verb="x").select_for_update(),
    ],
)
def test_what_is_in_the_order_of_pages_has_pages(seven, order):
    first = order(Action.objects.all()).page(3)
    second = order(Action.objects.all()).page(3, after=first.next)
    assert [*first, *second] == seven[:6]
    assert list(order(Action.objects.all()).page(3, before=second.previous)) == seven[:3]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows.order_by("datetime", "id"), "ordered by 'datetime', 'id'; leave the"),
        (lambda rows: rows.order_by("verb"), "newest first, and this is ordered by 'verb'"),
        (lambda rows: rows.order_by("?"), r"ordered by '\?'"),
        (lambda rows: rows.order_by(F("datetime").desc()), r"ordered by OrderBy\("),
        (lambda rows: rows.reverse(), "ordered by 'datetime', 'id'"),
        (lambda rows: rows.order_by("-datetime").reverse(), "ordered by 'datetime'"),
        (lambda rows: rows.order_by().reverse(), "ordered by 'datetime'"),
        (lambda rows: rows.extra(order_by=["verb"]), "ordered by 'verb'"),
        (lambda rows: rows[:5], "a slice has no pages"),
        (lambda rows: rows[2:], "a slice has no pages"),
        (lambda rows: rows.values(), r"values\(\) and distinct\(\) of fields"),
        (lambda rows: rows.values_list("verb", "pk"), r"values\(\) and distinct"),
        (lambda rows: rows.values("verb").annotate(n=Count("pk")), r"values\(\) and distinct"),
        (lambda rows: rows.datetimes("datetime", "day"), r"values\(\) and distinct"),
        (lambda rows: rows.distinct("verb"), r"distinct\(\) of fields"),
        (lambda rows: rows.union(rows), r"union\(\) has no pages"),
        (lambda rows: rows.intersection(rows), r"intersection\(\) has no pages"),
        (
            lambda rows: rows.annotate(n=Window(RowNumber(), "verb")).filter(n=1),
            "a window is filtered",
        ),
    ],
)
def test_what_is_not_in_the_order_of_pages_is_refused(seven, change, message):
    for rows in (Action.objects.all(), Action.objects.user_stream(seven[0].actor)):
        with pytest.raises(TypeError, match=message):
            change(rows).page(2)


def test_a_view_in_another_order_is_refused(seven, rf):
    class Oldest(PageMixin, ListView):
        model = Action
        ordering = ("datetime",)

    class Newest(Oldest):
        ordering = "-datetime"
        page_size = 3

    with pytest.raises(TypeError, match="ordered by 'datetime'"):
        Oldest.as_view()(rf.get("/"))
    page = Newest.as_view()(rf.get("/")).context_data["object_list"]
    assert list(page) == seven[:3]


READ = {
    "page": lambda rows: list(rows.page(3)),
    "a second page": lambda rows: list(rows.page(3, after=rows.page(3).next)),
    "the page before": lambda rows: list(
        rows.page(3, before=rows.page(9).next or rows.page(3).next)
    ),
    "groups": lambda rows: [str(each) for each in rows.grouped("verb").page(3)],
    "with_objects": lambda rows: list(rows.with_objects()),
    "visible_to": lambda rows: list(rows.visible_to(None)),
    "public": lambda rows: list(rows.public()),
    "iterator": lambda rows: list(rows.iterator()),
    "count": lambda rows: rows.count(),
    "first": lambda rows: rows.first(),
    "slice": lambda rows: list(rows[2:4]),
}


@pytest.mark.parametrize("read", READ)
@pytest.mark.parametrize("timeline", ["JoinTimeline", "TableTimeline"])
def test_a_stream_can_be_read_after_it_was_read(seven, hendrix, settings, timeline, read):
    settings.STREAM_TIMELINE = f"stream.timelines.{timeline}"
    follow(hendrix, seven[0].actor)
    Action.objects.user_stream(hendrix).page(3)  # a stored timeline is built when it is read
    for stream in (Action.objects.all(), Action.objects.user_stream(hendrix)):
        expected = READ[read](stream.all())
        assert bool(stream)
        assert READ[read](stream) == expected


def test_follows_can_be_read_after_they_were_read(lennon, hendrix):
    made = follow(lennon, hendrix)
    follows = lennon.following.all()
    assert follows
    assert list(follows.page(3)) == [made]


@pytest.mark.parametrize("value", [["2026-01-01T00:00:00+00:00", 5], 5, "é" * 999, [], None])
def test_what_is_sealed_is_read_with_the_key_alone(settings, value):
    sealed = seal(value, "x")
    assert sealed == seal(value, "x")  # so that feeds keep their ETag
    assert unseal(sealed, "x") == value
    raw = signing.b64_decode(sealed.encode())
    assert b"2026" not in raw
    changed = raw[:-1] + bytes([raw[-1] ^ 1])
    others = [signing.b64_encode(changed).decode(), "", f"+{sealed}", f"{sealed[:8]}/{sealed[8:]}"]
    for forged, salt in ((sealed, "y"), *((each, "x") for each in others)):
        with pytest.raises(signing.BadSignature):
            unseal(forged, salt)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"
    assert unseal(sealed, "x") == value
    assert seal(value, "x") != sealed


def test_a_cursor_tells_nothing_of_its_row(seven):
    cursor = Action.objects.page(2).next
    told = signing.b64_decode(cursor.encode())
    assert str(Action.objects.all()[1].datetime.year).encode() not in told
