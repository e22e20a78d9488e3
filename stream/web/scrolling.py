"""Pages that htmx, where a site loads it, scrolls on endlessly. Without it they are plain links."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers, patch_cache_control, patch_vary_headers

from stream.paging import PageMixin

HEADERS = ("HX-Request", "HX-Boosted", "HX-History-Restore-Request")
MOST_NEW = 100  # counted; shown as 99+


def wants_rows(request: HttpRequest) -> bool:
    """Tell whether htmx asks for a part of a page, and not for a whole one in its own way."""
    asked, boosted, restoring = (request.headers.get(name) == "true" for name in HEADERS)
    return asked and not boosted and not restoring


class ScrollMixin(PageMixin):
    """Let a ``ListView`` of a stream scroll on endlessly, and say when there are new rows.

    htmx gets ``rows_template_name`` in place of the page, and by ``?since=<cursor>``, each
    ``poll_seconds`` (None: never), ``new_template_name`` with the number of newer rows, up to 100,
    as ``count``, or status 204 where there are none.
    """

    rows_template_name = "stream/pages/_actions.html"
    new_template_name = "stream/pages/_new.html"
    poll_seconds: int | None = None

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.poll_seconds and "since" in request.GET:  # else it would count what is hidden
            return self.get_new(request)
        response: HttpResponse = super().get(request, *args, **kwargs)  # type: ignore[misc]
        patch_vary_headers(response, HEADERS)
        if wants_rows(request):  # some browsers go back to a part of a page that they have kept
            patch_cache_control(response, no_store=True)
        return response

    def get_new(self, request: HttpRequest) -> HttpResponse:
        view: Any = self
        count = view.get_queryset().count_newer(request.GET["since"] or None, MOST_NEW)
        response = HttpResponse(status=204)
        if count:
            context = {"count": count, "is_most": count == MOST_NEW, "first_url": self.url()}
            response = render(request, self.new_template_name, context)
        add_never_cache_headers(response)
        return response

    def url(self, **cursors: str | None) -> str:
        """Return the relative address of this list from a cursor on, or else of its first page."""
        params = self.request.GET.copy()  # type: ignore[attr-defined]
        for name in ("after", "before", "since"):
            params.pop(name, None)
        params.update(cursors)
        return f"?{params.urlencode()}"

    def get_template_names(self) -> list[str]:
        view: Any = self
        if wants_rows(view.request):
            return [self.rows_template_name]
        names: list[str] = super().get_template_names()  # type: ignore[misc]
        return names

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        page = context["stream_page"]
        view: Any = self
        urls = {
            "stream_rows_template": self.rows_template_name,
            "stream_after": view.request.GET.get("after"),
            "stream_is_part": wants_rows(view.request),
        }
        if page.next:
            urls["stream_older_url"] = self.url(after=page.next)
        if page.previous:
            urls["stream_newer_url"] = self.url(before=page.previous)
        elif self.poll_seconds:
            urls["stream_new_url"] = self.url(since=page.first or "")
            urls["stream_new_trigger"] = f"every {self.poll_seconds}s"
        return {**context, **urls}
