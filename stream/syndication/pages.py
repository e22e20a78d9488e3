"""ActivityStreams and links to feeds on pages."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils.cache import patch_vary_headers

from stream.syndication.activitystreams import CONTENT_TYPE, write_activity, write_collection
from stream.syndication.addresses import tag
from stream.syndication.documents import make_entry, make_feed, with_query
from stream.syndication.negotiation import respond, wants_activitystreams

# The pages that announce a feed. The address of a home feed is a secret, which caches might keep.
FEEDS = ("model", "object", "actor")


class ActivityStreamsMixin:
    """Let a view of actions answer with ActivityStreams where ``Accept`` prefers it to HTML.

    For a ``ListView`` with ``PageMixin``, or a ``DetailView`` of an action; it must be the first
    base. The answer holds only public actions, whatever the page shows. ``feed_title`` is the name
    of the collection.
    """

    feed_title = ""

    def get_feed_title(self) -> str:
        return str(self.feed_title)

    def offers_activitystreams(self) -> bool:
        """Tell whether ``Accept`` is looked at."""
        return True

    def sends_activitystreams(self) -> bool:
        view: Any = self
        return self.offers_activitystreams() and wants_activitystreams(view.request)

    def get_queryset(self) -> Any:
        actions: Any = super().get_queryset()  # type: ignore[misc]
        if not self.sends_activitystreams():
            return actions
        reader = getattr(self, "reader", None)  # None: everybody
        return actions.public().guarded_for(reader).with_objects()

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        view: Any = self
        request = view.request
        if not self.sends_activitystreams():
            response: HttpResponse = super().render_to_response(  # type: ignore[misc]
                context, **kwargs
            )
            if self.offers_activitystreams():
                patch_vary_headers(response, ["Accept"])
            return response
        is_list = "stream_page" in context
        if not is_list:
            entry = make_entry(request, view.object)
            return respond(request, CONTENT_TYPE, write_activity, entry, tag(request, "verb", ""))
        query = request.GET.copy()  # filters of the page stay
        for name in ("after", "before", "page"):
            query.pop(name, None)
        address = with_query(request.build_absolute_uri(request.path), query)
        about = {"id": address, "title": self.get_feed_title(), "link": address}
        feed = make_feed(request, context["stream_page"], address=address, **about)
        return respond(request, CONTENT_TYPE, write_collection, feed)


class StreamPageMixin(ActivityStreamsMixin):
    """Let a page of ``stream.views`` answer with ActivityStreams, and announce its feed.

    It does neither unless ``stream.syndication.urls`` is included.
    """

    page: str

    def offers_activitystreams(self) -> bool:
        try:
            reverse("stream_syndication:token")
        except NoReverseMatch:
            return False
        return True

    @property
    def reader(self) -> Any:
        """Who asks. For ActivityStreams nobody, as in feeds, except for the home feed."""
        if self.sends_activitystreams() and self.page != "feed":
            return None
        return super().reader  # type: ignore[misc]

    def get_feed_title(self) -> str:
        view: Any = self
        title: str = view.get_title()
        return title

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        view: Any = self
        if self.page in FEEDS and self.offers_activitystreams():
            about = view.model_class._meta.label if self.page == "model" else view.object
            kwargs |= {"stream_syndication_about": about, "stream_syndication_kind": self.page}
            kwargs["stream_syndication_template"] = "stream/syndication/_links.html"
        elif self.page == "feed" and self.offers_activitystreams():
            kwargs["stream_token_url"] = reverse("stream_syndication:token")
        context: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        return context
