"""Follows in the admin: a long list without a COUNT, forms without a dropdown of all users."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import ForeignKey
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from follow.models import Follow
from stream.arc.admin import ArcAdmin, shown_name
from stream.arc.admin_filters import RecentValuesFilter, RoleFilter
from stream.arc.admin_lists import PagedByKeyChangeList


class FlagFilter(RecentValuesFilter):
    title = _("kind")
    parameter_name = "flag"


class TargetFilter(RoleFilter):
    title = _("target")
    parameter_name = "target"


@admin.register(Follow)
class FollowAdmin(ArcAdmin):
    """Follows; unlike actions they may be added and changed, with Django's permissions."""

    change_list_template = "admin/follow/change_list.html"
    list_display = ["datetime", "shown_user", "target", "flag", "actor_only"]
    list_filter = [FlagFilter, TargetFilter, "actor_only"]
    list_select_related = ["user"]
    search_help_text = _("Searches the users.")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return PagedByKeyChangeList

    def get_searched_keys(self) -> Iterable[ForeignKey[Any, Any]]:
        return [Follow._meta.get_field("user")]

    # Django would show the column by str(), and one user whose __str__ fails would take the list.
    @admin.display(description=_("user"))
    def shown_user(self, follow: Follow) -> Any:
        return shown_name(follow.user)

    @admin.display(description=_("target"))
    def target(self, follow: Follow) -> Any:
        return shown_name(follow.target)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Return ``fields``, or else those that are set, or that may be."""
        if self.fields:
            return self.fields
        columns: list[Any] = ["user", *Follow.target.columns]
        if obj and self.has_change_permission(request, obj):
            columns = ["user", *self.filled_columns(obj)]
        elif obj:
            columns = [self.object_field(request, role) for role in ("user", "target")]
        return [*columns, "flag", "actor_only", "datetime"]
