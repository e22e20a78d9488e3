from django.conf import settings

from stream.contrib.moving.stand_ins import StandIn

MODEL = "NOTIFICATIONS_NOTIFICATION_MODEL"


class OldNotificationsConfig(StandIn):
    name = "stream.contrib.moving.old_notifications"
    label = "notifications"
    default = True
    verbose_name = "django-notifications-hq (moved)"

    def ready(self) -> None:
        super().ready()
        # The old package sets it, and the migrations of sites ask for it.
        if not hasattr(settings, MODEL):
            setattr(settings, MODEL, "notifications.Notification")
