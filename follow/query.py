"""Creating and finding follows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, Self, TypeVar, overload

from asgiref.sync import sync_to_async
from django.contrib.auth import get_user_model
from django.db import router, transaction
from django.db.models import Model, Q, QuerySet
from django.db.models.utils import resolve_callables

from stream.arc.changes import KEYS_PER_SIGNAL
from stream.arc.making import get_or_make
from stream.arc.models import ArcModel, ArcQuerySet
from stream.arc.rules import shown, signed_in
from stream.arc.values import refuse_values

if TYPE_CHECKING:
    from stream.arc import Arc

__all__ = ["FollowQuerySet"]

_Model = TypeVar("_Model", bound=Model)
_Row = TypeVar("_Row", bound=ArcModel)

FLAGS_PER_OBJECT = 20  # that requests may give to the follows of one object by one user


class FollowQuerySet(ArcQuerySet[_Row]):
    """Follows, newest first.

    ``flag`` is the kind of following: "" is the plain one, ``None`` any.
    """

    _db: str | None
    model: Any  # Follow, which has this as its manager

    @property
    def _arc(self) -> Arc:
        arc: Arc = self.model.target
        return arc

    # Creating

    def create(self, user: Model | None = None, obj: Model | None = None, **kwargs: Any) -> _Row:
        """Make a user follow an object.

        Raises NotRegistered, TypeError or ValueError, and IntegrityError where the user follows the
        object with this flag already.
        """
        columns = self._columns("Follow.objects.create", user, obj)
        if obj is not None:
            model = self._arc.field_for(obj).related_model
            kwargs.setdefault("actor_only", self.model.shows_acts_alone(model))
        return super().create(**columns, **kwargs)

    async def acreate(self, *args: Any, **kwargs: Any) -> _Row:
        """Like ``create``."""
        return await sync_to_async(self.create)(*args, **kwargs)

    def bulk_create(self, objs: Iterable[_Row], *args: Any, **kwargs: Any) -> list[_Row]:
        """Write many follows as Django does, and send ``follows_changed`` for them."""
        follows = list(objs)
        if not self.model.is_to_tell():
            return super().bulk_create(follows, *args, **kwargs)
        self._for_write = True
        with transaction.atomic(using=self.db):
            written = super().bulk_create(follows, *args, **kwargs)
            for at in range(0, len(written), KEYS_PER_SIGNAL):
                some = written[at : at + KEYS_PER_SIGNAL]
                self.model.tell_changed(self._keys_of(some), self.db)
        return written

    def _keys_of(self, written: Sequence[Any]) -> list[Any]:
        """Return the keys of follows, or of those that they were in conflict with."""
        if all(each.pk is not None for each in written):
            return [each.pk for each in written]
        same = Q()
        for field in self._arc.fields:
            keys = {getattr(each, field.attname) for each in written} - {None}
            same |= Q((f"{field.name}__in", keys)) if keys else Q()
        users = {each.user_id for each in written}
        follows = self.model._base_manager.using(self.db).filter(same, user__in=users)
        return list(follows.values_list("pk", flat=True))

    def get_or_create(  # type: ignore[override]
        self, user: Model | None = None, obj: Model | None = None, **kwargs: Any
    ) -> tuple[_Row, bool]:
        """Return the user's follow of an object; make it if there is none. Safe concurrently.

        ``flag`` is the kind, "" by default, and ``defaults`` are more fields of a new follow.
        """
        return self._get_or_create("Follow.objects.get_or_create", user, obj, **kwargs)

    def _get_or_create(
        self,
        call: str,
        user: Any,
        obj: Any,
        flag: str = "",
        defaults: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> tuple[_Row, bool]:
        known: dict[str, Any] = {**self._pair(call, user, obj, flag, kwargs), **kwargs}
        follows = self.using(self._db or router.db_for_write(self.model, instance=user))

        def make() -> _Row:
            fields: Any = {**kwargs, **dict(resolve_callables(defaults or {}))}
            return follows.create(user, obj, flag=flag, **fields)

        return get_or_make(follows, Q(**known), (get_user_model(), user.pk), make)

    async def aget_or_create(self, *args: Any, **kwargs: Any) -> tuple[_Row, bool]:
        """Like ``get_or_create``."""
        return await sync_to_async(self.get_or_create)(*args, **kwargs)

    def _columns(self, call: str, user: Any, obj: Any) -> dict[str, Any]:
        columns = {}
        if user is not None:  # None: a related manager passes it, as in ann.following.create(obj=…)
            if not isinstance(user, get_user_model()):
                raise TypeError(f"{call}(user={user!r:.80}): pass a user who is signed in")
            if user.pk is None or user._state.adding:
                raise ValueError(
                    f"{call}(user={shown(user)}): the user is not saved; save it first"
                )
            columns["user"] = user
        if obj is not None:
            columns[self._arc.check_object(obj, call).name] = obj
        return columns

    def _pair(
        self, call: str, user: Any, obj: Any, flag: Any, others: Iterable[str] = ()
    ) -> dict[str, Any]:
        """Return the conditions that one follow alone meets, or raise."""
        columns = self._columns(call, user, obj)
        if user is None:
            raise TypeError(f"{call}(): pass a user who is signed in")
        if obj is None and not set(others) & set(self._arc.columns):
            raise TypeError(f"{call}(): pass the object, a saved instance of a registered model")
        most = self.model._meta.get_field("flag").max_length or 0
        if not isinstance(flag, str) or len(flag) > most:
            raise ValueError(
                f"{call}(flag={flag!r:.80}): a flag is a text of {most} characters at most"
            )
        refuse_values(self.model, {"flag": flag}, call)
        return {**columns, "flag": flag}

    # Finding

    def fname(self, model_or_obj_or_qs: Any) -> str:
        """Return the name of the foreign key for a model, an object or a queryset."""
        if isinstance(model_or_obj_or_qs, QuerySet):
            model_or_obj_or_qs = model_or_obj_or_qs.model
        name: str = self._arc.field_for(model_or_obj_or_qs).name
        return name

    def get_follows(self, model_or_obj_or_qs: type[Model] | Model | QuerySet[Any]) -> Self:
        """Follows of a model, an object or the objects of a queryset."""
        if isinstance(model_or_obj_or_qs, QuerySet):
            return self.filter(self._arc.q_in(model_or_obj_or_qs))
        if isinstance(model_or_obj_or_qs, type):
            return self.filter(self._arc.q_model(model_or_obj_or_qs))
        return self.filter(self._arc.q(model_or_obj_or_qs))

    def is_following(self, user: Any, obj: Model, flag: str | None = "") -> bool:
        """Tell whether a user follows an object. One query, or none for an anonymous user."""
        if not signed_in(user, "is_following"):
            return False
        return self._of_kind(flag).filter(self._arc.q(obj), user=user).exists()

    async def ais_following(self, user: Any, obj: Model, flag: str | None = "") -> bool:
        """Like ``is_following``."""
        return await sync_to_async(self.is_following)(user, obj, flag)

    def has_room(self, user: Any, obj: Model, flag: str) -> bool:
        """Tell whether a request may make a user follow an object with this flag.

        Else requests could make follows without end, each with another flag. No query for the
        plain kind.
        """
        if not flag:
            return True
        follows = self.filter(self._arc.q(obj), user=user).exclude(flag="")
        flags = set(follows.order_by().values_list("flag", flat=True))
        return flag in flags or len(flags) < FLAGS_PER_OBJECT

    def followers(self, obj: Model, flag: str | None = None) -> QuerySet[Any]:
        """Return the users who follow an object, as a queryset of users."""
        follows = self._of_kind(flag).filter(self._arc.q(obj))
        return get_user_model()._default_manager.filter(pk__in=follows.order_by().values("user"))

    @overload
    def following(
        self, user: Any, model: type[_Model], /, *, flag: str | None = None
    ) -> QuerySet[_Model]: ...
    @overload
    def following(
        self, user: Any, /, *models: type[Model], flag: str | None = None
    ) -> list[Model]: ...
    def following(
        self, user: Any, /, *models: type[Any], flag: str | None = None
    ) -> QuerySet[Any] | list[Model]:
        """Return the objects of a model that a user follows, as a queryset of the model.

        Of several models, or of all if none is named, it is a list of all these objects, what was
        followed last first: one query for the follows and one for each model.
        """
        names = [self.fname(model) for model in models]
        is_signed_in = signed_in(user, "following") is not None
        if len(models) == 1:
            objects: QuerySet[Any] = models[0]._default_manager.all()
            if not is_signed_in:
                return objects.none()
            follows = self._of_kind(flag).filter(Q((f"{names[0]}__isnull", False)), user=user)
            return objects.filter(pk__in=follows.order_by().values(names[0]))
        if not is_signed_in:
            return []
        follows = self._of_kind(flag).filter(user=user)
        if models:
            follows = follows.filter(reduce(or_, map(self._arc.q_model, models)))
        targets = [getattr(follow, self._arc.name) for follow in follows.with_objects()]
        return list(dict.fromkeys(each for each in targets if each is not None))

    def mark(self, user: Any, objects: Iterable[_Model], flag: str | None = "") -> list[_Model]:
        """Set ``is_followed`` on each object: whether this user follows it. One query for all.

        The objects may be of several models. ``{% follow_form %}`` then takes no query for it.
        """
        objects = list(objects)
        followed = set()
        if objects and signed_in(user, "mark"):
            follows = self._of_kind(flag).filter(self._arc.q_in(objects), user=user)
            names = {self.fname(obj) for obj in objects}
            for keys in follows.order_by().values(*names):
                followed |= {(name, pk) for name, pk in keys.items() if pk is not None}
        for obj in objects:
            obj.is_followed = (self.fname(obj), obj.pk) in followed  # type: ignore[attr-defined]
            obj.is_followed_as = flag  # type: ignore[attr-defined]
        return objects

    def _of_kind(self, flag: str | None) -> Self:
        return self.all() if flag is None else self.filter(flag=flag)
