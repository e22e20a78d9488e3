"""The feeds, and the page on which users get the addresses of their home feed."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import BadRequest
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.generic import TemplateView

from stream.actions.sending import ActionQuerySet
from stream.arc.names import object_name, object_url
from stream.paging.views import asked_cursor
from stream.streams import actor_stream, any_stream, model_stream, user_stream
from stream.syndication.addresses import absolute, page_of, tag
from stream.syndication.documents import make_feed
from stream.syndication.models import FeedToken
from stream.syndication.negotiation import FORMATS, choose_format, respond
from stream.web.links import feed_url, model_path, stream_url
from stream.web.lookup import get_model_or_404, get_object_or_404
from stream.web.pages import SitePageMixin

Found = tuple[ActionQuerySet[Any], dict[str, str]]  # the actions; the id, title and link of a feed


class FeedView(View):
    """A feed of public actions, in the format that the address or ``Accept`` asks for.

    Status 400 for a forged cursor, 404 for what does not exist, 304 by ``If-None-Match``.
    """

    http_method_names = ["get", "head", "options"]
    page_size = 25
    kind = ""
    reader: Any = None  # a feed is the same for everybody

    def find(self, request: HttpRequest, **kwargs: str) -> Found:
        """Return the actions and the feed's id, title and link. Raises Http404."""
        raise NotImplementedError(f"{type(self).__name__}.find(): return what the feed tells")

    def get(self, request: HttpRequest, format: str | None = None, **kwargs: str) -> HttpResponse:
        if format and format not in FORMATS:
            raise Http404("unknown format")
        actions, about = self.find(request, **kwargs)
        page = actions.defer("data").page(self.page_size, **asked_cursor(request))
        chosen = choose_format(request, format)
        url = reverse(f"stream_syndication:{self.kind}", kwargs={**kwargs, "format": chosen})
        feed = make_feed(request, page, address=absolute(request, url), **about)
        response = respond(request, FORMATS[chosen].content_type, FORMATS[chosen].write, feed)
        patch_cache_control(response, no_cache=True)  # caches ask first: an action may be deleted
        return response


class ModelFeedView(FeedView):
    """What objects of a model take part in."""

    kind = "model"

    def find(self, request: HttpRequest, **kwargs: str) -> Found:
        model = get_model_or_404(kwargs["app"], kwargs["model"], self.kind)
        name = str(model._meta.verbose_name_plural)
        return model_stream(model).guarded_for(self.reader), {
            "id": tag(request, *model_path(model)),
            "title": _("What happens with %(name)s") % {"name": name},
            "link": page_of(request, stream_url(model, "model")),
        }


class ObjectFeedView(FeedView):
    """What an object takes part in."""

    kind = "object"

    def find(self, request: HttpRequest, **kwargs: str) -> Found:
        model = get_model_or_404(kwargs["app"], kwargs["model"], self.kind)
        obj = get_object_or_404(model, kwargs["pk"], self.reader)
        return self.get_stream(obj), {
            "id": tag(request, *model_path(model), obj.pk, self.kind),
            "title": self.get_title(obj),
            "link": page_of(request, stream_url(obj, self.kind), object_url(obj)),
        }

    def get_stream(self, obj: Model) -> ActionQuerySet[Any]:
        return any_stream(obj).guarded_for(self.reader)

    def get_title(self, obj: Model) -> str:
        return _("What happens with %(name)s") % {"name": object_name(obj)}


class ActorFeedView(ObjectFeedView):
    """What an object, such as a user, does."""

    kind = "actor"

    def get_stream(self, obj: Model) -> ActionQuerySet[Any]:
        return actor_stream(obj).guarded_for(self.reader)

    def get_title(self, obj: Model) -> str:
        return _("What %(name)s does") % {"name": object_name(obj)}


@method_decorator(login_not_required, name="dispatch")  # the address itself is the key
class HomeFeedView(FeedView):
    """The home feed of the user whose token is in the address."""

    kind = "home"

    def find(self, request: HttpRequest, **kwargs: str) -> Found:
        token = FeedToken.objects.find(kwargs["token"])
        if not token:
            raise Http404("no such feed")
        self.reader = user = token.user
        return user_stream(user), {
            "id": tag(request, *model_path(user), user.pk, "home"),  # outlives the token
            "title": _("What %(name)s follows") % {"name": object_name(user)},
            "link": page_of(request, feed_url()),
        }

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().get(request, *args, **kwargs)
        patch_cache_control(response, private=True)
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Robots-Tag"] = "noindex"
        return response


@method_decorator([never_cache, csrf_protect], name="dispatch")
class TokenView(LoginRequiredMixin, SitePageMixin, TemplateView):
    """The page with the addresses of the user's home feed; POST renews or revokes the token."""

    template_name = "stream/syndication/token.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user: Any = self.request.user
        token = FeedToken.objects.of(user)
        feeds = []
        if token:
            for name, each in FORMATS.items():
                url = reverse("stream_syndication:home", args=[token.secret, name])
                feeds.append((each.label, absolute(self.request, url)))
        return super().get_context_data(stream_addresses=feeds, **kwargs)

    def get_title(self) -> str:
        return _("Your feed")

    def post(self, request: HttpRequest) -> HttpResponse:
        match request.POST.get("do"):
            case "renew":
                FeedToken.objects.renew(request.user)
            case "revoke":
                FeedToken.objects.revoke(request.user)
            case _:
                raise BadRequest("POST do=renew or do=revoke.")
        return HttpResponseRedirect(reverse("stream_syndication:token"))
