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

if TYPE_CHECKING:
    from stream.models import Action

Recipients = Callable[["Action"], Any]
_Rule = TypeVar("_Rule", bound=Recipients)


@dataclass(frozen=True)
class Rule:
    """Whom ``recipients(action)`` names gets the actions of some verbs, on some models."""

    recipients: Recipients
    verbs: frozenset[str]
    models: tuple[type[Model] | str, ...]
    to_self: bool

    def holds(self, action: Action) -> bool:
        """Tell whether the rule is about an action. No query."""
        if self.verbs and action.verb not in self.verbs:
            return False
        return not self.models or any(self._is_target(action, each) for each in self.models)

    def _is_target(self, action: Action, model: type[Model] | str) -> bool:
        field = action.arcs["target"].filled_field(action)
        wanted = apps.get_model(model) if isinstance(model, str) else model
        # Most actions are of other models, whose objects need not be loaded.
        may_be = bool(field and issubclass(wanted, field.related_model))
        return may_be and isinstance(action.target, wanted)


rules: list[Rule] = []


def notify_on(*verbs: str, target: Any = (), to_self: bool = False) -> Callable[[_Rule], _Rule]:
    """Notify of new actions whom a function of the action returns, as ``notify`` takes them.

    Of any verb where none is given; ``target`` is a model, its name or a list of them. Write it in
    a module that ``AppConfig.ready()`` imports. It runs in the transaction that writes the action:
    where it raises, nothing is written.
    """
    if any(not isinstance(verb, str) for verb in verbs):
        raise ImproperlyConfigured(
            "notify_on(): give verbs, and call it to decorate: @notify_on() or "
            "@notify_on('liked', 'commented')."
        )
    models = _models(target)

    def add(function: _Rule) -> _Rule:
        if not callable(function):
            raise ImproperlyConfigured(
                f"@notify_on(): {function!r:.80} is no function; decorate one that takes an action "
                f"and returns its recipients."
            )
        rules.append(Rule(function, frozenset(verbs), models, to_self))
        signals.actions.connect(apply_rules, dispatch_uid="stream.notifications.rules")
        return function

    return add


def _models(target: Any) -> tuple[type[Model] | str, ...]:
    is_list = isinstance(target, list | tuple | set | frozenset)
    models = tuple(target) if is_list else (target,)
    for each in models:
        is_name = isinstance(each, str) and each.count(".") == 1
        if not is_name and not (isinstance(each, type) and issubclass(each, Model)):
            raise ImproperlyConfigured(
                f"notify_on(target={each!r:.80}): this is no model; pass a model, its name such as "
                f"'blog.Post', or a list of them."
            )
    return models


def check_rules(**kwargs: Any) -> list[CheckMessage]:
    """Check that the models that rules name are there."""
    return [error for rule in rules for name in rule.models for error in _unknown(rule, name)]


def _unknown(rule: Rule, model: type[Model] | str) -> list[CheckMessage]:
    try:
        if isinstance(model, str):
            apps.get_model(model)
    except LookupError as error:
        return [
            Error(
                f"notify_on(target={model!r}) of {_name(rule)}: {error}",
                hint="Write the name of a model of an installed app, such as 'blog.Post'.",
                id="stream_notifications.E002",
            )
        ]
    return []


def remove_rule(function: Recipients) -> None:
    """Take a rule back; after the last one nothing listens any more."""
    rules[:] = [rule for rule in rules if rule.recipients is not function]
    if not rules:
        signals.actions.disconnect(dispatch_uid="stream.notifications.rules")


def apply_rules(instances: Sequence[Action], **kwargs: Any) -> None:
    """Deliver new actions by the rules: none is delivered twice to the same recipient."""
    from stream.notifications.batches import deliver_all

    for to_self in {rule.to_self for rule in rules}:
        deliveries = (
            (f"the rule {_name(rule)}: notify", rule.recipients(action), action)
            for action in instances
            for rule in rules
            if rule.to_self is to_self and rule.holds(action)
        )
        deliver_all(deliveries, to_self=to_self)


def _name(rule: Rule) -> str:
    return getattr(rule.recipients, "__qualname__", repr(rule.recipients))
