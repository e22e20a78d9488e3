from django.apps import AppConfig
from django.core import checks

from stream.contrib.old_modules import old_names


class OldNamesConfig(AppConfig):
    name = "stream.contrib.actstream"
    label = "stream_contrib_actstream"  # "actstream" is the package's
    verbose_name = "django-activity-stream (old names)"

    def ready(self) -> None:
        from stream.contrib.actstream.checks import (
            check_addresses,
            check_keys,
            check_manager,
        )

        for check in (check_manager, check_addresses, check_keys):
            checks.register(check)


__getattr__ = old_names(
    __name__,
    {
        "ActstreamConfig": "stream.contrib.actstream.apps.OldNamesConfig",
        "action": "stream.contrib.actstream.signals.action",
        "actstream_settings": "stream.contrib.actstream.settings",
    },
)
