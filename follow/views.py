"""Following by POST: for forms, which are sent back to a page, and for scripts, which get JSON."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest
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
from django.views import View
from django.views.decorators.csrf import csrf_protect

from follow import utils
from follow.models import FLAG_LENGTH, Follow
from follow.query import FLAGS_PER_OBJECT
from stream.arc.requests import (
    clean_key,
    find_model,
    find_stored,
    find_to_follow,
    safe_url,
)
from stream.arc.values import is_storable


@method_decorator(csrf_protect, name="dispatch")  # also where the middleware is not installed
class ToggleView(View):
    """Follow an object, or unfollow it where the user follows it.

    What ``visible_to`` hides from the user is not followed, by
    ``stream.arc.requests.followable_objects``, and all is unfollowed; an answer tells nothing of
    the object. Forms are sent back to ``next``, the
    referring page or ``/``: the first that is there and on this site. Scripts that accept JSON get
    ``{"following": …, "url": …}``. ``flag`` is the kind of following.
    """

    http_method_names = ["post"]

    def act(self, user: Any, model: type[Model], pk: str, flag: str) -> bool:
        """Do what the address says; tell whether the user now follows the object."""
        return not self.unfollow(user, model, pk, flag) and self.follow(user, model, pk, flag)

    def follow(self, user: Any, model: type[Model], pk: str, flag: str) -> bool:
        obj = find_to_follow(model, pk, user)
        if obj is None:
            raise Http404(f"no {model._meta.label} {pk!a} that its manager shows the user")
        check_room(user, obj, flag)
        return bool(utils.follow(user, obj, flag))

    def unfollow(self, user: Any, model: type[Model], pk: str, flag: str) -> bool:
        obj = find_stored(model, pk)
        return obj is not None and utils.unfollow(user, obj, flag) is not None

    def post(self, request: HttpRequest, app: str, model: str, pk: str) -> HttpResponse:
        wants_json = (
            request.get_preferred_type(["text/html", "application/json"]) == "application/json"
        )
        back = safe_url(
            request,
            request.POST.get("next") or request.GET.get("next"),
            request.META.get("HTTP_REFERER"),
        )
        if not request.user.is_authenticated:
            if wants_json:
                return JsonResponse({"detail": "Sign in to follow."}, status=401)
            return redirect_to_login(back or "/", settings.LOGIN_URL)
        found = find_model(f"{app}.{model}", [Follow.target])
        if found is None or clean_key(found, pk) is None:
            raise Http404(f"nothing to follow has the address {app}.{model} {pk!a}")
        flag = request.POST.get("flag", "")
        if len(flag) > FLAG_LENGTH or not is_storable(flag):
            return HttpResponseBadRequest(f"A flag is a text of {FLAG_LENGTH} characters at most.")
        is_following = self.act(request.user, found, pk, flag)
        if not wants_json:
            return HttpResponseRedirect(back or "/")
        return JsonResponse(
            {
                "following": is_following,
                "url": utils.link_to("unfollow" if is_following else "follow", found, pk),
            }
        )


class FollowView(ToggleView):
    """Follow an object."""

    def act(self, user: Any, model: type[Model], pk: str, flag: str) -> bool:
        return self.follow(user, model, pk, flag)


class UnfollowView(ToggleView):
    """Unfollow an object; all is well where the user does not follow it."""

    def act(self, user: Any, model: type[Model], pk: str, flag: str) -> bool:
        self.unfollow(user, model, pk, flag)
        return False


def check_room(user: Any, obj: Model, flag: str) -> None:
    """Answer 400 where the user follows the object with too many flags to add this one."""
    if not Follow.objects.has_room(user, obj, flag):
        raise BadRequest(f"You follow this with {FLAGS_PER_OBJECT} flags, and no more are allowed.")
