"""Keyset pages."""

import datetime as dt

import pytest
from django.core.exceptions import BadRequest
from django.utils import timezone
from django.views.generic import ListView

from stream.models import Action
from stream.paging import InvalidCursor, PageMixin
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
