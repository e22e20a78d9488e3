"""What ``notify.send`` does: it sends a message to its recipients alone."""

from __future__ import annotations

import json
from typing import Any

from django.contrib.auth import get_user_model
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model

from stream.arc.rules import concrete_model
from stream.contrib.deprecation import deprecated
from stream.contrib.notifications.lookups import ROLES, level_of
from stream.contrib.notifications.rows import Notification
from stream.models import Action
from stream.notifications.levels import Level
from stream.notifications.messages import SYSTEM, send_notification

# What the old package knew besides, and nothing needs here
PASSED_OVER = ("signal", "public", *(f"{role}_for_concrete_model" for role in ROLES))


def notify_handler(verb: Any, **options: Any) -> Any:
    """Send a message, an action for its recipients alone; return their notifications.

    They are a queryset, which is read when it is looked at. An object whose model is not registered
    for its role is named in ``data``, as ``import_notifications`` keeps it, and whoever acts then
    is the site. Further options become ``data``.
    """
    for name in PASSED_OVER:
        options.pop(name, None)
    recipient, level = options.pop("recipient"), options.pop("level", "info")
    objects = {"actor": options.pop("sender")}
    objects |= {role: options.pop(role, None) for role in ROLES[1:]}
    description, timestamp = options.pop("description", None), options.pop("timestamp", None)
    orphans = {role: obj for role, obj in objects.items() if is_orphan(role, obj)}
    told = {role: None if role in orphans else obj for role, obj in objects.items()}
    for role, obj in orphans.items():
        label = obj._meta.label
        deprecated(f"notify.send({role}=<{label}>)", f"register_{role}('{label}') in a models.py")
        options.setdefault("orphans", {})[role] = f"{obj._meta.label_lower}:{obj.pk}"
    number = level_of(level)
    written = {**told, "description": description, "datetime": timestamp}
    deprecated("notify.send(…)", instead(str(verb), written, number, options, objects["actor"]))
    action = send_notification(
        recipient,
        SYSTEM if "actor" in orphans else objects["actor"],
        str(verb),
        told["target"],
        told["action_object"],
        None if description is None else str(description),
        data=json.loads(json.dumps(options, cls=DjangoJSONEncoder)),
        datetime=timestamp,
        level=number,
        to_self=True,
    )
    if action is None:
        return Notification.objects.none()
    return Notification.objects.using(action._state.db).filter(action=action).order_by("pk")


def is_orphan(role: str, obj: Any) -> bool:
    """Tell whether an object has a model that is not registered for a role."""
    return isinstance(obj, Model) and Action.arcs[role].find_field(obj) is None


def instead(verb: str, written: dict[str, Any], level: int, data: Any, actor: Any) -> str:
    """Return the call to write instead, such as ``send_notification(recipients, actor, …)``."""
    first = "SYSTEM" if written.pop("actor") is None else "actor"
    parts = ["recipients", first, repr(verb)]
    parts += [f"{name}=…" for name, value in written.items() if value is not None]
    if level != Level.INFO:
        parts.append(f"level=Level.{Level(level).name}")
    if data:
        parts.append(f"data={{{', '.join(f'{name!r}: …' for name in data)}}}")
    if isinstance(actor, Model) and issubclass(
        concrete_model(actor), concrete_model(get_user_model())
    ):
        parts.append("to_self=True")
    return f"send_notification({', '.join(parts)}) of stream.notifications"
