"""What web push needs of the site: subscribing, unsubscribing, and the service worker."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.db import router
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import patch_cache_control
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.views.generic import View

import stream
from stream.notifications.addresses import PushSubscription, digest_of
from stream.notifications.channels.push import WebPushChannel, endpoint_of, push_channel
from stream.notifications.views import OwnMixin

WORKER = Path(stream.__file__).parent / "static" / "stream" / "push-worker.js"
BYTES_OF_SUBSCRIPTIONS = 10_000


class PushView(OwnMixin):
    """Take the JSON of a browser's subscription by POST. Answers 400 for what cannot be one."""

    http_method_names = ["post"]

    @cached_property
    def channel(self) -> WebPushChannel:
        channel = push_channel()
        if channel is None:
            raise Http404("STREAM_CHANNELS has no web push")
        return channel

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            if len(request.body) > BYTES_OF_SUBSCRIPTIONS:
                raise ValueError("this is too long for a subscription")
            self.act(json.loads(request.body))
        except (ValueError, RecursionError) as error:
            return JsonResponse({"error": str(error)}, status=400)
        return HttpResponse(status=204)

    def act(self, said: Any) -> None:
        raise NotImplementedError(f"{type(self).__name__}.act(): do what the address says")

    def handle_no_permission(self) -> Any:
        return HttpResponse(status=401)  # a script cannot sign in


class SubscribeView(PushView):
    """Tell the user of notifications on this device from now on."""

    def act(self, said: Any) -> None:
        self.channel.subscribe(self.request.user, said)


class EndSubscriptionView(PushView):
    """Tell the user of nothing on this device any more."""

    def act(self, said: Any) -> None:
        user: Any = self.request.user
        using = router.db_for_write(PushSubscription, instance=user)
        rows = PushSubscription._default_manager.using(using).filter(user_id=user.pk)
        rows.filter(digest=digest_of(endpoint_of(said))).delete()


@method_decorator(login_not_required, name="dispatch")  # browsers look for a newer one
class WorkerView(View):
    """The service worker, from an address of the site: static files may be on another host."""

    def get(self, request: HttpRequest) -> HttpResponse:
        response = HttpResponse(
            WORKER.read_bytes(),
            content_type="text/javascript; charset=utf-8",
            headers={"Service-Worker-Allowed": "/"},
        )
        patch_cache_control(response, no_cache=True)
        return response
