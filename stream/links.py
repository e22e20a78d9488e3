"""The addresses of objects: their own, and those of their pages in ``stream.urls``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib.admin.utils import quote
from django.contrib.auth import get_user_model
from django.db.models import Model
from django.urls import NoReverseMatch, reverse

from stream.arc_names import object_url as object_url
from stream.arc_rules import concrete_model
from stream.following import is_followable

if TYPE_CHECKING:
    from stream.models import Action

#: The pages of an object and of its model, by the names of their addresses.
PAGES = ("object", "actor", "followers", "following", "model")


def feed_url() -> str:
    """Return the address of the reader's home feed, or "" where it is not included."""
    try:
        return reverse("stream:feed")
    except NoReverseMatch:
        return ""


def action_url(action: Action) -> str:
    """Return the address of an action's page, or "" where ``stream.urls`` is not included."""
    return action.get_absolute_url()


def stream_url(model_or_obj: Any, page: str = "object") -> str:
    """Return the address of an object's page, or "" where it has none. No query.

    ``page`` is "object" (what it takes part in), "actor" (what it does), "followers", "following"
    (of users) or "model", which also takes a class. Raises ValueError for any other.
    """
    if not has_page(model_or_obj, page):
        return ""
    if page == "model":
        address = model_path(model_or_obj)
    else:
        if isinstance(model_or_obj, type):
            raise TypeError(f"stream_url({model_or_obj.__name__}): pass an instance")
        if model_or_obj.pk is None:
            return ""
        address = object_path(model_or_obj)
    try:
        return reverse(f"stream:{page}", args=address)
    except NoReverseMatch:  # stream.urls is not included, or the key is an empty text
        return ""


def model_path(model_or_obj: Any) -> tuple[str, ...]:
    """Return what names a model in an address: its app and name."""
    meta = concrete_model(model_or_obj)._meta
    return meta.app_label, str(meta.model_name)


def object_path(obj: Model) -> tuple[str, ...]:
    """Return what names an object in an address: its app, model and quoted key."""
    return *model_path(obj), quote(obj._meta.pk.value_to_string(obj))


def has_page(model_or_obj: Any, page: str) -> bool:
    """Tell whether the objects of a model have such a page. Raises ValueError for no page."""
    if page not in PAGES:
        raise ValueError(f"{page!r:.80} is no page; it is one of: {', '.join(PAGES)}")
    if page == "followers":
        return is_followable(model_or_obj)
    if page == "following":
        return issubclass(concrete_model(model_or_obj), concrete_model(get_user_model()))
    arcs: dict[str, Any] = apps.get_model("stream", "Action").arcs
    roles = ["actor"] if page == "actor" else arcs
    return any(arcs[role].find_field(model_or_obj) for role in roles)
