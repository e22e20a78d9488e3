"""Pages in views, by the cursor in the address."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from stream.paging.pages import InvalidCursor

CURSORS = ("after", "before")


class PageMixin:
    """Give a ``ListView`` of a stream ``stream_page``, by ``?after=`` and ``?before=``.

    Instead of ``paginate_by``. A cursor that is not of this site is answered with status 400.
    """

    page_size = 25
    paginate_by: int | None = None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        view: Any = self
        page = view.object_list.page(self.page_size, **asked_cursor(view.request))
        context: dict[str, Any] = super().get_context_data(  # type: ignore[misc]
            object_list=page, stream_page=page, **kwargs
        )
        return context


def asked_cursor(request: HttpRequest) -> dict[str, str]:
    """Return the cursor in an address as ``after`` or ``before``. Raises InvalidCursor for both."""
    cursors = {name: value for name in CURSORS if (value := request.GET.get(name))}
    if len(cursors) > 1:
        raise InvalidCursor("A page is after one cursor or before one.")
    return cursors
