"""Old addresses: pages lead to the new ones, and following takes POST."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.utils import quote
from django.contrib.auth import get_user_model
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest
from django.db.models import Model
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponsePermanentRedirect,
    HttpResponseRedirect,
)
from django.urls import NoReverseMatch, reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_protect

from follow.models import FLAG_LENGTH, Follow
from stream.arc.requests import find_stored, find_to_follow, safe_url
from stream.arc.values import is_storable
from stream.arc.visibility import visible_objects
from stream.contrib.actstream import actions
from stream.contrib.actstream.names import model_of
from stream.contrib.actstream.telling import quiet
from stream.contrib.old_modules import old_names
from stream.web.links import model_path, page_model

__getattr__ = old_names(
    __name__,
    {name: f"stream.views.{name.title()}StreamView" for name in ("actor", "model")}
    | {
        "stream": "stream.views.FeedView",
        "detail": "stream.views.ActionDetailView",
        "followers": "stream.views.FollowersView",
        "following": "stream.views.FollowingView",
        "user": "stream.views.ActorStreamView",
        "follow_unfollow": "follow.views.FollowView",
        "models": "stream.contrib.actstream.models",
    },
    {
        "respond": "buttons lead back to the page, and scripts get JSON",
        "USER_MODEL": "write django.contrib.auth.get_user_model()",
        "username_field": "write get_user_model().USERNAME_FIELD",
    },
)


def model_or_404(content_type_id: str, page: str) -> type[Model]:
    """Return the model whose page an old address names. No object is looked up."""
    model = model_of(content_type_id)
    found = model and page_model(model, page)
    if found is None:
        raise Http404(f"no model with such a page has the content type {content_type_id!a}")
    return found


class OldAddress(View):
    """Leads to the new address of a page. Whether the reader may see it is decided there."""

    http_method_names = ["get", "head"]

    new = ""  # the name of the new address
    page = "object"  # the page of stream.urls that the model must have
    ending: tuple[str, ...] = ()  # the last parts of the new address
    is_own = False  # whether it is about who asks
    response_class: type[HttpResponse] = HttpResponsePermanentRedirect

    def get(self, request: HttpRequest, **kwargs: str) -> HttpResponse:
        flag = kwargs.pop("flag", None)
        path = (*self.path(request, **kwargs), *self.ending)
        try:
            url = reverse(self.new, args=path)
        except NoReverseMatch:
            raise Http404(f"{self.new}: its URLconf is not included") from None
        query = request.GET.copy()
        if flag:
            query["flag"] = flag
        kind = HttpResponseRedirect if self.is_own else self.response_class
        return kind(f"{url}?{query.urlencode()}" if query else url)

    def path(
        self,
        request: HttpRequest,
        content_type_id: str = "",
        object_id: str = "",
        user_id: str = "",
        username: str = "",
        **others: str,
    ) -> tuple[Any, ...]:
        """Return what names the model and the object in the new address."""
        if username:
            user_id = self.key_of(request, username)
        elif self.is_own:
            if not request.user.is_authenticated:
                raise Http404("this address is about who asks, and nobody has signed in")
            user_id = str(request.user.pk)
        if user_id:
            return *model_path(get_user_model()), quote(user_id)
        if not content_type_id:
            return tuple(others.values())
        model = model_or_404(content_type_id, self.page)
        return (*model_path(model), quote(object_id)) if object_id else model_path(model)

    def key_of(self, request: HttpRequest, username: str) -> str:
        """Return the key of a user of whom the reader may know. One query."""
        users: Any = get_user_model()
        seen = visible_objects(users, request.user).filter(is_active=True)
        user = is_storable(username) and seen.filter(**{users.USERNAME_FIELD: username}).first()
        if not user:
            raise Http404(f"no user of whom the reader may know is called {username!a}")
        return str(user.pk)


class OldActor(OldAddress):
    """Leads to what an object does; where its model never acts, to the page of the object."""

    new = "stream:actor"
    page = "actor"

    def get(self, request: HttpRequest, **kwargs: str) -> HttpResponse:
        model = model_of(kwargs["content_type_id"])
        if model and page_model(model, self.page) is None:
            self.new, self.page = "stream:object", "object"
        return super().get(request, **kwargs)


@method_decorator(csrf_protect, name="dispatch")  # also where the middleware is not installed
class OldFollow(OldAddress):
    """Follows or unfollows by POST. GET changes nothing, and leads to the page of the object."""

    http_method_names = ["get", "head", "post"]

    new = "stream:object"
    response_class = HttpResponseRedirect  # POST takes the same address
    does_follow = True
    actor_only = True

    def get(self, request: HttpRequest, **kwargs: str) -> HttpResponse:
        kwargs.pop("flag", None)
        return super().get(request, **kwargs)

    def post(
        self, request: HttpRequest, content_type_id: str, object_id: str, flag: str | None = None
    ) -> HttpResponse:
        back = safe_url(request, request.POST.get("next"), request.GET.get("next"))
        if not request.user.is_authenticated:
            return redirect_to_login(back or "/")
        model, flag = model_or_404(content_type_id, "followers"), flag or ""
        if len(flag) > FLAG_LENGTH or not is_storable(flag):
            raise BadRequest(f"A flag is a text of {FLAG_LENGTH} characters at most.")
        with quiet():
            self.act(request.user, model, object_id, flag)
        if back:
            return HttpResponseRedirect(back)
        return HttpResponse(status=201 if self.does_follow else 204)

    def act(self, user: Any, model: type[Model], key: str, flag: str) -> None:
        if not self.does_follow:
            if obj := find_stored(model, key):
                actions.unfollow(user, obj, flag=flag)
            return
        obj = find_to_follow(model, key, user)
        if obj is None:
            raise Http404(f"no {model._meta.label} {key!a} that the user may follow")
        if not Follow.objects.all().has_room(user, obj, flag):
            raise BadRequest("No more flags are allowed for this object.")
        actions.follow(user, obj, actor_only=self.actor_only, flag=flag)
