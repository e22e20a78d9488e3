from django.apps import AppConfig
from django.core.checks import register
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "stream.notifications"
    label = "stream_notifications"
    verbose_name = _("Notifications")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from stream.notifications.grouping import check_group_by
        from stream.notifications.rules import check_rules

        register(check_group_by)
        register(check_rules)
