"""What a site says of the objects of a model: their name, address, image, loading and readers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any, ClassVar, TypeVar

from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model, QuerySet

from stream.arc.rules import concrete_model

_Options = TypeVar("_Options", bound="type[ModelOptions]")
_Objects = TypeVar("_Objects", bound=QuerySet[Any])

#: The module of an app in which its options are found, as the admin's are in ``admin``.
MODULE = "stream"


class ModelOptions:
    """Says of the objects of a model what streams, pages, the API and the rest need to know.

    Subclass it in an app's ``stream.py``, override what differs, and decorate it with
    ``@register("shop.Product")``. It holds for proxies and children of the model, too.
    """

    #: The type of the objects in ActivityStreams 2.0, such as "Article".
    activity_type: ClassVar[str | None] = None
    #: The serializer, or its path, of the ``details`` that the REST API shows of an object; that
    #: of "stream.Action" shows actions.
    serializer: ClassVar[Any] = None

    def __init__(self, model: type[Model]) -> None:
        self.model = model

    def name(self, obj: Any) -> str:
        """Return what people see of an object: by default ``str(obj)``."""
        return str(obj)

    def url(self, obj: Any) -> str:
        """Return the address of an object's page: by default what ``get_absolute_url`` says."""
        url = getattr(obj, "get_absolute_url", "")
        return (url() if callable(url) else url) or ""

    def image(self, obj: Any) -> str:
        """Return the address of an object's image: by default none, and its initials are shown."""
        return ""

    def load(self, objects: _Objects) -> _Objects:
        """Return the queryset by which pages load these objects: what ``name`` needs is in it.

        ``objects`` has the methods of the default manager's querysets, and leaves nothing out.
        """
        return with_related(objects, getattr(self.model, "activity_related_models", ()))

    def visible_to(self, objects: Any, reader: Any) -> Any:
        """Return those of these objects that a reader, None for anybody, may know of.

        ``objects`` are those of the default manager. By default its method ``visible_to(user)``
        decides, where it has one. Actions in which a hidden object has a role are hidden with it.
        """
        manager: Any = self.model._default_manager
        if not hasattr(manager, "visible_to"):
            return objects
        return manager.visible_to(AnonymousUser() if reader is None else reader)


_registered: dict[str, type[ModelOptions]] = {}  # by the label of the model
_made: dict[type[Model], ModelOptions] = {}


def register(*models: type[Model] | str) -> Callable[[_Options], _Options]:
    """Make a subclass of ``ModelOptions`` that of models, given as classes or "app_label.Model".

    Raises ImproperlyConfigured for anything else, and for a model that has options already.
    """
    labels = [each._meta.label if hasattr(each, "_meta") else str(each) for each in models]
    call = f"@stream.options.register({', '.join(map(repr, labels))})"
    if not labels or not all(label.count(".") == 1 for label in labels):
        raise ImproperlyConfigured(f"{call}: name models, such as 'shop.Product'.")

    def decorate(options: _Options) -> _Options:
        if not (isinstance(options, type) and issubclass(options, ModelOptions)):
            raise ImproperlyConfigured(f"{call}: {options!r:.80} is no subclass of ModelOptions.")
        for label in labels:
            known = _registered.setdefault(_key(label), options)
            if known is not options:
                raise ImproperlyConfigured(
                    f"{call}: {known.__module__}.{known.__qualname__} has them already; subclass "
                    f"it, or leave one out."
                )
        _made.clear()
        return options

    return decorate


def _key(label: str) -> str:
    """Case counts in an app's label, but not in a model's name."""
    app_label, _, name = label.partition(".")
    return f"{app_label}.{name.lower()}"


@contextmanager
def override_options(model: type[Model] | str, **chosen: Any) -> Iterator[None]:
    """Give a model these options inside a block or decorated function, for tests.

    ``override_options(Post, activity_type="Note", name=lambda self, post: post.title)``.
    """
    before = dict(_registered)
    label = model if isinstance(model, str) else model._meta.label
    _registered[_key(label)] = type(f"{label.partition('.')[2]}Options", (ModelOptions,), chosen)
    _made.clear()
    try:
        yield
    finally:
        _registered.clear()
        _registered.update(before)
        _made.clear()


def chosen_models() -> list[type[Model]]:
    """Return the models that have options of their own, as far as there are such models."""
    return [model for model in apps.get_models() if model._meta.label_lower in _registered]


def options_of(model_or_obj: Any) -> ModelOptions:
    """Return the options of an object's model, or of its nearest parent that has some."""
    model = concrete_model(model_or_obj)
    found = _made.get(model)
    if found is None:
        parents = [each for each in model.__mro__ if hasattr(each, "_meta")]
        chosen = (_registered.get(each._meta.label_lower) for each in parents)
        found = _made[model] = next(filter(None, chosen), ModelOptions)(model)
    return found


def with_related(objects: _Objects, names: Iterable[str]) -> _Objects:
    """Load related objects too: those to one by a join, those to many by a query for each name."""
    to_one = [name for name in names if _is_to_one(objects.model, name)]
    if to_one:
        objects = objects.select_related(*to_one)
    others = [name for name in names if name not in to_one]
    return objects.prefetch_related(*others) if others else objects


def _is_to_one(model: Any, name: str) -> bool:
    for step in name.split("__"):
        field = model._meta.get_field(step)
        model = field.related_model
        if not model or not (field.many_to_one or field.one_to_one):
            return False
    return True


# Checks


def check_options(**kwargs: Any) -> list[CheckMessage]:
    """Check that options are of registered models, and that they override what there is."""
    messages: list[CheckMessage] = []
    for label, options in _registered.items():
        named = f"{options.__module__}.{options.__qualname__}"
        if not _is_registered(label):
            messages.append(
                Error(
                    f"{named}: {label} is registered in no role, so nothing asks for its options.",
                    hint=f"Call register_actor('{label}') or its like, or correct the name.",
                    id="stream.E080",
                )
            )
        known = [name for name in dir(ModelOptions) if not name.startswith("_")]
        for name in sorted(set(_public_names(options)).difference(known)):
            near = get_close_matches(name, known, 1)
            messages.append(
                Error(
                    f"{named}.{name}: nothing asks for it.",
                    hint=f"Write {near[0]!r}."
                    if near
                    else f"There are: {', '.join(known)}; names "
                    f"of your own begin with an underscore.",
                    id="stream.E081",
                )
            )
        for name, asked in _unasked(label, options):
            messages.append(
                Error(
                    f"{named}.{name}: {asked} is registered, and {label} is not, so nothing asks "
                    f"for it.",
                    hint=f"Write it into the options of {asked}, which hold for {label}, too.",
                    id="stream.E082",
                )
            )
    return messages


def _unasked(label: str, options: type[ModelOptions]) -> Iterator[tuple[str, str]]:
    """Yield what options of a child or proxy say in vain, and the model that is asked for it.

    Who may know of an object, and how it is loaded, is asked of the model whose column it has.
    """
    if not _is_registered(label):
        return
    model = apps.get_model(label)
    asked = {concrete_model(model)} if model._meta.proxy else set()
    if not asked:
        asked = {field.related_model for arc in _arcs() if (field := arc.find_field(model))} - {
            model
        }
    for name in _public_names(options) if model._meta.proxy else ("load", "visible_to"):
        own = getattr(options, name)
        for other in sorted(each._meta.label for each in asked):
            theirs = _registered.get(_key(other), ModelOptions)
            if own not in (getattr(theirs, name, None), getattr(ModelOptions, name, None)):
                yield name, other


def _public_names(options: type[ModelOptions]) -> Iterable[str]:
    return (name for name in dir(options) if not name.startswith("_"))


def _is_registered(label: str) -> bool:
    try:
        model = apps.get_model(label)
    except LookupError:
        return False
    return hasattr(model, "arcs") or any(arc.find_field(model) for arc in _arcs())


def _arcs() -> list[Any]:
    tables: list[Any] = [each for each in apps.get_models() if hasattr(each, "arcs")]
    return [arc for table in tables for arc in table.arcs.values()]
