from django.apps import AppConfig
from django.core import checks


class OldNamesConfig(AppConfig):
    name = "stream.contrib.actstream"
    label = "stream_contrib_actstream"  # "actstream" is the package's
    verbose_name = "django-activity-stream (old names)"

    def ready(self) -> None:
        from stream.contrib.actstream.checks import check_manager

        checks.register(check_manager)
