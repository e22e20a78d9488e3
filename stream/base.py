"""What an action has but its roles, of which ``stream.models`` makes the table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, router, transaction
from django.urls import NoReverseMatch, reverse
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from stream import signals
from stream.arc.arc import Arc
from stream.arc.models import ArcModel
from stream.arc.names import object_name
from stream.arc.values import DataField, ExactCharField, ExactTextField, MomentField
from stream.locking import by_index, lock, run
from stream.text import ago, sentence, verb_label

ROLES = ("actor", "target", "action_object")  # the names of the arcs of Action


def untranslated(text: Any) -> Any:
    """Return a lazily translated text in the language of the source, anything else as it is."""
    if not isinstance(text, Promise):
        return text
    with translation.override(None):
        return str(text)


class VerbField(ExactCharField):
    """Any text; a lazily translated one is stored untranslated."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        verb = untranslated(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, verb)
        return verb

    def get_prep_value(self, value: Any) -> Any:
        return super().get_prep_value(untranslated(value))


class BaseAction(ArcModel):
    """Somebody did something: actor, verb, and perhaps a target and an action object."""

    if TYPE_CHECKING:
        actor: Arc
        target: Arc
        action_object: Arc

    datetime = MomentField(_("time"), default=timezone.now)
    # Without choices, which forms and serializers would take for a limit.
    verb = VerbField(_("verb"), max_length=255)
    description = ExactTextField(_("description"), blank=True, default="")
    data = DataField(_("data"), blank=True, default=dict, encoder=DjangoJSONEncoder)
    public = models.BooleanField(_("public"), default=True)

    #: Whether a user sends it by the REST API: for rules and receivers of signals, not stored.
    from_api = False

    # No stream finds an action by them.
    quiet_fields = frozenset({"verb", "description", "data"})

    class Meta:
        abstract = True

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

    @classmethod
    @contextmanager
    def announcing(cls, actions: Sequence[BaseAction], using: str | None) -> Iterator[None]:
        """Send the signals for new actions, in the transaction of the block that writes them."""
        sender = cls._teller()
        has_listeners = signals.action.has_listeners(sender), signals.actions.has_listeners(sender)
        if not actions or not any(has_listeners):
            yield
            return
        with transaction.atomic(using=using):
            yield
            for action in actions:
                signals.action.send(sender=sender, instance=action)
            signals.actions.send(sender=sender, instances=list(actions))

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
                return super(BaseAction, self).delete(alias, keep_parents)

        return run(act, alias)

    delete.alters_data = True  # type: ignore[attr-defined]

    # Fixtures are saved by models.Model.save_base itself, past this method.
    def save_base(self, *args: Any, using: str | None = None, **kwargs: Any) -> None:
        with self.announcing([self] if self._state.adding else [], using):
            super().save_base(*args, using=using, **kwargs)
