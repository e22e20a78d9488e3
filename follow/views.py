"""Following by POST: for forms, which are sent back to a page, and for scripts, which get JSON."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest, ValidationError
from django.db.models import Model
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseRedirect,
    JsonResponse,
)
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import View
from django.views.decorators.csrf import csrf_protect

from follow import utils
from follow.models import FLAG_LENGTH, Follow
from follow.query import FLAGS_PER_OBJECT
from stream.arc_names import object_url


@method_decorator(csrf_protect, name="dispatch")  # also where the middleware is not installed
class ToggleView(View):
    """Follow an object, or unfollow it where the user follows it.

    Forms are sent back to ``next``, the object's page, the referring page or ``/``: the first that
    is there and on this site. Scripts that accept JSON get ``{"following": …, "url": …}``.
    ``flag`` is the kind of following.
    """

    http_method_names = ["post"]

    def act(self, user: Any, obj: Model, flag: str) -> None:
        check_room(user, obj, flag)
        utils.toggle(user, obj, flag)

    def post(self, request: HttpRequest, app: str, model: str, pk: str) -> HttpResponse:
        obj = self.get_object(app, model, pk)
        wants_json = (
            request.get_preferred_type(["text/html", "application/json"]) == "application/json"
        )
        if not request.user.is_authenticated:
            if wants_json:
                return JsonResponse({"detail": "Sign in to follow."}, status=401)
            return redirect_to_login(self.get_success_url(obj), settings.LOGIN_URL)
        flag = request.POST.get("flag", "").replace("\x00", "")
        if len(flag) > FLAG_LENGTH:
            return HttpResponseBadRequest(f"A flag has {FLAG_LENGTH} characters at most.")
        self.act(request.user, obj, flag)
        if not wants_json:
            return HttpResponseRedirect(self.get_success_url(obj))
        following = Follow.objects.is_following(request.user, obj, flag)
        url = utils.unfollow_link(obj) if following else utils.follow_link(obj)
        return JsonResponse({"following": following, "url": url})

    def get_object(self, app: str, model: str, pk: str) -> Model:
        """Return the object. 404 for an unknown or unregistered model and for a missing object."""
        try:
            model_class = apps.get_model(app, model)
        except LookupError:
            raise Http404(f"no model {app}.{model}") from None
        if not Follow.target.find_field(model_class) or "\x00" in pk:
            raise Http404(f"{app}.{model} cannot be followed")
        try:
            obj: Model = model_class._default_manager.get(pk=pk)
        except (model_class.DoesNotExist, ValueError, ValidationError, OverflowError):
            raise Http404(f"no {app}.{model} {pk}") from None
        if not self.may_see(obj):
            raise Http404(f"no {app}.{model} {pk}")
        return obj

    def may_see(self, obj: Model) -> bool:
        """Tell whether the user sees the object, by ``visible_to`` of its manager if it has that.

        What one follows, one may unfollow.
        """
        user: Any = self.request.user
        visible_to = getattr(type(obj)._default_manager, "visible_to", None)
        if visible_to is None or visible_to(user).filter(pk=obj.pk).exists():
            return True
        return user.is_authenticated and Follow.objects.is_following(user, obj)

    def get_success_url(self, obj: Model) -> str:
        """Return the first page that is there and on this site."""
        request: Any = self.request
        for url in (
            request.POST.get("next") or request.GET.get("next"),
            object_url(obj),
            request.META.get("HTTP_REFERER"),
        ):
            if url and url_has_allowed_host_and_scheme(
                url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
            ):
                return str(url)
        return "/"


class FollowView(ToggleView):
    """Follow an object."""

    def act(self, user: Any, obj: Model, flag: str) -> None:
        check_room(user, obj, flag)
        utils.follow(user, obj, flag)


class UnfollowView(ToggleView):
    """Unfollow an object."""

    def act(self, user: Any, obj: Model, flag: str) -> None:
        utils.unfollow(user, obj, flag)


def check_room(user: Any, obj: Model, flag: str) -> None:
    """Answer 400 where the user follows the object with too many flags to add this one."""
    if not Follow.objects.has_room(user, obj, flag):
        raise BadRequest(f"You follow this with {FLAGS_PER_OBJECT} flags, and no more are allowed.")
