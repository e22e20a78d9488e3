from django.apps import AppConfig
from django.contrib.auth import get_user_model
from django.core.checks import register

from stream.contrib.old_modules import old_names


class OldNotificationsConfig(AppConfig):
    name = "stream.contrib.notifications"
    label = "stream_contrib_notifications"
    verbose_name = "django-notifications-hq (moving)"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from stream.contrib.notifications.checks import check_addresses, check_keys, check_old_names
        from stream.contrib.notifications.handling import notify_handler
        from stream.contrib.notifications.rows import NAME, NotificationsOf
        from stream.contrib.notifications.signals import notify

        for check in (check_old_names, check_addresses, check_keys):
            register(check)
        notify.connect(notify_handler, dispatch_uid=self.name)
        if not hasattr(get_user_model(), NAME):  # the relation of the old package, or of the site
            setattr(get_user_model(), NAME, NotificationsOf())


__getattr__ = old_names(
    __name__, {"Config": "stream.contrib.notifications.apps.OldNotificationsConfig"}
)
