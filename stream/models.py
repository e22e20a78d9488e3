"""The one table of actions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, router, transaction
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from stream import signals
from stream.actions.fields import VerbField
from stream.arc import Arc, ExactTextField
from stream.arc.link import ArcLink
from stream.arc.models import ArcModel
from stream.arc.names import object_name
from stream.arc.values import DataField, MomentField
from stream.locking import by_index, lock, run
from stream.managers import ActionManager, load_manager
from stream.text import ago, sentence, verb_label

__all__ = ["Action"]


class Action(ArcModel):
    """Somebody did something: actor, verb, and perhaps a target and an action object.

    Each registered model has a foreign key of its own in each of its roles.
    """

    actor = Arc(
        "actor_%(model_name)s",
        related_name="actions_%(model_name)s",
        accessor="actor_actions",
        register="stream.utils.register_actor",
        required=True,
    )
    target = Arc(
        "target_%(model_name)s",
        related_name="targetted_%(model_name)s",
        accessor="target_actions",
        register="stream.utils.register_target",
    )
    action_object = Arc(
        "action_object_%(model_name)s",
        related_name="acted_%(model_name)s",
        accessor="action_object_actions",
        register="stream.utils.register_action_object",
    )
    # What published the action by itself, see stream.activity. Its name holds the app, so that two
    # models of the same name need no activity_field_name.
    origin = ArcLink(
        "origin_%(app_label)s_%(model_name)s",
        related_name="+",
        register="stream.publishing.registration.register_activity",
    )

    datetime = MomentField(_("time"), default=timezone.now)
    # Without choices, which forms and serializers would take for a limit.
    verb = VerbField(_("verb"), max_length=255)
    description = ExactTextField(_("description"), blank=True, default="")
    data = DataField(_("data"), blank=True, default=dict, encoder=DjangoJSONEncoder)
    public = models.BooleanField(_("public"), default=True)

    #: Whether a user sends it by the REST API: for rules and receivers of signals, not stored.
    from_api = False

    objects: ClassVar[ActionManager] = load_manager()

    changed = signals.actions_changed
    # No stream finds an action by them.
    quiet_fields = frozenset({"verb", "description", "data"})

    class Meta:
        verbose_name = _("action")
        verbose_name_plural = _("actions")
        ordering = ["-datetime", "-id"]
        get_latest_by = ["datetime", "id"]
        indexes = [models.Index(fields=["datetime", "id"], name="stream_newest_idx")]

    def __str__(self) -> str:
        pattern, parts = sentence(self)
        names = {name: object_name(part) for name, part in parts.items()}
        return f"{pattern.format(**names)}, {ago(self.datetime)}"

    def get_verb_display(self) -> str:
        """Return the verb's label of ``STREAM_VERBS``, or the verb."""
        return verb_label(self.verb)

    def get_absolute_url(self) -> str:
        """Return the action's page, or "" where ``stream.urls`` is not included."""
        try:
            return reverse("stream:action", args=[self.pk])
        except NoReverseMatch:
            return ""

    @staticmethod
    @contextmanager
    def announcing(actions: Sequence[Action], using: str | None) -> Iterator[None]:
        """Send the signals for new actions, in the transaction of the block that writes them."""
        has_listeners = signals.action.has_listeners(Action), signals.actions.has_listeners(Action)
        if not actions or not any(has_listeners):
            yield
            return
        with transaction.atomic(using=using):
            yield
            for action in actions:
                signals.action.send(sender=Action, instance=action)
            signals.actions.send(sender=Action, instances=list(actions))

    def delete(self, using: str | None = None, keep_parents: bool = False) -> Any:
        """Delete it as Django does, and again where the database ends it for a deadlock."""
        alias = using or router.db_for_write(type(self), instance=self)
        key = self.pk
        if key is None:
            return super().delete(using, keep_parents)  # which refuses it

        def act() -> Any:
            self.pk = key  # of which Django has taken it, where the commit has failed
            lock(type(self)._base_manager.using(alias).filter(pk=key))
            with by_index(alias):
                return super(Action, self).delete(alias, keep_parents)

        return run(act, alias)

    delete.alters_data = True  # type: ignore[attr-defined]

    # Fixtures are saved by models.Model.save_base itself, past this method.
    def save_base(self, *args: Any, using: str | None = None, **kwargs: Any) -> None:
        with self.announcing([self] if self._state.adding else [], using):
            super().save_base(*args, using=using, **kwargs)
