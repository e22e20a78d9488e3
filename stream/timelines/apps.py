from typing import Any

from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.utils.translation import gettext_lazy as _


class TimelinesConfig(AppConfig):
    name = "stream.timelines"
    label = "stream_timelines"
    verbose_name = _("Timelines")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        self.listen()
        setting_changed.connect(self.listen_anew, dispatch_uid="stream.timelines")

    def listen_anew(self, setting: str, **kwargs: Any) -> None:
        if setting == "STREAM_TIMELINE":
            self.listen()

    def listen(self) -> None:
        """Listen for new actions and follows while, and only while, timelines are stored."""
        from stream.plan.timeline import get_timeline
        from stream.timelines.receivers import connect, disconnect

        try:
            is_stored = get_timeline().is_stored
        except ImproperlyConfigured:
            is_stored = False  # a system check says why
        (connect if is_stored else disconnect)()
