"""Pages of the user's notifications. They extend the site's ``base.html`` if there is one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import BadRequest
from django.db.models import BigIntegerField, Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.generic import TemplateView, View

from stream.arc.names import object_url
from stream.arc.requests import clean_key, safe_url
from stream.models import Action
from stream.notifications import mutes
from stream.notifications.feed import NotificationFeed
from stream.notifications.models import Notification
from stream.paging.views import asked_cursor
from stream.web.lookup import get_model_or_404, get_object_or_404
from stream.web.pages import SitePageMixin
from stream.web.scrolling import HEADERS, wants_rows

BADGE_LIMIT = 100  # which a badge shows as "99+"


# CSRF tokens are required even if the middleware is not installed.
@method_decorator([never_cache, csrf_protect], name="dispatch")
class OwnMixin(LoginRequiredMixin, View):
    """Give a view the ``feed`` of the user who is signed in."""

    @cached_property
    def feed(self) -> NotificationFeed:
        asked = self.request.GET
        return NotificationFeed(
            self.request.user, unread="unread" in asked, archived="archived" in asked
        )


class NotificationListView(OwnMixin, SitePageMixin, TemplateView):
    """Notifications, newest first, in groups unless ``?single``; ``?unread`` or ``?archived``."""

    template_name = "stream/notifications/list.html"
    rows_template_name = "stream/notifications/_rows.html"
    page_size = 25

    def get_title(self) -> str:
        return _("Your notifications")

    def get_template_names(self) -> list[str]:
        return [self.rows_template_name if wants_rows(self.request) else self.template_name]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().get(request, *args, **kwargs)
        patch_vary_headers(response, HEADERS)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        is_single = "single" in self.request.GET
        read = self.feed.page if is_single else self.feed.groups
        page = read(self.page_size, **asked_cursor(self.request))
        return super().get_context_data(
            stream_page=page,
            stream_is_single=is_single,
            stream_is_part=wants_rows(self.request),
            stream_rows_template=self.rows_template_name,
            stream_feed=self.feed,
            stream_older_url=self._url(after=page.next),
            stream_newer_url=self._url(before=page.previous),
            stream_after=self.request.GET.get("after"),
            **kwargs,
        )

    def _url(self, **cursor: Any) -> str:
        if not any(cursor.values()):
            return ""
        params = self.request.GET.copy()
        for name in ("after", "before"):
            params.pop(name, None)
        params.update(cursor)
        return f"?{params.urlencode()}"


class CountView(OwnMixin):
    """The counts, for a badge: JSON, or for htmx ``stream/notifications/_badge.html``."""

    template_name = "stream/notifications/_badge.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        feed, is_badge = self.feed, wants_rows(request)
        limit = BADGE_LIMIT if is_badge else None
        counts = {"unseen": feed.count_unseen(limit), "unread": feed.count_unread(limit)}
        response: HttpResponse = JsonResponse(counts)
        if is_badge:
            response = render(request, self.template_name, counts)
        patch_vary_headers(response, HEADERS)
        return response

    def handle_no_permission(self) -> Any:
        return HttpResponse(status=401)  # a badge cannot hold the page to sign in


class OpenView(OwnMixin):
    """Mark a notification as read, or with ``?group`` its whole group; redirect to its object.

    Browsers that fetch the page before anybody has clicked get status 403, so that they ask again.
    """

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        notification = own_or_404(self.feed, pk)
        if is_prefetched(request):
            return HttpResponse(status=403)
        if request.method == "GET":
            if "group" in request.GET:
                self.feed.mark_read(group=notification.group)
            else:
                self.feed.mark_read(notification)
        url = safe_url(request, *addresses_of(notification.action))
        return HttpResponseRedirect(url or reverse("stream_notifications:list"))


class PostView(OwnMixin):
    """Do something by POST and go back: to ``next``, or else to the list."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        self.act(**kwargs)
        if wants_rows(request):
            return HttpResponse(status=204, headers={"HX-Trigger": "stream-notifications"})
        url = safe_url(request, request.POST.get("next"))
        return HttpResponseRedirect(url or reverse("stream_notifications:list"))

    def act(self, **kwargs: Any) -> None:
        raise NotImplementedError(f"{type(self).__name__}.act(): do what the address says")


class MarkView(PostView):
    """Mark as seen or read: one (``id``), a ``group``, or all.

    Other changes, such as "archive" and "delete", are of one or of a group.
    """

    what = "mark_read"
    all_of = "mark_seen", "mark_read"

    def act(self, **kwargs: Any) -> None:
        data, feed = self.request.POST, self.feed
        pk, group = _number(data.get("id")), _number(data.get("group"))
        if pk is not None and group is not None:
            raise Http404("id or group: one of the two")
        if pk is not None:
            own_or_404(feed, pk)
        chosen: Any = {"group": group} if group is not None else {}
        one = (pk,) if pk is not None else ()
        if one or chosen:
            getattr(feed, self.what)(*one, **chosen)
        elif self.what in self.all_of:
            getattr(feed, f"{self.what}_all")()
        else:
            raise Http404("id or group: which notification?")


class MuteView(PostView):
    """Mute or unmute a ``verb``, a ``kind``, or the object of ``app``, ``model`` and ``pk``.

    Only objects that the user may know of can be muted; to unmute one takes only a possible key.
    """

    muted = True

    def act(self, **kwargs: Any) -> None:
        data, user = self.request.POST, self.request.user
        change = self._mute if self.muted else mutes.unmute
        named: Any = {name: data[name] for name in ("verb", "kind") if data.get(name)}
        if named:
            try:
                change(user, **named)
            except (TypeError, ValueError):
                raise Http404("no such verb or kind") from None
        else:
            model = get_model_or_404(data.get("app", ""), data.get("model", ""), "object")
            change(user, self._object(model, data.get("pk", "")))
        said = _("You will hear no more of it.") if self.muted else _("You will hear of it again.")
        messages.success(self.request, said, fail_silently=True)

    def _object(self, model: type[Model], quoted: str) -> Model:
        if self.muted:
            return get_object_or_404(model, quoted, self.request.user)
        key = clean_key(model, unquote(quoted))
        if key is None:
            raise Http404(f"no {model._meta.label} has the key {quoted!a}")
        return model(pk=key)

    def _mute(self, user: Any, obj: Model | None = None, **named: str) -> bool:
        if not mutes.has_room(user, obj, **named):
            raise BadRequest(f"You have muted {mutes.MUTES_PER_USER} things, which is the limit.")
        return mutes.mute(user, obj, **named)


def own_or_404(feed: NotificationFeed, pk: int) -> Notification:
    """Return a notification of the user. 404 for those of others and unknown ones."""
    try:
        return feed.get(pk)
    except Notification.DoesNotExist:
        raise Http404(f"no notification {pk} of yours") from None


def is_prefetched(request: HttpRequest) -> bool:
    """Tell whether a browser fetches the page before anybody has clicked."""
    return any(
        word in request.headers.get(name, "").lower()
        for name in ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")
        for word in ("prefetch", "preview")
    )


def addresses_of(action: Action) -> Iterator[str]:
    """Yield what a notification leads to: its own address, or the page of an object or action.

    Yields "" for none.
    """
    if not action.public:
        yield str(action.data.get("url", ""))
    for obj in (action.target, action.action_object):
        if obj is not None:
            yield object_url(obj)
    yield action.get_absolute_url()


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    is_number = len(text) <= 19 and text.isascii() and text.isdigit()
    if not is_number or int(text) > BigIntegerField.MAX_BIGINT:
        raise Http404("no such notification")
    return int(text)
