"""The addresses of pages in ``stream.urls``."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.admin.utils import quote
from django.contrib.auth import get_user_model
from django.db.models import Model
from django.urls import NoReverseMatch, reverse

from stream.arc.rules import concrete_model, key_text
from stream.arc.visibility import registered_model
from stream.following import find_follow_model

#: The pages of an object and of its model, by the names of their addresses.
PAGES = ("object", "actor", "followers", "following", "model")


def feed_url() -> str:
    """Return the address of the reader's home feed; "" without ``stream.urls`` or ``follow``."""
    try:
        return reverse("stream:feed")
    except NoReverseMatch:
        return ""


def named_feed_url(name: str) -> str:
    """Return the address of a news feed of the reader; "" where it has no page."""
    try:
        return reverse("stream:named_feed", args=[name])
    except NoReverseMatch:
        return ""


def stream_url(model_or_obj: Any, page: str = "object") -> str:
    """Return the address of an object's page, or "" where it has none. No query.

    ``page`` is "object" (what it takes part in), "actor" (what it does), "followers", "following"
    (of users) or "model", which also takes a class. Raises ValueError for any other.
    """
    model = page_model(model_or_obj, page)
    if model is None:
        return ""
    if page == "model":
        address = model_path(model)
    else:
        if isinstance(model_or_obj, type):
            raise TypeError(f"stream_url({model_or_obj.__name__}): pass an instance")
        if model_or_obj.pk is None:
            return ""
        address = object_path(model, model_or_obj)
    try:
        return reverse(f"stream:{page}", args=address)
    except NoReverseMatch:  # stream.urls is not included, or the key is an empty text
        return ""


def model_path(model_or_obj: Any) -> tuple[str, ...]:
    """Return what names a model in an address: its app and name."""
    meta = concrete_model(model_or_obj)._meta
    return meta.app_label, str(meta.model_name)


def object_path(model: type[Model], obj: Model) -> tuple[str, ...]:
    """Return what names an object in an address: app and name of the model, and quoted key."""
    return *model_path(model), quote(key_text(model, obj))


def page_model(model_or_obj: Any, page: str) -> type[Model] | None:
    """Return the registered model that addresses of this page name; None if it has no such page.

    Proxies and children have the addresses of their registered model. Raises ValueError for the
    name of a page that does not exist.
    """
    if page not in PAGES:
        raise ValueError(f"{page!r:.80} is no page; it is one of: {', '.join(PAGES)}")
    if page == "following":
        people = concrete_model(get_user_model())
        return people if issubclass(concrete_model(model_or_obj), people) else None
    if page == "followers":
        follow = find_follow_model()
        return registered_model(model_or_obj, follow.arcs.values()) if follow else None
    arcs: dict[str, Any] = apps.get_model("stream", "Action").arcs
    return registered_model(model_or_obj, [arcs["actor"]] if page == "actor" else arcs.values())
