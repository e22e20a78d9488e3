from django.apps import AppConfig
from django.conf import settings
from django.db.models import Index, options


class BenchConfig(AppConfig):
    name = "benchmarks.app"
    label = "bench"
    default = True

    def ready(self) -> None:
        if settings.PEER:
            from actstream import registry

            from benchmarks.app import models

            registry.register(*models.PEER_MODELS.values())


if settings.HQ:
    from notifications.apps import Config

    class HqConfig(Config):  # type: ignore[misc]
        """django-notifications-hq 1.8.3 in today's Django, which it was not released for."""

        name = "notifications"
        default = False
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
