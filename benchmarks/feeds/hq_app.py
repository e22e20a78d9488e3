"""django-notifications-hq 1.8.3 as an app of today's Django, which it was not released for."""

from django.db.models import Index, options
from notifications.apps import Config


class HqConfig(Config):  # type: ignore[misc]
    name = "notifications"
    default_auto_field = "django.db.models.BigAutoField"

    def import_models(self) -> None:
        """Load the models; what they say by ``index_together`` becomes an index.

        Django 5.1 dropped the option, and raises TypeError for it.
        """
        names = options.DEFAULT_NAMES
        options.DEFAULT_NAMES = (*names, "index_together")
        try:
            super().import_models()
        finally:
            options.DEFAULT_NAMES = names
        meta = self.models["notification"]._meta
        meta.indexes.append(Index(fields=meta.index_together, name="hq_recipient_unread_idx"))
