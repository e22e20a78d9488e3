"""Exclusive arcs: one role of a row, kept in one nullable foreign key per registered model."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from keyword import iskeyword
from typing import TYPE_CHECKING, Any, overload

from django.core.exceptions import ImproperlyConfigured, ObjectDoesNotExist
from django.db.models import CASCADE, CheckConstraint, Index, Model, Q, QuerySet, UniqueConstraint

from stream.arc import internals, rules
from stream.arc.columns import ArcForeignKey, AtMostOne
from stream.arc.related import RelatedActions, RelatedName, is_of_old_package
from stream.arc.rules import INDEX_BYTES, NotRegistered, OnDelete, concrete_model


class Arc(property):
    """One role of a model, such as the actor of an action, for objects of any registered model.

    On an instance it reads and writes the object (``None`` clears it). On the class it is the
    registry of the role's models, and builds conditions: ``Action.actor.q(ann)``. It is a property
    so that ``Action(actor=ann)`` works.

    ``field_name`` and ``related_name`` may hold ``%(model_name)s`` and ``%(app_label)s``.
    ``accessor`` names the related manager on every registered model. ``register`` is the function
    that errors tell people to call. ``unique_together`` holds names of fields and the arc's own
    name, which stands for its column.
    """

    model: type[Model]
    name: str
    kind = "arcs"  # the attribute of the model that holds its arcs by name
    how_to_name = "pass field_name"

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
        self.accessor = RelatedName(accessor) if accessor else None
        self.required = required
        self.unique_together = unique_together
        self._fields: dict[type[Model], ArcForeignKey] = {}
        self.empty_columns: dict[str, None] = {}

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: type | None = None) -> Arc: ...
        @overload
        def __get__(self, instance: object, owner: type | None = None) -> Any: ...
        def __get__(self, instance: object | None, owner: type | None = None) -> Any: ...

    def __repr__(self) -> str:
        return f"<Arc {self.model._meta.label}.{self.name}: {', '.join(self.columns)}>"

    def contribute_to_class(self, cls: type[Model], name: str) -> None:
        self.model, self.name = cls, name
        setattr(cls, name, self)
        setattr(cls, self.kind, {**getattr(cls, self.kind), name: self})

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

    def by_column(self, column: str) -> ArcForeignKey:
        """Return the foreign key with this column in the database."""
        return next(field for field in self.fields if field.column == column)

    def find_field(self, obj_or_model: Any) -> ArcForeignKey | None:
        """Return the foreign key for an object or a model, or for its parent; None without one."""
        for cls in concrete_model(obj_or_model).__mro__:
            if field := self._fields.get(cls):
                return field
        return None

    def field_for(self, obj_or_model: Any) -> ArcForeignKey:
        """Return the foreign key for an object or a model.

        Raises NotRegistered for a model without one, TypeError for what is not a model.
        """
        if field := self.find_field(obj_or_model):
            return field
        model = concrete_model(obj_or_model)
        raise NotRegistered(
            f"{model._meta.label} is not registered as {self.name.replace('_', ' ')}; "
            f"add {self.register}('{model._meta.label}') to a models.py, then run manage.py "
            f"makemigrations {self.model._meta.app_label} and migrate"
        )

    def check_object(self, obj: Any, call: str) -> ArcForeignKey:
        """Return the foreign key for an object that can have this role.

        Raises an error that begins with ``call``: NotRegistered, TypeError (not a model instance)
        or ValueError (not saved).
        """
        try:
            field = self.field_for(obj)
        except TypeError as error:
            raise TypeError(
                f"{call}({self.name}=…): {error}; pass a saved instance of a registered model"
            ) from None
        except NotRegistered as error:
            raise NotRegistered(f"{call}({self.name}={rules.shown(obj)}): {error}") from None
        if isinstance(obj, type):
            raise TypeError(f"{call}({self.name}={obj.__name__}): pass an instance, not the class")
        if obj.pk is None or obj._state.adding:
            raise ValueError(
                f"{call}({self.name}={rules.shown(obj)}): the object is not saved; save it first"
            )
        return field

    def add(
        self,
        model: type[Model],
        field_name: str | None = None,
        related_name: str | None = None,
        on_delete: OnDelete = CASCADE,
        *,
        call: str = "Arc.add()",
    ) -> None:
        """Add the column for a model. To add the same column again changes nothing.

        Raises ImproperlyConfigured, beginning with ``call``, if the column is impossible.
        """
        rules.check_model(model, on_delete, call)
        model = concrete_model(model)
        if model is self.model:
            raise ImproperlyConfigured(
                f"{call}: {model._meta.label} cannot have a role in itself, since who may see one "
                f"would depend on another; register a model that has a foreign key to it."
            )
        name = rules.column_name(field_name, self.field_name, model, call)
        related_name = rules.filled_in(related_name, self.related_name, model, call)
        if known := self._fields.get(model):
            rules.check_same(known, name, related_name, on_delete, call)
            return
        self._check_free(name, model, call)
        field = ArcForeignKey(
            model, on_delete, related_name=related_name, null=True, blank=True, db_index=False
        )
        field.contribute_to_class(self.model, name)
        self._fields[model] = field
        self.empty_columns[field.attname] = None
        self._add_indexes(field)
        if self.accessor and not is_of_old_package(getattr(model, self.accessor, None)):
            setattr(model, self.accessor, RelatedActions(self.field_for))
        internals.expire_caches(self.model, model)

    def _check_free(self, name: str, model: type[Model], call: str) -> None:
        """Raise ImproperlyConfigured if a name that the arc would add is taken or impossible."""
        if not name.isidentifier() or iskeyword(name):
            raise ImproperlyConfigured(
                f"{call}: {name!r} cannot be the name of a column; to register several models, "
                f"pass a list."
            )
        if "__" in name or name.endswith("_") or len(name.encode()) > rules.COLUMN_BYTES:
            raise ImproperlyConfigured(
                f"{call}: the column '{name}' is longer than {rules.COLUMN_BYTES} bytes, has two "
                f"underscores together or ends in one; {self.how_to_name} such as '{self.name}_1'."
            )
        if hasattr(self.model, name):
            used = f"an attribute of {self.model._meta.label}"
            for field in self.model._meta.fields:
                if field.name == name and isinstance(field, ArcForeignKey):
                    used = f"used for {field.remote_field.model._meta.label}"
            label = model._meta.label_lower.replace(".", "_")
            other = self.field_name % {"model_name": label, "app_label": model._meta.app_label}
            raise ImproperlyConfigured(
                f"{call}: the column '{name}' is already {used}; {self.how_to_name}='{other}'."
            )
        taken = self.accessor and getattr(model, self.accessor, None)
        is_ours = isinstance(taken, RelatedActions) or is_of_old_package(taken)
        if self.accessor and taken and not is_ours:
            raise ImproperlyConfigured(
                f"{call}: {model._meta.label} has an attribute '{self.accessor}' of its own; "
                f"rename it, or set {self.accessor.line_to_change_it}."
            )

    def _add_indexes(self, field: ArcForeignKey) -> None:
        # These names are in the migrations of sites: to change one, sites must make migrations.
        app_label = self.model._meta.app_label
        is_set = Q((f"{field.name}__isnull", False))
        # Databases read it backward for the newest first. It ends with the key, so that a page
        # amid equal times reads only its own rows.
        name = rules.shortened(f"{app_label}_{field.name}_idx", INDEX_BYTES)
        index = Index(fields=[field.name, "datetime", "id"], name=name, condition=is_set)
        internals.add_index(self.model, index)
        if self.unique_together:
            name = rules.shortened(f"{app_label}_{field.name}_once", INDEX_BYTES)
            fields = [field.name if each == self.name else each for each in self.unique_together]
            internals.set_constraint(self.model, UniqueConstraint(fields=fields, name=name))
        if len(self._fields) > 1:
            at_most_one = CheckConstraint(
                condition=AtMostOne(*self.columns), name=f"{app_label}_{self.name}_arc"
            )
            internals.set_constraint(self.model, at_most_one)

    # The descriptor

    def model_and_key(self, instance: Model) -> tuple[type[Model], Any] | None:
        """Return the model and the key of the object that has the role, without loading it."""
        field = self.filled_field(instance)
        return (field.related_model, getattr(instance, field.attname)) if field else None

    def filled_field(self, instance: Model) -> ArcForeignKey | None:
        """Return the foreign key that is set on an instance. Deferred columns are loaded once."""
        known: dict[str, ArcForeignKey | None] = vars(instance._state).setdefault("filled", {})
        if self.name not in known:
            found, loaded = self._set_field(instance), instance.__dict__
            deferred = [] if found else [name for name in self.empty_columns if name not in loaded]
            if deferred:
                instance.refresh_from_db(using=instance._state.db, fields=deferred)
                found = self._set_field(instance)
            known[self.name] = found
        return known[self.name]

    def _set_field(self, instance: Model) -> ArcForeignKey | None:
        loaded, cache = instance.__dict__, instance._state.fields_cache
        for field in self.fields:  # an unsaved object has no key
            if loaded.get(field.attname) is not None or cache.get(field.name) is not None:
                return field
        return None

    def _get(self, instance: Model) -> Model | None:
        field = self.filled_field(instance)
        if not field:
            return None
        try:
            obj: Model | None = getattr(instance, field.name)
        except ObjectDoesNotExist:  # on_delete=DO_NOTHING, or deleted just now
            return None
        return obj

    def _set(self, instance: Model, obj: Model | None) -> None:
        new = None if obj is None else self.field_for(obj)
        for field in self.fields:
            is_empty = instance.__dict__.get(field.attname, self) is None
            if field is not new and not (is_empty and not field.is_cached(instance)):
                setattr(instance, field.name, None)
        if new:
            setattr(instance, new.name, obj)

    # Conditions

    def q(self, obj: Model) -> Q:
        """Build the condition that the role is held by this object.

        Raises NotRegistered, TypeError (not an instance) or ValueError (not saved).
        """
        return Q((self.field_for(obj).name, rules.key_of(obj)))

    def q_none(self) -> Q:
        """Build the condition that nothing has the role."""
        return Q(**{f"{name}__isnull": True for name in self.columns})

    def q_model(self, model_or_obj: Any) -> Q:
        """Build the condition that an object of this model has the role."""
        field, model = self.field_for(model_or_obj), concrete_model(model_or_obj)
        if field.related_model is model:
            return Q((f"{field.name}__isnull", False))
        return Q((f"{field.name}__in", model._default_manager.all()))  # a child of that model

    def q_in(self, objects: Iterable[Model]) -> Q:
        """Build the condition that one of these objects, also of several models, has the role.

        A queryset becomes a subquery; a slice or a union is read at once, by one query. Without
        objects, nothing meets the condition.
        """
        if isinstance(objects, QuerySet):
            name = self.field_for(objects.model).name
            return Q((f"{name}__in", rules.in_values(objects)))
        keys: dict[str, list[Any]] = {}
        for obj in objects:
            keys.setdefault(self.field_for(obj).name, []).append(rules.key_of(obj))
        condition = Q()
        for name, pks in keys.items():
            condition |= Q((f"{name}__in", pks))
        return condition or Q(pk__in=[])
