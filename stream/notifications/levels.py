"""How much a notification matters, and why it came. Importable before apps are loaded."""

from typing import Any

from django.contrib.messages import constants
from django.db import models
from django.utils.translation import gettext_lazy as _

from stream.arc.values import is_storable

#: In the place of a kind: all kinds of which a user has not chosen.
ALL = "*"


class Level(models.IntegerChoices):
    """How much a notification matters, by the numbers of Django's messages."""

    INFO = constants.INFO, _("info")
    SUCCESS = constants.SUCCESS, _("success")
    WARNING = constants.WARNING, _("warning")
    ERROR = constants.ERROR, _("error")


def checked_way(call: str, kind: Any, level: Any) -> tuple[str, int]:
    """Return the kind and the level of a delivery. Raises ValueError."""
    if not isinstance(kind, str) or len(kind) > 100 or not is_storable(kind) or kind == ALL:
        raise ValueError(f"{call}(kind={kind!r:.80}): a kind is a text of up to 100 characters")
    if level not in Level.values:
        raise ValueError(
            f"{call}(level={level!r:.80}): write Level.INFO, SUCCESS, WARNING or ERROR of "
            f"stream.notifications"
        )
    return kind, int(level)
