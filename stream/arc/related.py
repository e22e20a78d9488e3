"""The related names on registered models, and what a site may change of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from keyword import iskeyword
from typing import Any, ClassVar

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model
from django.db.models.fields.related_descriptors import ReverseManyToOneDescriptor

OLD_ACTION = "actstream.action"

# Django's checks of related names that are taken.
CLASHES = {"fields.E302", "fields.E303", "fields.E304", "fields.E305"}


class RelatedName(str):
    """A related name that ``STREAM_RELATED_NAMES`` may replace.

    Migrations have the fixed name, so that the setting needs none. Raises ImproperlyConfigured.
    """

    fixed: str
    known: ClassVar[set[str]] = set()

    def __new__(cls, fixed: str) -> RelatedName:
        cls.known.add(fixed)
        name = related_names().get(fixed, fixed)
        is_name = isinstance(name, str) and name.isidentifier() and not iskeyword(name)
        if not is_name or "__" in name or name.endswith("_"):
            raise ImproperlyConfigured(
                f"STREAM_RELATED_NAMES[{fixed!r}] = {name!r:.80}: write a name that Python allows, "
                f"without two underscores together or one at the end, such as 'stream_{fixed}'."
            )
        related_name = super().__new__(cls, name)
        related_name.fixed = fixed
        return related_name

    def deconstruct(self) -> Any:
        return "stream.arc.RelatedName", (self.fixed,), {}

    @property
    def line_to_change_it(self) -> str:
        return f"STREAM_RELATED_NAMES = {{'{self.fixed}': 'stream_{self.fixed}'}}"


def related_names() -> Mapping[str, Any]:
    """Return ``STREAM_RELATED_NAMES``: names by the fixed ones. Raises ImproperlyConfigured."""
    names: Any = getattr(settings, "STREAM_RELATED_NAMES", {})
    if not isinstance(names, Mapping):
        raise ImproperlyConfigured(
            f"STREAM_RELATED_NAMES = {names!r:.80}: write a dict, such as "
            f"{{'following': 'stream_following'}}."
        )
    return names


class RelatedActions:
    """The related manager of an arc under one name on every registered model."""

    def __init__(self, field_for: Callable[[Any], Any]) -> None:
        self.field_for = field_for
        # Kept, since each descriptor makes a class for its manager.
        self.descriptors: dict[str, Any] = {}

    def __get__(self, instance: Model | None, owner: type[Model]) -> Any:
        if instance is None:
            return self
        field = self.field_for(instance)
        if field.name not in self.descriptors:
            self.descriptors[field.name] = ReverseManyToOneDescriptor(field.remote_field)
        return self.descriptors[field.name].__get__(instance)


def is_of_old_package(attribute: Any) -> bool:
    """Tell whether django-activity-stream has put its relation on a model, under our name.

    It does so whatever is there, so while a site has both, its relation has the name in any order.
    """
    field = getattr(attribute, "field", None)
    to = getattr(field and field.remote_field, "model", None)
    meta = getattr(to, "_meta", None)
    label = meta.label_lower if meta else str(to).lower()
    return label == OLD_ACTION


@register  # not in a ready(): the apps stream and follow may each be installed alone
def check_related_names(**kwargs: Any) -> list[CheckMessage]:
    """Return what is wrong with STREAM_RELATED_NAMES, and what to write where names are taken."""
    messages: list[CheckMessage] = [
        Error(
            f"STREAM_RELATED_NAMES[{name!r}]: the installed apps have no such related name.",
            hint=f"Write one of {', '.join(map(repr, sorted(RelatedName.known)))}.",
            id="stream.E061",
        )
        for name in related_names().keys() - RelatedName.known
    ]
    for field, hint in _renamable_fields():
        if clash := next((each for each in field.check() if each.id in CLASHES), None):
            messages.append(Error(clash.msg, hint=hint, obj=field, id="stream.E062"))
    return [*messages, *_check_old_package()]


def _check_old_package() -> Iterator[CheckMessage]:
    """Say whose relation has a name while a site has both packages."""
    if not apps.is_installed("actstream"):
        return
    for owner in apps.get_models():
        for arc in getattr(owner, "arcs", {}).values():
            found = [
                model._meta.label
                for model in (arc.models if arc.model is owner and arc.accessor else ())
                if is_of_old_package(getattr(model, arc.accessor, None))
            ]
            if found:
                yield Warning(
                    f"{arc.accessor} of {', '.join(sorted(found))} is the relation of "
                    f"django-activity-stream.",
                    hint=f"Until 'actstream' is out of INSTALLED_APPS, write "
                    f"{arc.accessor.line_to_change_it} to have ours under another name.",
                    obj=owner,
                    id="stream.W080",
                )


def _renamable_fields() -> Iterator[tuple[Any, str]]:
    """Yield the foreign keys whose related names a site may change, and how to change them."""
    for model in apps.get_models():
        for field in model._meta.local_fields:
            name = field.remote_field and field.deconstruct()[3].get("related_name")
            if isinstance(name, RelatedName):
                yield field, f"Write {name.line_to_change_it} in the settings."
        for arc in getattr(model, "arcs", {}).values():
            for field in arc.fields if arc.model is model else ():
                label, name = field.related_model._meta.label, field.remote_field.related_name
                yield field, f"Write {arc.register}('{label}', related_name='stream_{name}')."
