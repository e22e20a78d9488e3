"""Model fields of an action."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import translation
from django.utils.functional import Promise

from stream.arc.values import ExactCharField


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
