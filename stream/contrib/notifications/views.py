"""The old addresses: pages lead to the new ones, scripts are answered in the old form."""

from __future__ import annotations

from typing import Any

from django.db.models import BigIntegerField
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.generic import RedirectView, TemplateView, View

from stream.arc.requests import safe_url
from stream.contrib.notifications.helpers import get_notification_list
from stream.contrib.notifications.settings import deletes_softly
from stream.contrib.notifications.utils import slug2id
from stream.contrib.old_modules import old_names
from stream.notifications.feed import NotificationFeed
from stream.notifications.views import OwnMixin, own_or_404
from stream.web.pages import SitePageMixin

LIST = "stream_notifications:list"
DELETE = "Delete"  # which Django's admin has in all languages


class ListView(RedirectView):
    """Lead to the list of notifications, or of unread ones."""

    permanent = True
    query = ""

    def get_redirect_url(self, *args: Any, **kwargs: Any) -> str:
        return reverse(LIST) + self.query


class ChangeView(OwnMixin, SitePageMixin, TemplateView):
    """Ask by a button where the old address changed something by GET; do it by POST."""

    template_name = "stream/contrib/notifications/button.html"

    def get_title(self) -> str:
        raise NotImplementedError(f"{type(self).__name__}.get_title(): say what the button does")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            stream_next=safe_url(self.request, self.request.GET.get("next")), **kwargs
        )

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        self.act(**kwargs)
        asked = request.POST.get("next") or request.GET.get("next")
        return HttpResponseRedirect(safe_url(request, asked) or reverse(LIST))

    def act(self, **kwargs: Any) -> None:
        raise NotImplementedError(f"{type(self).__name__}.act(): do what the address says")


class MarkAllReadView(ChangeView):
    """Mark all as read."""

    def get_title(self) -> str:
        return _("Mark all as read")

    def act(self, **kwargs: Any) -> None:
        self.feed.mark_read_all()


class MarkView(ChangeView):
    """Mark one as read or unread, or delete it: softly where the site says so."""

    what = "mark_read"

    def get_title(self) -> str:
        if self.what == "mark_read":
            return _("Mark as read")
        if self.what == "mark_unread":
            return _("Mark as unread")
        return _("Archive") if deletes_softly() else _(DELETE)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        own_or_404(self.feed, key_of(kwargs.pop("slug")))
        return super().get(request, *args, **kwargs)

    def act(self, **kwargs: Any) -> None:
        what = "archive" if self.what == "delete" and deletes_softly() else self.what
        getattr(self.feed, what)(own_or_404(self.feed, key_of(kwargs["slug"])))


def key_of(slug: int) -> int:
    key = slug2id(slug)
    if not 0 < key <= BigIntegerField.MAX_BIGINT:
        raise Http404("no such notification")
    return key


# CSRF tokens are required even if the middleware is not installed.
@method_decorator([never_cache, csrf_protect], name="dispatch")
class LiveView(View):
    """Answer a script with a count, and perhaps the list; nobody who is signed in has none."""

    what = "unread"
    with_list = False

    def get(self, request: HttpRequest) -> JsonResponse:
        user = request.user
        found: list[Any] = []
        if self.with_list and user.is_authenticated:  # first: it may mark them as read
            found = get_notification_list(request, self.what)
        feed = NotificationFeed(user)
        count = feed.unread_count if self.what == "unread" else feed.count()
        answer: dict[str, Any] = {f"{self.what}_count": count}
        if self.with_list:
            answer[f"{self.what}_list"] = found
        return JsonResponse(answer)

    def post(self, request: HttpRequest) -> JsonResponse:
        return self.get(request)


PAGE = "stream.notifications.views.NotificationListView"
MARK = "include stream.notifications.urls, or call the methods of NotificationFeed"
LIVE = "include stream.contrib.notifications.urls, or see stream.live"
__getattr__ = old_names(
    __name__,
    {
        "AllNotificationsList": PAGE,
        "Notification": "stream.contrib.notifications.rows.Notification",
        "NotificationViewList": PAGE,
        "UnreadNotificationsList": PAGE,
        "notification_settings": "stream.contrib.notifications.settings",
    },
    {
        "StrictVersion": "write packaging.version.Version",
        "date_handler": "write django.core.serializers.json.DjangoJSONEncoder",
        "delete": MARK,
        "live_all_notification_count": LIVE,
        "live_all_notification_list": LIVE,
        "live_unread_notification_count": LIVE,
        "live_unread_notification_list": LIVE,
        "load_model": "write django.apps.apps.get_model(…)",
        "mark_all_as_read": MARK,
        "mark_as_read": MARK,
        "mark_as_unread": MARK,
    },
)
