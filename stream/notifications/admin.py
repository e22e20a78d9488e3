"""Notifications in the admin: to look at, and to delete with the permission for it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from stream.arc.admin_lists import PagedByKeyChangeList
from stream.arc.admin_permissions import PermittedAdmin
from stream.arc.loading import load_objects
from stream.notifications.inbox import INBOX
from stream.notifications.models import Mute, Notification


class NotificationChangeList(PagedByKeyChangeList):
    """A page with its actions and their objects: one query for each model on it."""

    def get_page(self, size: int, after: str | None = None, before: str | None = None) -> Any:
        page = super().get_page(size, after, before)
        load_objects([row.action for row in page])
        return page


class ReadOnlyAdmin(PermittedAdmin):
    """Lists without a COUNT, newest first."""

    change_list_template = "admin/stream/change_list.html"
    show_full_result_count = False
    actions = None

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    list_display = ["datetime", "recipient", "action", "is_seen", "is_read"]
    list_select_related = [f"recipient__{INBOX}", "action"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return NotificationChangeList

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("action__data", "action__description")

    @admin.display(boolean=True, description=_("is seen"))
    def is_seen(self, notification: Notification) -> bool:
        return notification.is_seen

    @admin.display(boolean=True, description=_("is read"))
    def is_read(self, notification: Notification) -> bool:
        return notification.is_read


@admin.register(Mute)
class MuteAdmin(ReadOnlyAdmin):
    list_display = ["created", "user", "verb", "model", "object_id"]
    list_select_related = ["user"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return PagedByKeyChangeList
