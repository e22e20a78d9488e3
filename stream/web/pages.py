"""Pages that extend a site's ``base.html``, and classes that apps add to pages of actions."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.cache import patch_cache_control
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_protect
from django.views.generic import View

from stream.web.frame import frame

#: Classes that each view of a page of actions extends. Apps add theirs in ``ready()``.
PAGE_MIXINS: list[type] = []

# What Django's generic views add. A site's base template may use these names for something else.
PLAIN_NAMES = ("object", "object_list", "page_obj", "paginator", "is_paginated")


@method_decorator(csrf_protect, name="dispatch")  # the forms work without the middleware, too
class SitePageMixin(View):
    """Give a page ``stream_base_template`` and ``stream_title``, and the view the ``reader``.

    All names that a page adds to its context begin with ``stream_``, except for Django's ``view``.
    No cache may show the page of a signed-in user to anybody else.
    """

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        response = super().dispatch(request, *args, **kwargs)
        if getattr(self.reader, "is_authenticated", False):
            patch_cache_control(response, private=True)
        return response

    @property
    def reader(self) -> Any:
        """The user who asks, perhaps an anonymous one; None on a site without users."""
        return getattr(self.request, "user", None)

    def get_title(self) -> str:
        raise NotImplementedError(f"{type(self).__name__}.get_title(): return the page's title")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context_data(  # type: ignore[misc]
            stream_base_template=frame(), stream_title=self.get_title(), **kwargs
        )
        return {name: value for name, value in context.items() if name not in PLAIN_NAMES}
