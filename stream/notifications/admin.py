"""Notifications in the admin, where they can be read, and deleted by those who may."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _, ngettext

from stream.arc.admin_lists import PagedByKeyChangeList
from stream.arc.admin_permissions import PermittedAdmin, PermittedRawIdWidget, may_view
from stream.arc.loading import load_objects
from stream.notifications.inbox import INBOX
from stream.notifications.models import (
    Delivery,
    Mute,
    Notification,
    Preference,
    PushSubscription,
    Webhook,
)


class NotificationChangeList(PagedByKeyChangeList):
    """Loads the objects of the actions on a page: one query for each model."""

    def get_page(self, size: int, after: str | None = None, before: str | None = None) -> Any:
        page = super().get_page(size, after, before)
        load_objects([row.action for row in page])
        return page


class ReadOnlyAdmin(PermittedAdmin):
    """Lists newest first, without a COUNT."""

    change_list_template = "admin/stream/change_list.html"
    changelist: type[PagedByKeyChangeList] = PagedByKeyChangeList
    show_full_result_count = False
    actions: Any = None

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return self.changelist

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    list_display = ["datetime", "recipient", "action", "kind", "level", "is_seen", "is_read"]
    list_select_related = [f"recipient__{INBOX}", "action"]
    changelist = NotificationChangeList

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
    list_display = ["created", "user", "kind", "verb", "model", "object_id"]
    list_select_related = ["user"]


@admin.register(Preference)
class PreferenceAdmin(ReadOnlyAdmin):
    list_display = ["user", "kind", "channel", "frequency"]
    list_filter = ["frequency"]
    list_select_related = ["user"]


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """The outbox and log of channels. What has failed can be tried again."""

    list_display = [
        "created_at",
        "channel",
        "recipient",
        "frequency",
        "state",
        "attempts",
        "due_at",
        "ended_at",
        "error",
    ]
    list_filter = ["state", "frequency"]
    list_select_related = ["recipient"]
    actions = ["try_again"]

    def has_try_again_permission(self, request: HttpRequest) -> bool:
        """Tell whether the user may change deliveries, though the admin shows no form for it."""
        return request.user.has_perm("stream_notifications.change_delivery")

    @admin.action(description=_("Try the selected deliveries again"), permissions=["try_again"])
    def try_again(self, request: HttpRequest, deliveries: Any) -> None:
        failed = deliveries.filter(state=Delivery.State.FAILED)
        values = {"state": Delivery.State.WAITING, "attempts": 0, "ended_at": None}
        count = failed.update(due_at=timezone.now(), **values)
        self.message_user(
            request,
            ngettext(
                "%(count)d delivery will be tried again.",
                "%(count)d deliveries will be tried again.",
                count,
            )
            % {"count": count},
        )


@admin.register(PushSubscription)
class PushSubscriptionAdmin(ReadOnlyAdmin):
    """The devices of users, by the hosts of their push services: addresses and keys are secret."""

    list_display = ["created", "user", "service"]
    list_select_related = ["user"]
    fields = ["created", "user", "service"]

    @admin.display(description=_("push service"))
    def service(self, subscription: PushSubscription) -> str:
        return str(subscription)


@admin.register(Webhook)
class WebhookAdmin(PermittedAdmin):
    """Webhooks, which are made here. Secrets are shown to those who may change them."""

    change_list_template = "admin/stream/change_list.html"
    show_full_result_count = False
    list_display = ["created", "user", "url", "is_active"]
    list_filter = ["is_active"]
    list_select_related = ["user"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return PagedByKeyChangeList

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        may_read = self.has_change_permission(request, obj) if obj else True
        return ["user", "url", *(["secret"] if may_read else []), "is_active"]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        widget = PermittedRawIdWidget(
            db_field.remote_field, self.admin_site, using=kwargs.get("using")
        )
        widget.may_view = may_view(self.admin_site, request, db_field.related_model)
        return super().formfield_for_foreignkey(db_field, request, widget=widget, **kwargs)
