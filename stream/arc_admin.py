"""Models with arcs in the admin: long lists without a COUNT, forms without long dropdowns."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters, ShowFacets
from django.contrib.admin.utils import (
    NotRelationField,
    get_fields_from_path,
    label_for_field,
    quote,
)
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import ForeignKeyRawIdWidget
from django.core.exceptions import FieldDoesNotExist
from django.db.models import ForeignKey, Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from stream.arc_names import name_for_staff
from stream.paging import CURSORS, InvalidCursor, Page, asked_cursor

# What an address may ask of a column besides the filters. Others, such as regex and contains, read
# the whole table or fail in some databases.
COMPARISONS = {"exact", "in", "isnull", "gt", "gte", "lt", "lte"}

# How many objects a search takes from each model.
FOUND_AT_MOST = 100


class PagedChangeList(ChangeList):
    """A list in one order, newest first, paged by cursors: no COUNT and no OFFSET."""

    newest_first = ["-datetime", "-id"]

    def get_page(self, size: int, after: str | None = None, before: str | None = None) -> Page[Any]:
        """Return the page after or before a cursor. Raises InvalidCursor."""
        page: Page[Any] = self.queryset.page(size, after=after, before=before)
        return page

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        for name in CURSORS:  # links to filters lead to a first page
            self.params.pop(name, None)
            self.filter_params.pop(name, None)
        return super().get_queryset(request, exclude_parameters)

    def get_filters(self, request: HttpRequest) -> Any:
        if any("\x00" in text for pair in self.params.items() for text in pair):
            raise IncorrectLookupParameters("a text has no null characters")
        filters = super().get_filters(request)
        for key in filters[2]:  # what no filter has taken
            path, _, last = key.rpartition("__")
            try:
                get_fields_from_path(self.model, path if last in COMPARISONS else key)
            except (FieldDoesNotExist, NotRelationField) as error:
                raise IncorrectLookupParameters(f"{key} is no comparison of a column") from error
        return filters

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        return self.newest_first

    def get_results(self, request: HttpRequest) -> None:
        try:
            page = self.get_page(self.list_per_page, **asked_cursor(request))
        except (InvalidCursor, OverflowError) as error:  # SQLite has no number above 2**63
            raise IncorrectLookupParameters(error) from error
        self.result_list: Any = page
        if self.list_editable:  # the formset wants a queryset
            keys = [row.pk for row in page]
            self.result_list = self.queryset.filter(pk__in=keys)
        self.older_url = page.next and self.get_query_string({"after": page.next})
        self.newer_url = page.previous and self.get_query_string({"before": page.previous})
        # Nothing is known of other pages: no "1 of 1000" and no "select all 1000".
        self.result_count = self.full_result_count = len(page)
        self.show_full_result_count = self.can_show_all = self.multi_page = False
        self.show_admin_actions = bool(page)
        self.paginator = self.model_admin.get_paginator(request, self.queryset, self.list_per_page)


class PagedByKeyChangeList(PagedChangeList):
    """For models without an index by time of all rows: newest first by their key."""

    newest_first = ["-id"]

    def get_page(self, size: int, after: str | None = None, before: str | None = None) -> Page[Any]:
        rows: Any = self.queryset
        try:
            if before:
                rows = rows.filter(pk__gt=before).order_by("pk")
            elif after:
                rows = rows.filter(pk__lt=after)
        except ValueError as error:
            raise InvalidCursor(f"{before or after!r:.80} is no key") from error
        found = list(rows[: size + 1])
        has_more, found = len(found) > size, found[:size]
        if before and not found:  # nothing is newer: the first page
            return self.get_page(size)
        found = found[::-1] if before else found
        has_older, has_newer = (True, has_more) if before else (has_more, bool(after and found))
        return Page(
            found,
            str(found[-1].pk) if has_older else None,
            str(found[0].pk) if has_newer else None,
        )


def shown_name(obj: Model | None) -> str | None:
    """Return what staff see of an object in a list; None for none."""
    return None if obj is None else name_for_staff(obj)


class ArcAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows with their objects, loaded by one query for each model on the page.

    The list is always newest first.
    """

    show_full_result_count = False
    show_facets = ShowFacets.NEVER  # a facet is a COUNT
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: Any = super().get_queryset(request)
        with_objects: QuerySet[Any] = rows.with_objects()
        return with_objects

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return PagedChangeList

    # Searching

    def get_searched_keys(self) -> Iterable[ForeignKey[Any, Any]]:
        """Return the foreign keys whose objects the search looks for."""
        return []

    def _searched(self, request: HttpRequest) -> list[tuple[str, admin.ModelAdmin[Any]]]:
        """Return the keys to objects that this user may search on this site, with their admin."""
        site: Any = self.admin_site
        keys = [key for key in self.get_searched_keys() if site.is_registered(key.related_model)]
        admins = [(key.name, site.get_model_admin(key.related_model)) for key in keys]
        return [
            (name, each)
            for name, each in admins
            if each.get_search_fields(request) and each.has_view_or_change_permission(request)
        ]

    def get_search_fields(self, request: HttpRequest) -> Any:
        """Return ``search_fields``, or else the keys to objects that their own admin can search."""
        own = super().get_search_fields(request)
        return own or [name for name, _ in self._searched(request)]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find the rows of the objects that their own admin finds.

        One query for each searched model, of which the first hundred objects are taken, so that no
        search reads all rows.
        """
        if super().get_search_fields(request):
            return super().get_search_results(request, queryset, search_term)
        searched = self._searched(request) if search_term.strip() else []
        if not searched:
            return queryset, False
        found = Q(pk__in=[])
        for name, each in searched:
            objects, may_repeat = each.get_search_results(
                request, each.get_queryset(request), search_term
            )
            objects = objects.distinct() if may_repeat else objects
            keys = list(objects.order_by("pk").values_list("pk", flat=True)[: FOUND_AT_MOST + 1])
            if len(keys) > FOUND_AT_MOST:
                text = _(
                    "More than %(count)d %(objects)s match; only the first %(count)d are taken."
                )
                names = {"count": FOUND_AT_MOST, "objects": each.opts.verbose_name_plural}
                self.message_user(request, text % names, messages.WARNING)
            if keys:
                found |= Q((f"{name}__in", keys[:FOUND_AT_MOST]))
        return queryset.filter(found), False

    # One row

    def filled_columns(self, row: Any) -> list[str]:
        """Return the names of the columns that are set: one at most for each role."""
        filled = (arc.filled_field(row) for arc in row.arcs.values())
        return [field.name for field in filled if field]

    def object_field(self, request: HttpRequest, role: str) -> Callable[[Any], SafeString | str]:
        """Return a read-only field that shows the object in a role, with links to where one may go.

        It is made for one request, since what one may see depends on the user.
        """

        def show(row: Any) -> SafeString | str:
            obj = getattr(row, role)
            return self.show_object(request, role, obj)

        show.__name__ = role
        labelled: Any = show
        labelled.short_description = self.role_label(role)
        return labelled  # type: ignore[no-any-return]

    def role_label(self, role: str) -> str:
        """Return the name of a role as people see it."""
        return str(label_for_field(role, self.model, self))

    def show_object(self, request: HttpRequest, role: str, obj: Model) -> SafeString:
        """Show an object, linked to its page in this admin site where the user may see it."""
        opts = obj._meta
        same = {role: f"{opts.label_lower}:{obj.pk}"}
        if role not in self.model.arcs:
            same = {f"{role}__exact": str(obj.pk)}
        more = reverse(
            f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist",
            current_app=self.admin_site.name,
        )
        shown: Any = name_for_staff(obj)
        site: Any = self.admin_site
        if site.is_registered(type(obj)) and site.get_model_admin(
            type(obj)
        ).has_view_or_change_permission(request, obj):
            url = reverse(
                f"admin:{opts.app_label}_{opts.model_name}_change",
                args=[quote(obj.pk)],
                current_app=self.admin_site.name,
            )
            shown = format_html('<a href="{}">{}</a>', url, shown)
        return format_html(
            '{} ({}), <a href="{}?{}">{}</a>',
            shown,
            opts.verbose_name,
            more,
            urlencode(same),
            _("all with this %(role)s") % {"role": self.role_label(role)},
        )

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        for role, arc in self.model.arcs.items():
            if db_field.name in arc.columns:
                label = f"{self.role_label(role)} ({db_field.related_model._meta.verbose_name})"
                kwargs.setdefault("label", capfirst(label))
        chosen = {*self.get_autocomplete_fields(request), *self.radio_fields}
        if db_field.name not in chosen:  # a dropdown would hold the whole table
            widget = ForeignKeyRawIdWidget(
                db_field.remote_field, self.admin_site, using=kwargs.get("using")
            )
            kwargs.setdefault("widget", widget)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
