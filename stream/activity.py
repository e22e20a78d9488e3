"""Models that publish themselves: to make one sends an action, to delete it removes the action."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from asgiref.sync import sync_to_async
from django.core.checks import CheckMessage
from django.db import connections, models, router, transaction
from django.db.models import Exists, Manager, Model, OuterRef, QuerySet
from django.db.models.signals import post_save

from stream.arc.rules import concrete_model
from stream.publishing import checks, writing
from stream.publishing.hooks import Convention, itself, static
from stream.publishing.tracking import is_tracked

if TYPE_CHECKING:
    from stream.models import Action

__all__ = ["Activity", "ActivityManager", "ActivityQuerySet"]

_Row = TypeVar("_Row", bound="Activity")

BATCH_SIZE = 1000


class ActivityQuerySet(QuerySet[_Row]):
    """Rows that publish themselves when many are made at once, or later."""

    _db: str | None

    def bulk_create(  # type: ignore[override]
        self,
        objs: Iterable[_Row],
        batch_size: int | None = None,
        ignore_conflicts: bool = False,
        update_conflicts: bool = False,
        **kwargs: Any,
    ) -> list[_Row]:
        """Write many rows as Django does and their actions, in one transaction.

        For each batch, one query for the actions and one for each relation that the hooks are
        known to read. Raises ValueError where the database would not tell which rows are new.
        """
        options: dict[str, Any] = {
            "ignore_conflicts": ignore_conflicts,
            "update_conflicts": update_conflicts,
        }
        objs = list(objs)
        self._for_write = True
        has_parents = bool(concrete_model(self.model)._meta.parents)  # Django refuses these
        if not objs or has_parents or not is_tracked(self.model):
            return super().bulk_create(objs, batch_size, **options, **kwargs)
        returns_keys = connections[self.db].features.can_return_rows_from_bulk_insert
        if not returns_keys and any(obj.pk is None for obj in objs):
            options["without keys"] = True
        self._refuse([name for name, chosen in options.items() if chosen])
        with transaction.atomic(using=self.db):
            rows = super().bulk_create(objs, batch_size, **kwargs)
            size = batch_size or BATCH_SIZE
            for start in range(0, len(rows), size):
                writing.publish_many(rows[start : start + size], self.db)
        return rows

    def _refuse(self, options: list[str]) -> None:
        if options:
            name = self.model.__name__
            raise ValueError(
                f"{name}.objects.bulk_create({', '.join(options)}): the database does not tell "
                f"which rows are new, so they cannot be published; write it in a block "
                f"'with model_tracking_disabled({name}):', then call "
                f"{name}.objects.publish_activities()"
            )

    def publish_activities(self, batch_size: int = BATCH_SIZE, *, notify: bool = False) -> int:
        """Write the actions of those rows that have none yet; return how many.

        Each batch is a transaction of four queries and one for each relation that the hooks are
        known to read: a call that was broken off can be made again. Also where tracking is off.
        """
        if batch_size < 1:
            raise ValueError(
                f"publish_activities(batch_size={batch_size}): a batch has one row at least"
            )
        self._for_write = True
        using, base = self.db, self.model._base_manager
        column = writing.action_model().origin.field_for(self.model).name
        actions = writing.action_model()._base_manager.using(using)
        no_key = connections[using].features.has_select_for_no_key_update
        has_action = Exists(actions.filter(**{column: OuterRef("pk")}))
        rows = self.using(using).exclude(has_action).order_by("pk").values_list("pk", flat=True)
        count, keys = 0, list(rows[:batch_size])
        while keys:
            with transaction.atomic(using=using):
                # Locked, and looked at again, so that of concurrent calls one publishes a row.
                found = base.using(using).select_for_update(no_key=no_key).in_bulk(keys)
                done = actions.select_for_update().filter(**{f"{column}__in": keys})
                missing = found.keys() - set(done.values_list(column, flat=True))
                new = [found[key] for key in keys if key in missing]
                count += writing.publish_many(new, using, notify)
            keys = list(rows.filter(pk__gt=keys[-1])[:batch_size])
        return count

    publish_activities.alters_data = True  # type: ignore[attr-defined]

    async def apublish_activities(self, *args: Any, **kwargs: Any) -> int:
        """Like ``publish_activities``."""
        return await sync_to_async(self.publish_activities)(*args, **kwargs)

    apublish_activities.alters_data = True  # type: ignore[attr-defined]


class ActivityManager(Manager.from_queryset(ActivityQuerySet)):  # type: ignore[misc]
    """The manager of models that publish themselves; inherit from it in managers of your own."""


class Activity(models.Model):
    """A model whose rows are actions too. Override the hooks that the conventions do not suit.

    A hook is a value, a property, or the name of a field such as "photo__album"; the verb is
    itself. The model and those that its hooks name are registered when the site starts.
    """

    #: Who acts. ``None``, or an anonymous user: nothing is published.
    activity_actor: Any = Convention("user", "actor")
    activity_action_object: Any = itself
    activity_target: Any = None
    #: When it happened; ``None`` is now.
    activity_time: Any = Convention("created_at")
    #: Extra data, a dict of what JSON can hold.
    activity_data: Any = None
    #: Whether streams show it. The action follows the hook whenever the object is saved.
    activity_public: Any = True
    #: Whom to notify: a user, or several.
    activity_notify: Any = None
    #: What to load with the objects of this model in streams, and before many are published.
    activity_related_models: ClassVar[Sequence[str]] = ()
    #: Whether saving changes the action too: True, or the names of the fields that matter.
    activity_refresh: ClassVar[bool | Sequence[str]] = False
    #: The column of actions that leads back to the object, origin_%(app_label)s_%(model_name)s.
    activity_field_name: ClassVar[str | None] = None

    objects: ClassVar[Any] = ActivityManager()

    class Meta:
        abstract = True

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        post_save.connect(_saved, sender=cls)

    @property
    def activity_verb(self) -> Any:
        """Return the name of the class, in lower case."""
        return self._meta.model_name

    def refresh_activity(self) -> Action | None:
        """Write, change or remove the action as the hooks now say; return it. Two queries at most.

        For what no ``save()`` tells, such as ``update()``. Also where tracking is off.
        """
        using = self._state.db or router.db_for_write(type(self), instance=self)
        with transaction.atomic(using=using), writing.as_stored([self], using):
            return writing.update(self, using)

    refresh_activity.alters_data = True  # type: ignore[attr-defined]

    # Fixtures are saved by models.Model.save_base itself, past this method.
    def save_base(self, *args: Any, using: str | None = None, **kwargs: Any) -> None:
        using = using or router.db_for_write(type(self), instance=self)
        publishes = is_tracked(type(self)) and (
            self._state.adding or self.activity_refresh or not _has_one_audience(type(self))
        )
        # With a savepoint: what raises leaves the caller's transaction usable, and nothing written.
        with transaction.atomic(using=using) if publishes else nullcontext():
            super().save_base(*args, using=using, **kwargs)  # type: ignore[misc]

    @classmethod
    def check(cls, **kwargs: Any) -> list[CheckMessage]:
        return [*super().check(**kwargs), *checks.check(cls)]


def _has_one_audience(model: type[Model]) -> bool:
    return isinstance(static(model, "activity_public"), bool)


def _saved(
    instance: Activity,
    created: bool,
    raw: bool,
    using: str,
    update_fields: frozenset[str] | None = None,
    **kwargs: Any,
) -> None:
    if raw or not is_tracked(type(instance)):
        return
    wanted = instance.activity_refresh
    if created:
        write: Callable[[Model, str], Any] = writing.publish
    elif wanted is True or (wanted and (update_fields is None or {*update_fields} & {*wanted})):
        write = writing.update
    elif _has_one_audience(type(instance)):
        return
    else:
        write = writing.update_public
    with writing.as_stored([instance], using):
        write(instance, using)
