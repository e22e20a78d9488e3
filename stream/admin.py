"""Actions in the admin: to look at, and to delete with the permission for it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import ForeignKey, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from stream.arc.admin import ArcAdmin, shown_name
from stream.arc.admin_filters import RecentValuesFilter, RoleFilter, TimeFilter
from stream.arc.admin_lists import PagedChangeList
from stream.conf import DEFAULT_VERBS, verb_words
from stream.managers import ActionManager
from stream.models import Action
from stream.text import verb_label


class VerbFilter(RecentValuesFilter):
    """The verbs of ``STREAM_VERBS`` and of the newest actions."""

    title = _("verb")
    parameter_name = "verb"

    def labels(self, model: Any) -> dict[str, Any]:
        words = verb_words()
        return {} if words == dict(DEFAULT_VERBS) else {verb: verb_label(verb) for verb in words}

    def label(self, value: Any) -> str:
        return verb_label(value)


class ActorFilter(RoleFilter):
    title = _("actor")
    parameter_name = "actor"


class ActionObjectFilter(RoleFilter):
    title = _("action object")
    parameter_name = "action_object"


class TargetFilter(RoleFilter):
    title = _("target")
    parameter_name = "target"


class ContextFilter(RoleFilter):
    title = _("context")
    parameter_name = "context"


class ActionChangeList(PagedChangeList):
    """Actions without what the list does not show; it is read for a page whose columns show it."""

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        return super().get_queryset(request, exclude_parameters).defer("data", "description")


@admin.register(Action)
class ActionAdmin(ArcAdmin):
    """Actions, newest first. Nobody adds or changes them here, unless a subclass says so."""

    change_list_template = "admin/stream/change_list.html"
    list_display = [
        "datetime",
        "actor",
        "shown_verb",
        "action_object",
        "target",
        "context",
        "public",
    ]
    list_filter = [
        TimeFilter,
        VerbFilter,
        ActorFilter,
        ActionObjectFilter,
        TargetFilter,
        ContextFilter,
        "public",
    ]
    search_help_text = _("Searches the actors.")

    # Deleting is left to Django's permissions: where nobody may delete actions, nobody could delete
    # their objects in the admin either.
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        manager = self.model._default_manager
        if isinstance(manager, ActionManager) and (every := manager.with_messages()) is not manager:
            rows, ordering = every.all().with_objects(), self.get_ordering(request)
            rows = rows.order_by(*ordering) if ordering else rows
        return rows

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ActionChangeList

    def get_searched_keys(self) -> Iterable[ForeignKey[Any, Any]]:
        return Action.actor.fields

    @admin.display(description=_("actor"))
    def actor(self, action: Action) -> Any:
        return shown_name(action.actor)

    @admin.display(description=_("verb"))
    def shown_verb(self, action: Action) -> str:
        return action.get_verb_display()

    @admin.display(description=_("target"))
    def target(self, action: Action) -> Any:
        return shown_name(action.target)

    @admin.display(description=_("action object"))
    def action_object(self, action: Action) -> Any:
        return shown_name(action.action_object)

    @admin.display(description=_("context"))
    def context(self, action: Action) -> Any:
        return shown_name(action.context)

    def get_list_display(self, request: HttpRequest) -> Any:
        """Return ``list_display``, without the context where no model is registered as one."""
        shown = super().get_list_display(request)
        return shown if Action.context.models else [each for each in shown if each != "context"]

    @admin.display(description=_("data"))
    def readable_data(self, action: Action) -> SafeString:
        """Show the data as indented JSON."""
        encoder = Action._meta.get_field("data").encoder
        text = json.dumps(action.data, indent=2, ensure_ascii=False, cls=encoder)
        return format_html("<pre>{}</pre>", text)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return ``fields``, or else those that are set, or that may be."""
        if self.fields:
            return self.fields
        if obj is None:
            columns = [name for arc in Action.arcs.values() for name in arc.columns]
            return ["datetime", *columns, "verb", "description", "data", "public"]
        if self.has_change_permission(request, obj):
            columns = self.filled_columns(obj)
            return ["datetime", *columns, "verb", "description", "data", "public"]
        shown = {
            role: self.object_field(request, role)
            for role in Action.arcs
            if getattr(obj, role) is not None
        }
        parts = [
            "datetime",
            shown.get("actor"),
            "shown_verb",
            shown.get("action_object"),
            shown.get("target"),
            shown.get("context"),
            "description" if obj.description else None,
            "readable_data" if obj.data else None,
            "public",
        ]
        return [part for part in parts if part]

    def view_on_site(self, action: Action) -> str | None:
        """Return the page of a public action, where ``stream.urls`` is included."""
        return (action.public and action.get_absolute_url()) or None
