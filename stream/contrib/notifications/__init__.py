"""The names of django-notifications-hq on top of ``stream.notifications``, while a site moves.

``stream.contrib.notifications`` in INSTALLED_APPS and in imports; each name says by a
``DeprecationWarning`` what to write instead.
"""

from typing import Any

from stream.contrib.notifications import signals


def __getattr__(name: str) -> Any:
    if name == "notify":
        return signals.notify
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
