"""Model fields of an action."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import translation
from django.utils.functional import Promise


def untranslated(text: Any) -> Any:
    """Return a lazily translated text in the language of the source, anything else as it is."""
    if not isinstance(text, Promise):
        return text
    with translation.override(None):
        return str(text)


class VerbField(models.CharField):  # type: ignore[type-arg]
    """Text whose choices label it but do not limit it. In migrations a plain ``CharField``."""

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        verb = untranslated(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, verb)
        return verb

    def get_prep_value(self, value: Any) -> Any:
        return super().get_prep_value(untranslated(value))

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        if not value:
            raise ValidationError(self.error_messages["blank"], code="blank")

    def formfield(self, **kwargs: Any) -> Any:
        field = models.CharField(
            self.verbose_name, max_length=self.max_length, help_text=self.help_text
        )
        return field.formfield(**kwargs)
