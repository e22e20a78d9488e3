"""``path("api/", include("stream.api.urls_read"))``: the REST API without what writes."""

from typing import Any

from django.urls import path

from stream.api import urls

app_name = urls.app_name


def read_only(pattern: Any) -> Any:
    """Return a pattern of the API whose view answers only GET and HEAD."""
    view = pattern.callback
    only = view.cls.as_view({"get": view.actions["get"]}, **view.initkwargs)
    return path(str(pattern.pattern), only, name=pattern.name)


patterns: list[Any] = urls.urlpatterns
urlpatterns = [read_only(each) for each in patterns if "get" in each.callback.actions]
