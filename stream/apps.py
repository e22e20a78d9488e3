from django.apps import AppConfig
from django.core import checks
from django.utils.translation import gettext_lazy as _


class StreamConfig(AppConfig):
    name = "stream"
    verbose_name = _("Activity streams")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from stream.actions.checks import check_transaction_mode
        from stream.activity import Activity
        from stream.arc.checks import check_user_names
        from stream.arc.requests import check_redirect_hosts
        from stream.feeds.checks import check
        from stream.publishing.registration import register_activities
        from stream.text import check_verbs
        from stream.timelines.checks import check_timelines
        from stream.web.frame_checks import check_frame, check_has_frame

        register_activities(Activity)
        checks.register(check_user_names)
        checks.register(check)
        checks.register(check_redirect_hosts)
        checks.register(check_verbs, checks.Tags.translation)
        checks.register(check_frame, checks.Tags.urls)
        checks.register(check_has_frame, checks.Tags.urls, deploy=True)
        checks.register(check_timelines)
        checks.register(check_transaction_mode, deploy=True)
