"""Lists that scroll on endlessly where a site loads htmx. Without it they have plain links."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers, patch_cache_control, patch_vary_headers

from stream.arc.requests import HEADERS as HEADERS, wants_rows as wants_rows
from stream.paging import PageMixin
from stream.web.looks import day_of

NEW_ROWS_COUNTED = 100  # at most; so many are shown as 99+


def day_before(request: HttpRequest) -> dt.date | None:
    """Return the day of the last row before a part of a page, below whose heading it goes on."""
    try:
        return dt.date.fromisoformat(request.headers.get("Stream-Day", ""))
    except ValueError:
        return None


def days(request: HttpRequest, rows: Sequence[Any]) -> dict[str, Any]:
    """Return the context by which the days of rows go on in the next part of a page."""
    before = day_before(request) if wants_rows(request) else None
    return {"stream_day_before": before, "stream_last_day": day_of(rows[-1]) if rows else before}


class ScrollMixin(PageMixin):
    """Let a ``ListView`` of a stream scroll on endlessly, and say when there are new rows.

    htmx gets ``rows_template_name`` in place of the page, and by ``?since=<cursor>``, each
    ``poll_seconds`` (None: never), ``new_template_name`` with the number of newer rows, up to 100,
    as ``count``, or status 204 where there are none.
    """

    rows_template_name = "stream/pages/_actions.html"
    new_template_name = "stream/pages/_new.html"
    poll_seconds: int | None = None
    live_source = ""  # whose events say that there are new rows, such as "home"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if (
            self.poll_seconds and "since" in request.GET
        ):  # a list of follows hides some, so it does not count
            return self.get_new(request)
        response: HttpResponse = super().get(request, *args, **kwargs)  # type: ignore[misc]
        patch_vary_headers(response, HEADERS)
        if wants_rows(request):  # on "back", some browsers would show the cached part of a page
            patch_cache_control(response, no_store=True)
            self.say_where(response)
        return response

    @staticmethod
    def say_where(response: Any) -> None:
        """Tell a script from where new rows are to be asked for, and whether there are some."""
        page = response.context_data["stream_page"]
        if page.rows:
            response.headers["Stream-First"] = page.first
        if page.previous:
            response.headers["Stream-Newer"] = page.previous

    def get_new(self, request: HttpRequest) -> HttpResponse:
        view: Any = self
        count = view.get_queryset().count_newer(request.GET["since"] or None, NEW_ROWS_COUNTED)
        response = HttpResponse(status=204)
        if count:
            context = {
                "count": count,
                "is_most": count == NEW_ROWS_COUNTED,
                "first_url": self.url(),
            }
            response = render(request, self.new_template_name, context)
        add_never_cache_headers(response)
        return response

    def url(self, **cursors: str | None) -> str:
        """Return the relative address of this list from a cursor on, or of its first page."""
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
            **days(view.request, page.rows),
        }
        if page.next:
            urls["stream_older_url"] = self.url(after=page.next)
        if page.previous:
            urls["stream_newer_url"] = self.url(before=page.previous)
        elif self.poll_seconds:
            urls["stream_new_url"] = self.url(since=page.first or "")
            urls["stream_new_trigger"] = f"every {self.poll_seconds}s"
            urls["stream_live_source"] = self.live_source
        return {**context, **urls}
