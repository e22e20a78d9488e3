"""Models that publish themselves: a new row sends an action, which is deleted with the row."""

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
from stream.chunks import chunks, key_chunks
from stream.publishing import checks, writing
from stream.publishing.hooks import Convention, action_model, itself, static
from stream.publishing.tracking import is_tracked

if TYPE_CHECKING:
    from stream.models import Action

__all__ = ["Activity", "ActivityManager", "ActivityQuerySet"]

_Row = TypeVar("_Row", bound="Activity")

BATCH_SIZE = 1000  # rows


class ActivityQuerySet(QuerySet[_Row]):
    """A queryset of objects that publish themselves when many are made at once, or later."""

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
        known to read. Raises ValueError if the database would not tell which rows are new.
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
        if chosen := [name for name, value in options.items() if value]:
            name = self.model.__name__
            raise ValueError(
                f"{name}.objects.bulk_create({', '.join(chosen)}): the database does not tell "
                f"which rows are new, so they cannot be published; write it in a block "
                f"'with model_tracking_disabled({name}):', then call "
                f"{name}.objects.publish_activities()"
            )
        with transaction.atomic(using=self.db):
            rows = super().bulk_create(objs, batch_size, **kwargs)
            for some in chunks(rows, batch_size or BATCH_SIZE):
                writing.publish_many(some, self.db)
        return rows

    def publish_activities(self, batch_size: int = BATCH_SIZE, *, notify: bool = False) -> int:
        """Write the actions of the rows that have none yet; return how many.

        Each batch is a transaction of four queries and one for each relation that the hooks are
        known to read: a call that was broken off can be repeated. Works even if tracking is off.
        """
        if batch_size < 1:
            raise ValueError(
                f"publish_activities(batch_size={batch_size}): a batch has one row at least"
            )
        self._for_write = True
        using, base = self.db, self.model._base_manager
        column = action_model().origin.field_for(self.model).name
        actions = action_model()._base_manager.using(using)
        no_key = connections[using].features.has_select_for_no_key_update
        has_action = Exists(actions.filter(**{column: OuterRef("pk")}))
        count = 0
        for keys in key_chunks(self.using(using).exclude(has_action), batch_size):
            with transaction.atomic(using=using):
                # Locked, and looked at again, so that only one of concurrent calls publishes a row.
                by_key = base.using(using).select_for_update(no_key=no_key).in_bulk(keys)
                done = actions.select_for_update().filter(**{f"{column}__in": keys})
                missing = by_key.keys() - set(done.values_list(column, flat=True))
                new = [by_key[key] for key in keys if key in missing]
                count += writing.publish_many(new, using, notify)
        return count

    publish_activities.alters_data = True  # type: ignore[attr-defined]

    async def apublish_activities(self, *args: Any, **kwargs: Any) -> int:
        """Like ``publish_activities``."""
        return await sync_to_async(self.publish_activities)(*args, **kwargs)

    apublish_activities.alters_data = True  # type: ignore[attr-defined]


class ActivityManager(Manager.from_queryset(ActivityQuerySet)):  # type: ignore[misc]
    """The manager of models that publish themselves; custom managers inherit from it."""


class Activity(models.Model):
    """A model whose objects are published as actions. Override hooks that do not suit.

    A hook is a value, a property, or the name of a field such as "photo__album"; only the verb is
    a text itself. The model, and those of its hooks, are registered when the site starts.
    """

    #: Who acts. ``None``, or an anonymous user: nothing is published.
    activity_actor: Any = Convention("user", "actor")
    activity_action_object: Any = itself
    activity_target: Any = None
    #: Where it happened, such as a project.
    activity_context: Any = None
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
    #: The foreign key from actions to the object; by default origin_%(app_label)s_%(model_name)s.
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
        """Write, change or delete the action as the hooks now say; return it. At most two queries.

        For changes without ``save()``, such as by ``update()``. Works even if tracking is off.
        """
        using = router.db_for_write(type(self), instance=self)
        with transaction.atomic(using=using), writing.as_stored([self], using):
            return writing.update(self, using)

    refresh_activity.alters_data = True  # type: ignore[attr-defined]

    # Fixtures are saved by models.Model.save_base itself, past this method.
    def save_base(self, *args: Any, using: str | None = None, **kwargs: Any) -> None:
        using = using or router.db_for_write(type(self), instance=self)
        publishes = is_tracked(type(self)) and (
            self._state.adding or self.activity_refresh or not _has_one_audience(type(self))
        )
        # With a savepoint, so that after an error nothing is written and the caller may go on.
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
