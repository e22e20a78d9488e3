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
from follow.templatetags.follow_tags import follow_form
from stream.arc.requests import (
    clean_key,
    find_model,
    find_object,
    find_stored,
    find_to_follow,
    safe_url,
    wants_rows,
)
from stream.arc.values import is_storable


@method_decorator(csrf_protect, name="dispatch")  # also where the middleware is not installed
class ToggleView(View):
    """Follow an object, or unfollow it if the user follows it.

    A user may follow the ``stream.arc.requests.followable_objects``, and may unfollow any object;
    no answer tells anything about the object. A form leads back to ``next``, the referring page or
    ``/``: the first that is given and on this site. A script that accepts JSON gets
    ``{"following": …, "url": …}``, and htmx the button as it is now. ``flag`` is the kind of
    following.
    """

    http_method_names = ["post"]
    form_template_name = "follow/form.html"

    def act(self, user: Any, model: type[Model], pk: str, flag: str) -> bool:
        """Do what the address says; return whether the user now follows the object."""
        return not self.unfollow(user, model, pk, flag) and self.follow(user, model, pk, flag)

    def follow(self, user: Any, model: type[Model], pk: str, flag: str) -> bool:
        obj = find_to_follow(model, pk, user)
        if obj is None:
            raise Http404(f"no {model._meta.label} {pk!a} that its manager shows the user")
        if not Follow.objects.has_room(user, obj, flag):
            raise BadRequest(
                f"You follow this with {FLAGS_PER_OBJECT} flags, and no more are allowed."
            )
        return bool(utils.follow(user, obj, flag, send_action=utils.sends_action(obj, flag)))

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
            response = redirect_to_login(back or "/", settings.LOGIN_URL)
            if wants_rows(request):
                return HttpResponse(headers={"HX-Redirect": response.url})
            return response
        found = find_model(f"{app}.{model}", [Follow.target])
        if found is None or clean_key(found, pk) is None:
            raise Http404(f"nothing to follow has the address {app}.{model} {pk!a}")
        flag = request.POST.get("flag", "")
        if len(flag) > FLAG_LENGTH or not is_storable(flag):
            return HttpResponseBadRequest(f"A flag is a text of {FLAG_LENGTH} characters at most.")
        is_following = self.act(request.user, found, pk, flag)
        if wants_rows(request):
            return self.button(request, found, pk, flag)
        if not wants_json:
            return HttpResponseRedirect(back or "/")
        return JsonResponse(
            {
                "following": is_following,
                "url": utils.link_to("unfollow" if is_following else "follow", found, pk),
            }
        )

    def button(self, request: HttpRequest, model: type[Model], pk: str, flag: str) -> HttpResponse:
        """Answer htmx with the button; it reloads where the object's name may be a secret."""
        obj = find_object(model, pk, request.user)
        if obj is None:
            return HttpResponse(headers={"HX-Refresh": "true"})
        return HttpResponse(follow_form(request, obj, self.form_template_name, flag))


class FollowView(ToggleView):
    """Follow an object."""

    def act(self, user: Any, model: type[Model], pk: str, flag: str) -> bool:
        return self.follow(user, model, pk, flag)


class UnfollowView(ToggleView):
    """Unfollow an object; do nothing if the user does not follow it."""

    def act(self, user: Any, model: type[Model], pk: str, flag: str) -> bool:
        self.unfollow(user, model, pk, flag)
        return False
