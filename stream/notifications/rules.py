"""Rules: who is notified of new actions. Nothing listens to actions before the first rule."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from django.apps import apps
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model

from stream import signals
from stream.notifications.kinds import of_rules
from stream.notifications.levels import Level, checked_way

if TYPE_CHECKING:
    from stream.models import Action

Recipients = Callable[["Action"], Any]
_Rule = TypeVar("_Rule", bound=Recipients)


@dataclass(frozen=True)
class Rule:
    """Delivers actions of some verbs, on or in some models, to whom a function names."""

    recipients: Recipients
    verbs: frozenset[str]
    models: dict[str, tuple[type[Model] | str, ...]]  # by role; of a role without, any
    to_self: bool
    way: tuple[str, int]  # kind and level

    def holds(self, action: Action) -> bool:
        """Tell whether the rule is about an action. No query."""
        if self.verbs and action.verb not in self.verbs:
            return False
        return all(
            any(self._is_in_role(action, role, each) for each in models)
            for role, models in self.models.items()
            if models
        )

    def _is_in_role(self, action: Action, role: str, model: type[Model] | str) -> bool:
        field = action.arcs[role].filled_field(action)
        wanted = apps.get_model(model) if isinstance(model, str) else model
        # The target is loaded only if its model fits.
        may_be = bool(field and issubclass(wanted, field.related_model))
        return may_be and isinstance(getattr(action, role), wanted)


rules: list[Rule] = []


def notify_on(
    *verbs: str,
    target: Any = (),
    context: Any = (),
    to_self: bool = False,
    kind: str | None = None,
    level: int = Level.INFO,
) -> Callable[[_Rule], _Rule]:
    """Decorate a function that takes a new action and returns its recipients, as for ``notify``.

    All verbs are meant if none is given; ``target`` and ``context`` are a model, its name or a list
    of them, and an action has one of each that is given. ``kind`` names the reason, by default as
    the function is named. No rule is about what ``send_notification`` sends. Write it in a module
    that ``AppConfig.ready()`` imports. The function runs in the transaction that writes the action:
    if it raises, nothing is written.
    """
    if any(not isinstance(verb, str) for verb in verbs):
        raise ImproperlyConfigured(
            "notify_on(): give verbs, and call it to decorate: @notify_on() or "
            "@notify_on('liked', 'commented')."
        )
    models = {"target": _models("target", target), "context": _models("context", context)}

    def add(function: _Rule) -> _Rule:
        if not callable(function):
            raise ImproperlyConfigured(
                f"@notify_on(): {function!r:.80} is no function; decorate one that takes an action "
                f"and returns its recipients."
            )
        name = getattr(function, "__name__", "") if kind is None else kind
        way = checked_way("notify_on", name, level)
        rules.append(Rule(function, frozenset(verbs), models, to_self, way))
        of_rules.append(way[0])
        signals.actions.connect(apply_rules, dispatch_uid="stream.notifications.rules")
        return function

    return add


def _models(role: str, given: Any) -> tuple[type[Model] | str, ...]:
    is_list = isinstance(given, list | tuple | set | frozenset)
    models = tuple(given) if is_list else (given,)
    for each in models:
        is_name = isinstance(each, str) and each.count(".") == 1
        if not is_name and not (isinstance(each, type) and issubclass(each, Model)):
            raise ImproperlyConfigured(
                f"notify_on({role}={each!r:.80}): this is no model; pass a model, its name such as "
                f"'blog.Post', or a list of them."
            )
    return models


def check_rules(**kwargs: Any) -> list[CheckMessage]:
    """Check that the models which rules name exist: E002."""
    return [
        error
        for rule in rules
        for role, models in rule.models.items()
        for model in models
        for error in _unknown(rule, role, model)
    ]


def _unknown(rule: Rule, role: str, model: type[Model] | str) -> list[CheckMessage]:
    try:
        if isinstance(model, str):
            apps.get_model(model)
    except LookupError as error:
        return [
            Error(
                f"notify_on({role}={model!r}) of {_name(rule)}: {error}",
                hint="Write the name of a model of an installed app, such as 'blog.Post'.",
                id="stream_notifications.E002",
            )
        ]
    return []


def remove_rule(function: Recipients) -> None:
    """Remove a rule; after the last one nothing listens any more."""
    rules[:] = [rule for rule in rules if rule.recipients is not function]
    of_rules[:] = [rule.way[0] for rule in rules]
    if not rules:
        signals.actions.disconnect(dispatch_uid="stream.notifications.rules")


def apply_rules(instances: Sequence[Action], **kwargs: Any) -> None:
    """Deliver new actions by the rules, each at most once to the same recipient."""
    from stream.notifications.batches import deliver_all

    for to_self in {rule.to_self for rule in rules}:
        deliveries = (
            (
                f"the rule {_name(rule)}: notify",
                rule.recipients(action),
                action,
                rule.way,
            )
            for action in instances
            for rule in rules
            if rule.to_self is to_self and rule.holds(action)
        )
        deliver_all(deliveries, to_self=to_self)


def _name(rule: Rule) -> str:
    return getattr(rule.recipients, "__qualname__", repr(rule.recipients))
