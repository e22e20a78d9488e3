"""Exclusive arcs: one role of a row, kept in one nullable foreign key per registered model."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any, overload

from django.core.exceptions import ImproperlyConfigured
from django.db.backends.utils import truncate_name
from django.db.models import (
    CASCADE,
    CheckConstraint,
    Index,
    Model,
    Q,
    QuerySet,
    UniqueConstraint,
)
from django.db.models.fields.related_descriptors import ReverseManyToOneDescriptor
from django.db.models.options import Options

from stream import internals
from stream.arc_fields import ArcForeignKey, AtMostOne

OnDelete = Callable[..., Any]


class NotRegistered(LookupError):
    """The model has no column in the arc."""


def concrete_model(obj: Any) -> type[Model]:
    """Return the model behind an instance, a class, a proxy or a lazy object.

    Raises TypeError for anything else.
    """
    meta = getattr(obj, "_meta", None)
    if not isinstance(meta, Options):
        raise TypeError(f"{obj!r:.80} is no model instance")
    model: type[Model] = meta.concrete_model or meta.model
    return model


def shown(obj: Model) -> str:
    """Return an object's model and key for messages; its ``str`` may fail or tell too much."""
    return f"{obj._meta.label} {obj.pk!r:.80}"


class Arc(property):
    """One role of a model, such as the actor of an action, held by any registered model.

    On an instance it reads and writes the object (``None`` clears it). On the class it is the
    registry of the role's models and builds conditions: ``Action.actor.q(ann)``. It is a property so
    that ``Action(actor=ann)`` works.

    ``field_name`` and ``related_name`` may hold ``%(model_name)s`` and ``%(app_label)s``. ``accessor``
    names the related manager on every registered model. ``register`` is the function that errors tell
    people to call. ``unique_together`` holds names of fields and the arc's own, for its column.
    """

    model: type[Model]
    name: str

    def __init__(
        self,
        field_name: str,
        *,
        related_name: str,
        register: str,
        accessor: str | None = None,
        required: bool = False,
        unique_together: tuple[str, ...] = (),
    ) -> None:
        super().__init__(self._get, self._set)
        self.field_name = field_name
        self.related_name = related_name
        self.register = register
        self.accessor = accessor
        self.required = required
        self.unique_together = unique_together
        self._fields: dict[type[Model], ArcForeignKey] = {}

    if TYPE_CHECKING:

        @overload  # type: ignore[override]
        def __get__(self, instance: None, owner: type | None = None) -> Arc: ...
        @overload
        def __get__(self, instance: Model, owner: type | None = None) -> Any: ...
        def __get__(self, instance: Model | None, owner: type | None = None) -> Any: ...

    def __repr__(self) -> str:
        return f"<Arc {self.model._meta.label}.{self.name}: {', '.join(self.columns)}>"

    def contribute_to_class(self, cls: type[Model], name: str) -> None:
        self.model, self.name = cls, name
        setattr(cls, name, self)
        cls.arcs = {**getattr(cls, "arcs", {}), name: self}  # type: ignore[attr-defined]

    # The registry

    @property
    def models(self) -> Collection[type[Model]]:
        """The registered models."""
        return self._fields.keys()

    @property
    def fields(self) -> Collection[ArcForeignKey]:
        """The foreign keys, in the order of registration."""
        return self._fields.values()

    @property
    def columns(self) -> list[str]:
        """The names of the foreign keys, sorted."""
        return sorted(field.name for field in self.fields)

    def find_field(self, obj_or_model: Any) -> ArcForeignKey | None:
        """Return the foreign key for an object or a model, or None; a child may use its parent's."""
        for cls in concrete_model(obj_or_model).__mro__:
            if field := self._fields.get(cls):
                return field
        return None

    def field_for(self, obj_or_model: Any) -> ArcForeignKey:
        """Return the foreign key for an object or a model.

        Raises NotRegistered for a model without one, TypeError for what is no model.
        """
        if field := self.find_field(obj_or_model):
            return field
        model = concrete_model(obj_or_model)
        raise NotRegistered(
            f"{model._meta.label} is not registered as {self.name.replace('_', ' ')}; "
            f"add {self.register}({model.__name__}) below the model, then run "
            f"manage.py makemigrations {self.model._meta.app_label}"
        )

    def check_object(self, obj: Any, call: str) -> None:
        """Raise an error that begins with ``call`` unless the object can be written in this role.

        NotRegistered, TypeError (no model instance) or ValueError (not saved).
        """
        try:
            self.field_for(obj)
        except TypeError as error:
            raise TypeError(
                f"{call}({self.name}=…): {error}; pass a saved instance of a registered model"
            ) from None
        except NotRegistered as error:
            raise NotRegistered(f"{call}({self.name}={shown(obj)}): {error}") from None
        if isinstance(obj, type):
            raise TypeError(f"{call}({self.name}={obj.__name__}): pass an instance, not the class")
        if obj.pk is None or obj._state.adding:
            raise ValueError(
                f"{call}({self.name}={shown(obj)}): the object is not saved; save it first"
            )

    def add(
        self,
        model: type[Model],
        field_name: str | None = None,
        related_name: str | None = None,
        on_delete: OnDelete = CASCADE,
        *,
        call: str = "Arc.add()",
    ) -> None:
        """Add the column for a model. The same column for the same model again changes nothing.

        Raises ImproperlyConfigured, beginning with ``call``, where a column is impossible.
        """
        self._check_model(model, call)
        model = concrete_model(model)
        names = {"model_name": model._meta.model_name, "app_label": model._meta.app_label}
        name = (field_name or self.field_name) % names
        options = {"related_name": (related_name or self.related_name) % names, "on_delete": on_delete}
        if known := self._fields.get(model):
            self._check_same(known, name, options, call)
            return
        self._check_free(name, model, call)
        field = ArcForeignKey(model, null=True, blank=True, db_index=False, **options)
        field.contribute_to_class(self.model, name)
        self._fields[model] = field
        self._add_indexes(field)
        if self.accessor:
            setattr(model, self.accessor, RelatedActions(self))
        internals.expire_field_caches(self.model, model)

    def _add_indexes(self, field: ArcForeignKey) -> None:
        # These names live in the migrations of users: changing one needs their makemigrations.
        app_label = self.model._meta.app_label
        is_set = Q((f"{field.name}__isnull", False))
        newest_first = [field.name, "-datetime", "-id"]
        name = truncate_name(f"{app_label}_{field.name}_idx", 30, hash_len=6)
        index = Index(fields=newest_first, name=name, condition=is_set)
        internals.add_index(self.model, index)
        if self.unique_together:
            name = truncate_name(f"{app_label}_{field.name}_once", 30, hash_len=6)
            fields = [field.name if each == self.name else each for each in self.unique_together]
            internals.set_constraint(self.model, UniqueConstraint(fields=fields, name=name))
        if len(self._fields) > 1:
            at_most_one = CheckConstraint(
                condition=AtMostOne(*self.columns), name=f"{app_label}_{self.name}_arc"
            )
            internals.set_constraint(self.model, at_most_one)

    def _check_model(self, model: type[Model], call: str) -> None:
        label = model._meta.label
        if swapped := model._meta.swapped:
            raise ImproperlyConfigured(
                f"{call}: {label} is swapped for {swapped}; pass settings.{model._meta.swappable}."
            )
        if len(model._meta.pk_fields) > 1:
            raise ImproperlyConfigured(
                f"{call}: {label} has a composite primary key, to which no foreign key can point; "
                f"register a model with a single primary key."
            )

    def _check_same(
        self, known: ArcForeignKey, name: str, options: dict[str, Any], call: str
    ) -> None:
        now = {
            "field_name": known.name,
            "related_name": known.remote_field.related_name,
            "on_delete": known.remote_field.on_delete,
        }
        for option, value in {"field_name": name, **options}.items():
            if value != now[option]:
                old = getattr(now[option], "__name__", repr(now[option]))
                raise ImproperlyConfigured(
                    f"{call}: {known.related_model._meta.label} is registered already, "
                    f"with {option}={old}; register it once."
                )

    def _check_free(self, name: str, model: type[Model], call: str) -> None:
        if hasattr(self.model, name):
            used = f"an attribute of {self.model._meta.label}"
            for field in self.model._meta.fields:
                if field.name == name and isinstance(field, ArcForeignKey):
                    used = f"used for {field.related_model._meta.label}"
            other = self.field_name % {"model_name": model._meta.label_lower.replace(".", "_")}
            raise ImproperlyConfigured(
                f"{call}: the column '{name}' is already {used}; pass field_name='{other}'."
            )
        taken = self.accessor and getattr(model, self.accessor, None)
        if taken and not isinstance(taken, RelatedActions):
            raise ImproperlyConfigured(
                f"{call}: {model._meta.label} has an attribute '{self.accessor}' of its own; rename it."
            )

    # The descriptor

    def filled_field(self, instance: Model) -> ArcForeignKey | None:
        """Return the foreign key that is set on an instance; deferred ones are loaded at most once."""
        for field in self.fields:
            if self._is_set(instance, field):
                return field
        deferred = [each.attname for each in self.fields if each.attname not in instance.__dict__]
        if not deferred:
            return None
        instance.refresh_from_db(using=instance._state.db, fields=deferred)
        return self.filled_field(instance)

    def _is_set(self, instance: Model, field: ArcForeignKey) -> bool:
        is_loaded = instance.__dict__.get(field.attname) is not None
        return is_loaded or field.get_cached_value(instance, None) is not None

    def _get(self, instance: Model) -> Model | None:
        field = self.filled_field(instance)
        try:
            return field and getattr(instance, field.name)
        except field.related_model.DoesNotExist:  # on_delete=DO_NOTHING, or deleted just now
            return None

    def _set(self, instance: Model, obj: Model | None) -> None:
        new = None if obj is None else self.field_for(obj)
        for field in self.fields:
            is_deferred = field.attname not in instance.__dict__
            if field is not new and (is_deferred or self._is_set(instance, field)):
                setattr(instance, field.name, None)
        if new:
            setattr(instance, new.name, obj)

    # Conditions

    def q(self, obj: Model | None) -> Q:
        """Build the condition that the role is held by this object, or by none."""
        if obj is None:
            return Q(**{f"{name}__isnull": True for name in self.columns})
        return Q((self.field_for(obj).name, obj.pk))

    def q_in(self, objects: Iterable[Model]) -> Q:
        """Build the condition that one of these objects has the role; they may be of mixed models.

        A queryset becomes a subquery. No objects: a condition that nothing meets.
        """
        if isinstance(objects, QuerySet):
            return Q((f"{self.field_for(objects.model).name}__in", objects))
        keys: dict[str, list[Any]] = {}
        for obj in objects:
            keys.setdefault(self.field_for(obj).name, []).append(obj.pk)
        condition = Q()
        for name, pks in keys.items():
            condition |= Q((f"{name}__in", pks))
        return condition or Q(pk__in=[])


class RelatedActions:
    """The related manager of an arc under one name on every registered model."""

    def __init__(self, arc: Arc) -> None:
        self.arc = arc

    def __get__(self, instance: Model | None, owner: type[Model]) -> Any:
        if instance is None:
            return self
        return ReverseManyToOneDescriptor(self.arc.field_for(instance).remote_field).__get__(instance)
