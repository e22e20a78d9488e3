"""Models with arcs in the admin: long lists without a COUNT, forms without long dropdowns."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import ShowFacets
from django.contrib.admin.utils import label_for_field, quote
from django.contrib.admin.views.main import ChangeList
from django.db.models import ForeignKey, Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from stream.arc.admin_lists import PagedChangeList
from stream.arc.admin_permissions import PermittedAdmin, PermittedRawIdWidget, may_view
from stream.arc.names import name_for_staff

OBJECTS_OF_A_SEARCH = 100  # that it takes from each model


def shown_name(obj: Model | None) -> str | None:
    """Return the name of an object as a list shows it to staff; None without an object."""
    return None if obj is None else name_for_staff(obj)


class ArcAdmin(PermittedAdmin):
    """An admin whose lists load objects by one query for each model, and are newest first."""

    show_full_result_count = False
    show_facets = ShowFacets.NEVER  # a facet is a COUNT
    sortable_by = ()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        queryset: Any = super().get_queryset(request)
        return queryset.with_objects()  # type: ignore[no-any-return]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return PagedChangeList

    # Searching

    def get_searched_keys(self) -> Iterable[ForeignKey[Any, Any]]:
        """Return the foreign keys whose objects the search looks for."""
        return []

    def _searched(self, request: HttpRequest) -> list[tuple[str, admin.ModelAdmin[Any]]]:
        """Return the names of the keys whose objects this user may search, with their admin."""
        site: Any = self.admin_site
        keys = [key for key in self.get_searched_keys() if site.is_registered(key.related_model)]
        admins = [(key.name, site.get_model_admin(key.related_model)) for key in keys]
        return [
            (name, each)
            for name, each in admins
            if each.get_search_fields(request) and each.has_view_or_change_permission(request)
        ]

    def get_search_fields(self, request: HttpRequest) -> Any:
        """Return ``search_fields``, or else the keys whose objects their admin can search."""
        own = super().get_search_fields(request)
        return own or [name for name, _ in self._searched(request)]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find the rows of the objects that their own admin finds.

        One query for each searched model, for its first hundred matches, so that no search reads
        all rows.
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
            keys = list(
                objects.order_by("pk").values_list("pk", flat=True)[: OBJECTS_OF_A_SEARCH + 1]
            )
            if len(keys) > OBJECTS_OF_A_SEARCH:
                text = _(
                    "More than %(count)d %(objects)s match; only the first %(count)d are taken."
                )
                names = {"count": OBJECTS_OF_A_SEARCH, "objects": each.opts.verbose_name_plural}
                self.message_user(request, text % names, messages.WARNING)
            if keys:
                found |= Q((f"{name}__in", keys[:OBJECTS_OF_A_SEARCH]))
        return queryset.filter(found), False

    # One row

    def filled_columns(self, row: Any) -> list[str]:
        """Return the names of the columns that are set: one at most for each role."""
        filled = (arc.filled_field(row) for arc in row.arcs.values())
        return [field.name for field in filled if field]

    def object_field(self, request: HttpRequest, role: str) -> Callable[[Any], SafeString | str]:
        """Return a read-only field that shows the object in a role, with links.

        It is made for one request, since the links depend on the user.
        """

        def show(row: Any) -> SafeString | str:
            return self.show_object(request, role, getattr(row, role))

        show.__name__ = role
        labelled: Any = show
        labelled.short_description = self.role_label(role)
        return labelled  # type: ignore[no-any-return]

    def role_label(self, role: str) -> str:
        """Return the name of a role as people see it."""
        return str(label_for_field(role, self.model, self))

    def show_object(self, request: HttpRequest, role: str, obj: Model) -> SafeString:
        """Show an object, as a link to its page in this admin site if the user may see it."""
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
            widget = PermittedRawIdWidget(
                db_field.remote_field, self.admin_site, using=kwargs.get("using")
            )
            widget.may_view = may_view(self.admin_site, request, db_field.related_model)
            kwargs.setdefault("widget", widget)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)
