from django.apps import AppConfig
from django.core import checks
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class StreamConfig(AppConfig):
    name = "stream"
    verbose_name = _("Activity streams")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from stream.actions.checks import check_transaction_mode
        from stream.activity import Activity
        from stream.arc.checks import check_user_names
        from stream.arc.options import MODULE, check_options
        from stream.arc.requests import check_redirect_hosts
        from stream.feeds.checks import check
        from stream.jobs.backlog import check_backlog
        from stream.jobs.conf import check_jobs
        from stream.publishing.registration import register_activities
        from stream.text import check_verbs
        from stream.timelines.checks import check_timelines
        from stream.web.frame_checks import check_frame, check_has_frame
        from stream.web.looks import check_looks

        register_activities(Activity)
        autodiscover_modules(MODULE)
        checks.register(check_options)
        checks.register(check_user_names)
        checks.register(check)
        checks.register(check_redirect_hosts)
        checks.register(check_verbs, checks.Tags.translation)
        checks.register(check_looks)
        checks.register(check_frame, checks.Tags.urls)
        checks.register(check_has_frame, checks.Tags.urls, deploy=True)
        checks.register(check_timelines)
        checks.register(check_jobs)
        checks.register(check_backlog)
        checks.register(check_transaction_mode, deploy=True)
