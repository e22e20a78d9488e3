"""Writing an action from the arguments of the old signal."""

from __future__ import annotations

from typing import Any

from stream.contrib.actstream.telling import old
from stream.utils import action

NAMED = ("target", "action_object", "description")


@old("action_handler(verb, sender=…)", "stream.utils.action.send(actor, verb, …)")
def action_handler(verb: Any, **kwargs: Any) -> Any:
    """Write an action: what it has no field for stands in ``data``."""
    kwargs.pop("signal", None)
    actor = kwargs.pop("sender")
    public = bool(kwargs.pop("public", True))
    when = kwargs.pop("timestamp", None)
    fields = {name: kwargs.pop(name, None) for name in NAMED}
    return action.send(actor, verb, public=public, datetime=when, data=kwargs, **fields)
