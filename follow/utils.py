"""Registering models and following. Safe to import from any app's models.py or apps.py."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, cast

from asgiref.sync import sync_to_async
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import router, transaction
from django.db.models import Model
from django.urls import reverse

from stream.arc import Arc
from stream.arc.registration import NOT_GIVEN, register_later
from stream.arc.rules import concrete_model, key_text

if TYPE_CHECKING:
    from follow.models import Follow
    from follow.query import FollowQuerySet

__all__ = [
    "afollow",
    "atoggle",
    "aunfollow",
    "follow",
    "follow_link",
    "follow_url",
    "get_follows",
    "register",
    "register_followable",
    "toggle",
    "toggle_link",
    "unfollow",
    "unfollow_link",
]


def register(
    model: Any = NOT_GIVEN,
    field_name: str | None = None,
    related_name: str | None = None,
    lookup_method_name: str = "get_follows",
    *,
    actor_only: bool | None = None,
) -> Any:
    """Let users follow the objects of a model, which get a method ``get_follows()``.

    Home feeds show what followed objects do; with ``actor_only`` false also what is done to them,
    as by default for a model that is not registered as actor. Each follow may say otherwise.

    Takes a model class, its name ("blog.Post", settings.AUTH_USER_MODEL) or a list of them, and
    works as a decorator. Call it in models.py or in AppConfig.ready(), in any order of apps.
    Returns what it was given. Raises ImproperlyConfigured where the model, the column or the
    method is impossible, at the latest when all models are loaded; an unknown name is system check
    models.E022.
    """
    if model is NOT_GIVEN:
        return lambda model: register(
            model, field_name, related_name, lookup_method_name, actor_only=actor_only
        )

    def add(arc: Arc, model_class: type[Model], call: str) -> None:
        if not isinstance(lookup_method_name, str) or not lookup_method_name.isidentifier():
            raise ImproperlyConfigured(
                f"{call}: lookup_method_name={lookup_method_name!r:.80} is no name of a method; "
                f"write one such as 'get_follows'."
            )
        taken = getattr(model_class, lookup_method_name, get_follows)
        if taken is not get_follows:
            raise ImproperlyConfigured(
                f"{call}: {model_class._meta.label} has an attribute '{lookup_method_name}' of its "
                f"own; pass another lookup_method_name."
            )
        arc.add(model_class, field_name, related_name, call=call)
        setattr(model_class, lookup_method_name, get_follows)
        if actor_only is not None:
            arc.model.reaches[concrete_model(model_class)] = actor_only  # type: ignore[attr-defined]

    options = {"field_name": field_name, "related_name": related_name}
    register_later(("follow", "follow", "target"), model, "register", options, add)
    return model


#: The same as ``register``, by a name that says what for, beside ``register_actor``.
register_followable = register


def get_follows(obj: Model) -> FollowQuerySet[Follow]:
    """Return the follows of an object. Every registered model gets this as a method."""
    return _follows().get_follows(obj)


def follow(
    user: Model,
    obj: Model,
    flag: str = "",
    actor_only: bool | None = None,
    *,
    send_action: bool = False,
) -> Follow:
    """Make a user follow an object; return the follow, new or not.

    ``flag`` is the kind of following. With ``actor_only`` false, streams show also what is done to
    the object; ``None`` keeps what a follow has, and gives a new one the model's default.
    ``send_action`` records a new follow by an action, once for each object, which must be
    registered as a target: "started following", or "started liking" with the flag "liking".
    """
    return _follow("follow", user, obj, flag, actor_only, send_action)


def _follow(
    call: str,
    user: Model,
    obj: Model,
    flag: str,
    actor_only: bool | None = None,
    send_action: bool = False,
) -> Follow:
    reach = {} if actor_only is None else {"actor_only": actor_only}
    follows = _follows()
    follows._pair(call, user, obj, flag)  # before the user is asked for a database
    using = router.db_for_write(follows.model, instance=user)
    with transaction.atomic(using=using) if send_action else nullcontext():
        follow, is_new = follows._get_or_create(call, user, obj, flag, reach)
        if is_new and send_action:
            _record(user, "started", flag, obj)
    if not is_new and actor_only not in (None, follow.actor_only):
        follow.actor_only = bool(actor_only)
        follow.save(update_fields=["actor_only"])
    return follow


def _record(user: Model, begins: str, flag: str, obj: Model) -> None:
    actions: Any = _model("stream", "Action")._default_manager
    actions.get_or_create(user, f"{begins} {flag or 'following'}", obj)


def sends_action(obj: Any, flag: str = "") -> bool:
    """Tell whether buttons and the API record the follow of an object, as the setting says.

    True means the plain kind alone: flags come with requests, and would be verbs.
    """
    wanted = getattr(settings, "FOLLOW_SEND_ACTION", False)
    is_wanted = flag == "" if wanted is True else flag in (wanted or ())
    actions: Any = _model("stream", "Action")
    return is_wanted and actions.target.find_field(obj) is not None


def unfollow(
    user: Model, obj: Model, flag: str = "", *, send_action: bool = False
) -> Follow | None:
    """End a follow; return it without its key, or None if the user did not follow the object.

    ``send_action`` records it as ``follow`` does: "stopped following", or "stopped liking".
    """
    return _unfollow("unfollow", user, obj, flag, send_action)


def _unfollow(
    call: str, user: Model, obj: Model, flag: str, send_action: bool = False
) -> Follow | None:
    follows = _follows()
    pair = follows._pair(call, user, obj, flag)
    using = router.db_for_write(follows.model, instance=user)
    with transaction.atomic(using=using):
        # With the lock, only one of concurrent calls deletes the follow and sends the signal.
        follow = follows.using(using).select_for_update().filter(**pair).first()
        if follow:
            for name, value in pair.items():  # the signal and the caller need not fetch them
                setattr(follow, name, value)
            follow.delete()
            if send_action:
                _record(user, "stopped", flag, obj)
    return follow


def toggle(user: Model, obj: Model, flag: str = "") -> Follow:
    """Unfollow an object if the user follows it, else follow it; an ended follow has no ``pk``."""
    return _unfollow("toggle", user, obj, flag) or _follow("toggle", user, obj, flag)


async def afollow(*args: Any, **kwargs: Any) -> Follow:
    """Like ``follow``."""
    return await sync_to_async(follow)(*args, **kwargs)


async def aunfollow(*args: Any, **kwargs: Any) -> Follow | None:
    """Like ``unfollow``."""
    return await sync_to_async(unfollow)(*args, **kwargs)


async def atoggle(*args: Any, **kwargs: Any) -> Follow:
    """Like ``toggle``."""
    return await sync_to_async(toggle)(*args, **kwargs)


def follow_link(obj: Model) -> str:
    """Return the URL that follows an object by POST."""
    return _link("follow", obj)


def unfollow_link(obj: Model) -> str:
    """Return the URL that unfollows an object by POST."""
    return _link("unfollow", obj)


def toggle_link(obj: Model) -> str:
    """Return the URL that follows an object or unfollows it, by POST."""
    return _link("toggle", obj)


def follow_url(user: Model | None, obj: Model, flag: str = "") -> str:
    """Return the URL that unfollows an object which the user follows, or else follows it."""
    return unfollow_link(obj) if _follows().is_following(user, obj, flag) else follow_link(obj)


def _link(name: str, obj: Model) -> str:
    follow_model: Any = _model("follow", "Follow")
    model = follow_model.target.field_for(obj).related_model
    return link_to(name, model, key_text(model, obj))


def link_to(name: str, model: type[Model], key: str) -> str:
    """Return the URL "follow", "unfollow" or "toggle" of a registered model and a key as text."""
    return reverse(name, args=[model._meta.app_label, model._meta.model_name, key])


def _follows() -> FollowQuerySet[Follow]:
    return cast("FollowQuerySet[Follow]", _model("follow", "Follow")._default_manager.all())


def _model(app_label: str, name: str) -> type[Model]:
    try:
        return apps.get_model(app_label, name)
    except LookupError:
        raise ImproperlyConfigured(
            f"follow.utils: the app is not installed; add '{app_label}' to INSTALLED_APPS."
        ) from None
