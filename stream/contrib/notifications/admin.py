"""The admin by its old names: that of ``stream.notifications`` registers itself."""

from stream.contrib.old_modules import old_names

__getattr__ = old_names(
    __name__,
    {
        "Notification": "stream.contrib.notifications.rows.Notification",
        "NotificationAdmin": "stream.notifications.admin.NotificationAdmin",
    },
    {
        "AbstractNotificationAdmin": "write NotificationAdmin of stream.notifications.admin",
        "load_model": "write django.apps.apps.get_model(…)",
        "mark_unread": "write notifications.mark_unread() in an action of yours",
    },
)
