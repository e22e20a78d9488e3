from collections.abc import Callable, Iterator
from typing import Any

from django.apps import AppConfig, apps
from django.contrib.auth import get_user_model
from django.contrib.auth.signals import user_logged_out
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.db.models.signals import post_delete, post_save
from django.dispatch import Signal


class LiveConfig(AppConfig):
    name = "stream.live"
    label = "stream_live"
    verbose_name = "Live updates"

    def ready(self) -> None:
        from stream.live import receivers
        from stream.live.checks import check_live, check_urls
        from stream.live.templatetags.stream_live import live
        from stream.web.frame import SCRIPTS

        checks.register(check_live)
        checks.register(check_urls, checks.Tags.urls)
        if live not in SCRIPTS:  # tests that change the installed apps set up anew
            SCRIPTS.append(live)
        self.add_sources()
        users = get_user_model()
        post_save.connect(receivers.user_saved, sender=users, dispatch_uid=self.name)
        post_delete.connect(receivers.user_deleted, sender=users, dispatch_uid=self.name)
        user_logged_out.connect(receivers.signed_out, sender=users, dispatch_uid=self.name)
        self.listen()
        setting_changed.connect(self.listen_anew, dispatch_uid=self.name)

    def add_sources(self) -> None:
        """Add the home feed and notifications, as far as their apps are installed."""
        from stream.live.sources import SOURCES, WAITERS, Waiters

        if apps.is_installed("follow"):
            from stream.live.home import HomeSource, waiting

            SOURCES["home"] = HomeSource()
            WAITERS["actions"] = Waiters("home", waiting)
        if apps.is_installed("stream.notifications"):
            from stream.live.brokers.polling import WATCHED
            from stream.live.inboxes import NotificationSource
            from stream.notifications.models import Notification

            SOURCES["notifications"] = NotificationSource()
            WATCHED["notified"] = (Notification, "recipient_id")

    def listen_anew(self, setting: str, **kwargs: Any) -> None:
        if setting in ("STREAM_LIVE", "STREAM_REDIS_URL"):
            self.listen()

    def listen(self) -> None:
        """Listen for what is written while, and only while, the broker is told of it."""
        from stream.live.brokers import get_broker

        try:
            is_told = get_broker().is_told
        except ImproperlyConfigured:
            is_told = False  # a system check says why
        for signal, receiver, sender in self._written():
            if is_told:
                signal.connect(receiver, sender=sender, dispatch_uid=self.name)
            else:
                signal.disconnect(sender=sender, dispatch_uid=self.name)

    @staticmethod
    def _written() -> Iterator[tuple[Signal, Callable[..., None], Any]]:
        from stream.live import receivers
        from stream.models import Action
        from stream.signals import actions, actions_changed

        yield actions, receivers.actions_sent, Action
        yield actions_changed, receivers.actions_changed, Action
        if apps.is_installed("stream.notifications"):
            from stream.notifications.models import Notification
            from stream.notifications.signals import delivered

            yield delivered, receivers.delivered, Notification
