"""The lists of models with arcs in the admin: one order, pages by cursors, no COUNT."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import NotRelationField, get_fields_from_path
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import FieldDoesNotExist
from django.db.models import QuerySet
from django.http import HttpRequest

from stream.arc.admin_permissions import hide_objects
from stream.arc.requests import clean_value
from stream.arc.values import is_storable
from stream.paging.keyed import KeyedPage
from stream.paging.pages import InvalidCursor, Page
from stream.paging.views import CURSORS, asked_cursor

# The lookups by which an address may compare a column, besides the filters. Others, such as regex
# and contains, read the whole table or fail in some databases.
COMPARISONS = {"exact", "in", "isnull", "gt", "gte", "lt", "lte"}


class PagedChangeList(ChangeList):
    """A list in one order, newest first, paged by cursors: no COUNT and no OFFSET."""

    newest_first = ["-datetime", "-id"]

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        for name, texts in request.GET.lists():
            if not all(map(is_storable, [name, *texts])):
                raise IncorrectLookupParameters(f"no database holds {name!a}={texts!a}")
        super().__init__(request, *args, **kwargs)

    def get_page(self, size: int, after: str | None = None, before: str | None = None) -> Page[Any]:
        """Return the page after or before a cursor. Raises InvalidCursor."""
        page: Page[Any] = self.queryset.page(size, after=after, before=before)
        return page

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        for name in CURSORS:  # filters link to a first page
            self.params.pop(name, None)
            self.filter_params.pop(name, None)
        return super().get_queryset(request, exclude_parameters)

    def get_filters(self, request: HttpRequest) -> Any:
        filters = super().get_filters(request)
        remaining: dict[str, Any] = filters[2]  # what no filter has taken
        for key, values in remaining.items():
            path, _, last = key.rpartition("__")
            try:
                fields = get_fields_from_path(self.model, path if last in COMPARISONS else key)
            except (FieldDoesNotExist, NotRelationField) as error:
                raise IncorrectLookupParameters(f"{key} is no comparison of a column") from error
            if last != "isnull":
                remaining[key] = [_cleaned(fields[-1], value) for value in values]
        return filters

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        return self.newest_first

    def get_results(self, request: HttpRequest) -> None:
        try:
            page = self.get_page(self.list_per_page, **asked_cursor(request))
        except InvalidCursor as error:
            raise IncorrectLookupParameters(error) from error
        self.result_list: Any = page
        if self.list_editable:  # the formset wants a queryset
            keys = [row.pk for row in page]
            self.result_list = self.queryset.filter(pk__in=keys)
        hide_objects(self.model_admin.admin_site, request, self.result_list)
        self.older_url = page.next and self.get_query_string({"after": page.next})
        self.newer_url = page.previous and self.get_query_string({"before": page.previous})
        # Other pages are not counted, so there is no "1 of 1000" and no "select all 1000".
        self.result_count = self.full_result_count = len(page)
        self.show_full_result_count = self.can_show_all = self.multi_page = False
        self.show_admin_actions = bool(page)
        self.paginator = self.model_admin.get_paginator(request, self.queryset, self.list_per_page)


def _cleaned(field: Any, value: Any) -> Any:
    """Return a value to compare a column with, or a list of them for ``in``."""
    if isinstance(value, list):
        return [_cleaned(field, each) for each in value]
    found = clean_value(field, value)
    if found is None:
        raise IncorrectLookupParameters(f"{field.name}: {value!a:.80} is no value of the column")
    return found


class PagedByKeyChangeList(PagedChangeList):
    """A list in the order of keys, newest first, for models without an index by time."""

    newest_first = ["-id"]

    def get_page(self, size: int, after: str | None = None, before: str | None = None) -> Page[Any]:
        return KeyedPage.of(self.queryset, size, after, before)
