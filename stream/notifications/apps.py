from django.apps import AppConfig
from django.core.checks import register
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "stream.notifications"
    label = "stream_notifications"
    verbose_name = _("Notifications")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from stream.actions.finding import VISIBLE_BY
        from stream.notifications.channels.conf import check_channels
        from stream.notifications.grouping import check_group_by
        from stream.notifications.navigation import places
        from stream.notifications.rules import check_rules
        from stream.notifications.visibility import was_told
        from stream.web.navigation import PLACES

        register(check_group_by)
        register(check_channels)
        register(check_rules)
        if was_told not in VISIBLE_BY:
            VISIBLE_BY.append(was_told)
        if places not in PLACES:  # tests that change the installed apps set up anew
            PLACES.append(places)
