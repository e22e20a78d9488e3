from django.apps import AppConfig
from django.core.checks import register
from django.utils.translation import gettext_lazy as _


class SyndicationConfig(AppConfig):
    name = "stream.syndication"
    label = "stream_syndication"
    verbose_name = _("Feeds")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from stream.syndication.pages import StreamPageMixin
        from stream.syndication.vocabulary import check_types
        from stream.web.pages import PAGE_MIXINS

        register(check_types)
        if StreamPageMixin not in PAGE_MIXINS:  # tests that change the installed apps set up anew
            PAGE_MIXINS.append(StreamPageMixin)
