"""The one table of follows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Warning
from django.db import models, transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from follow import signals
from follow.query import FollowQuerySet
from stream.arc import Arc, ExactCharField, RelatedName
from stream.arc.models import ArcModel
from stream.arc.names import object_name
from stream.arc.values import MomentField

__all__ = ["Follow"]

FLAG_LENGTH = 100


class Follow(ArcModel):
    """A user follows an object of a registered model; ``flag`` tells kinds of following apart."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name=RelatedName("following"),
        verbose_name=_("user"),
    )
    target = Arc(
        "target_%(model_name)s",
        related_name="follow_%(model_name)s",
        register="follow.utils.register",
        required=True,
        unique_together=("user", "target", "flag"),
    )
    datetime = MomentField(_("time"), default=timezone.now)
    flag = ExactCharField(_("kind"), max_length=FLAG_LENGTH, blank=True, default="")
    actor_only = models.BooleanField(
        _("actor only"),
        default=True,
        help_text=_("Show in streams only what the object does itself, not what is done to it."),
    )

    # The value of ``actor_only`` by model, of those that were registered with one.
    reaches: ClassVar[dict[type[Model], bool]] = {}

    objects = FollowQuerySet.as_manager()

    changed = signals.follows_changed
    quiet_fields = frozenset({"flag"})  # home feeds hold all kinds

    class Meta:
        verbose_name = _("follow")
        verbose_name_plural = _("follows")
        ordering = ["-datetime", "-id"]
        get_latest_by = ["datetime", "id"]

    def __str__(self) -> str:
        return object_name(self.target)

    @classmethod
    def shows_acts_alone(cls, model: type[Model]) -> bool:
        """Return the default of ``actor_only`` for follows of a registered model.

        That is what it was registered with, or else whether the model can be an actor: of another
        model, ``actor_only`` follows would show nothing.
        """
        if model in cls.reaches:
            return cls.reaches[model]
        action = action_model()
        return action is None or action.actor.find_field(model) is not None

    @classmethod
    def check(cls, **kwargs: Any) -> list[CheckMessage]:
        return [*super().check(**kwargs), *cls._check_reaches()]

    @classmethod
    def _check_reaches(cls) -> Iterator[CheckMessage]:
        action = action_model()
        for model in cls.target.models if action else ():
            roles = ["actor"] if cls.shows_acts_alone(model) else [*action.arcs]
            if any(action.arcs[role].find_field(model) for role in roles):
                continue
            label, named = model._meta.label, " or ".join(roles).replace("_", " ")
            other = ", or register it without actor_only=True" if roles == ["actor"] else ""
            yield Warning(
                f"{label} can be followed, but is not registered as {named}: to follow it "
                f"brings nothing into a home feed.",
                hint=f"Write stream.utils.register_{roles[0] if other else 'target'}"
                f"('{label}'){other}.",
                obj=model,
                id="follow.W004",
            )

    # Fixtures are saved by models.Model.save_base itself, past this method.
    def save_base(self, *args: Any, using: str | None = None, **kwargs: Any) -> None:
        field = Follow.target.filled_field(self)
        sender = field and field.related_model
        is_heard = signals.followed.has_listeners(sender)
        if not self._state.adding or not (is_heard or self.is_to_tell()):
            super().save_base(*args, using=using, **kwargs)
            return
        with transaction.atomic(using=using):
            super().save_base(*args, using=using, **kwargs)
            self.tell_changed([self.pk], using)
            if is_heard:
                signals.followed.send(sender, user=self.user, target=self.target, instance=self)


def action_model() -> Any:
    """Return the model of actions, or None where the app ``stream`` is not installed."""
    return apps.get_model("stream", "Action") if apps.is_installed("stream") else None
