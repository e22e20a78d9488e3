"""The fields and methods of an action; ``stream.models`` adds its roles."""

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


def untranslated(text: Any) -> Any:
    """Return a lazily translated text as it is in the source, and anything else unchanged."""
    if not isinstance(text, Promise):
        return text
    with translation.override(None):
        return str(text)


class VerbField(ExactCharField):
    """A text; a lazily translated one is stored as it is in the source."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        verb = untranslated(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, verb)
        return verb

    def get_prep_value(self, value: Any) -> Any:
        return super().get_prep_value(untranslated(value))


class BaseAction(ArcModel):
    """Somebody did something: an actor, a verb, perhaps a target, an action object, a context."""

    if TYPE_CHECKING:
        actor: Arc
        target: Arc
        action_object: Arc
        context: Arc

    datetime = MomentField(_("time"), default=timezone.now)
    # It has no choices, since forms and serializers would refuse all other verbs.
    verb = VerbField(_("verb"), max_length=255)
    description = ExactTextField(_("description"), blank=True, default="")
    data = DataField(_("data"), blank=True, default=dict, encoder=DjangoJSONEncoder)
    public = models.BooleanField(_("public"), default=True)
    # True for what goes to its recipients alone: a role in it lets nobody but the actor see it.
    # Else NULL: on MariaDB, Django fails to make a table with a default in the database and a
    # constraint that MariaDB cannot have.
    is_message = models.BooleanField(_("message"), null=True, editable=False)

    #: Whether a user has sent it by the REST API: for rules and receivers, not stored.
    from_api = False

    # A change of these does not move an action into or out of a stream.
    quiet_fields = frozenset({"verb", "description", "data"})

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.get_sentence()}, {ago(self.datetime)}"

    def get_sentence(self) -> str:
        """Return the action in words, such as "ann liked photo", without its time."""
        pattern, parts = sentence(self)
        return pattern.format(**{name: object_name(part) for name, part in parts.items()})

    def get_verb_display(self) -> str:
        """Return the verb's label of ``STREAM_VERBS``, or the verb."""
        return verb_label(self.verb)

    def get_absolute_url(self) -> str:
        """Return the action's page, or "" where ``stream.urls`` is not included."""
        try:
            return reverse("stream:action", args=[self.pk])
        except NoReverseMatch:
            return ""

    @property
    def is_from_system(self) -> bool:
        """Whether nobody acts: the site says something to some users. No query."""
        return bool(self.is_message) and type(self).actor.filled_field(self) is None

    def requires(self, arc: Any) -> bool:
        return super().requires(arc) and not (arc.name == "actor" and self.is_from_system)

    @classmethod
    @contextmanager
    def announcing(cls, actions: Sequence[BaseAction], using: str | None) -> Iterator[None]:
        """Send the signals for new actions, in the transaction of the block that writes them.

        None for messages: a receiver that sends one would be called again, without end.
        """
        sender, actions = cls._teller(), [each for each in actions if not each.is_message]
        has_listeners = signals.action.has_listeners(sender), signals.actions.has_listeners(sender)
        if not actions or not any(has_listeners):
            yield
            return
        with transaction.atomic(using=using):
            yield
            for action in actions:
                signals.action.send(sender=sender, instance=action)
            signals.actions.send(sender=sender, instances=actions)

    def delete(self, using: str | None = None, keep_parents: bool = False) -> Any:
        """Delete it as Django does, and try again if the database ends it for a deadlock."""
        alias = using or router.db_for_write(type(self), instance=self)
        key = self.pk
        if key is None:
            return super().delete(using, keep_parents)  # Django refuses it

        def act() -> Any:
            self.pk = key  # Django has set it to None if only the commit failed
            lock(type(self)._base_manager.using(alias).filter(pk=key))
            with by_index(alias):
                return super(BaseAction, self).delete(alias, keep_parents)

        return run(act, alias)

    delete.alters_data = True  # type: ignore[attr-defined]

    # Fixtures are saved by models.Model.save_base itself, past this method.
    def save_base(self, *args: Any, using: str | None = None, **kwargs: Any) -> None:
        with self.announcing([self] if self._state.adding else [], using):
            super().save_base(*args, using=using, **kwargs)
