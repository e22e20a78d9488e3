"""What each channel is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage
from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import Promise

from stream.notifications.kinds import Frequency

if TYPE_CHECKING:
    from stream.notifications.deliveries import Delivery
    from stream.notifications.models import Notification


class Channel:
    """Tells people of notifications elsewhere. Subclass it and name it in ``STREAM_CHANNELS``.

    An instance is made each time the setting is read, so it holds no connections.
    """

    #: What people read on the page of preferences.
    label: str | Promise = ""
    #: What they can choose there.
    frequencies: Sequence[Frequency] = (Frequency.NOW, Frequency.NEVER)
    #: What holds where neither they nor the site have chosen.
    frequency: Frequency = Frequency.NOW
    #: The lookup from a user to several addresses in a table of the channel's, if it has one. Each
    #: gets deliveries of its own, so what fails for one is not sent again to the others.
    addresses: str = ""
    #: Which of these addresses count, as lookups of that table.
    address_lookups: Mapping[str, Any] = {}
    #: A template that the page of preferences includes, such as a button to add an address.
    template: str = ""

    def __init__(self, name: str, frequency: str | None = None, **options: Any) -> None:
        self.name = name
        if frequency is not None:
            if frequency not in self.frequencies:
                known = ", ".join(self.frequencies)
                raise ImproperlyConfigured(
                    f"STREAM_CHANNELS[{name!r}]['FREQUENCY'] = {frequency!r:.80}: choose one of "
                    f"{known}."
                )
            self.frequency = Frequency(frequency)
        for option, value in options.items():
            default = getattr(type(self), option, self)
            if option.startswith("_") or default is self or isinstance(default, property):
                raise ImproperlyConfigured(
                    f"STREAM_CHANNELS[{name!r}]['OPTIONS'][{option!r}]: "
                    f"{type(self).__name__} has no such option."
                )
            setattr(self, option, value)

    @property
    def digests(self) -> list[Frequency]:
        """The frequencies of its digests."""
        return [each for each in (Frequency.DAILY, Frequency.WEEKLY) if each in self.frequencies]

    def reach(self, notifications: Any) -> Any:
        """Return those of these notifications whose recipients the channel can reach.

        ``notifications`` is a queryset. By default those of active users who have an address.
        """
        if any(field.name == "is_active" for field in get_user_model()._meta.fields):
            notifications = notifications.filter(recipient__is_active=True)
        if self.addresses:
            lookups = {"isnull": False, **self.address_lookups}
            notifications = notifications.filter(
                **{f"recipient__{self.addresses}__{name}": value for name, value in lookups.items()}
            )
        return notifications

    def is_offered_to(self, user: Any) -> bool:
        """Tell whether a user can choose about the channel on the page of preferences."""
        return True

    def send(self, delivery: Delivery, notification: Notification) -> None:
        """Tell of a notification at once. What is raised is noted, and it is tried again later.

        The notification is loaded with its action and objects. There is no transaction. Raise
        ``stream.jobs.models.GiveUpError`` where another attempt would be in vain.
        """
        raise NotImplementedError(f"{type(self).__name__}.send(): tell of the notification")

    def send_digest(
        self, delivery: Delivery, notifications: Sequence[Notification], count: int
    ) -> None:
        """Tell of the newest of ``count`` notifications together."""
        raise NotImplementedError(f"{type(self).__name__}.send_digest(): tell of the notifications")

    def check(self) -> Iterator[CheckMessage]:
        """Yield what is wrong with the site's settings for the channel."""
        yield from ()
