"""Pages on which people say what they want to hear of, where and how often."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.decorators import login_not_required
from django.core.signing import BadSignature
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import TemplateView

from stream.arc.requests import clean_key
from stream.notifications import mutes
from stream.notifications.channels.base import Channel
from stream.notifications.channels.conf import channels
from stream.notifications.kinds import ALL, Frequency, Kind, kind_of, kinds
from stream.notifications.muted import labelled, mutes_of_user
from stream.notifications.preferences import preferences_of, set_preference, unsubscribe
from stream.notifications.site import read_token
from stream.notifications.views import OwnMixin
from stream.web.frame import frame
from stream.web.pages import SitePageMixin


class PreferencesView(OwnMixin, SitePageMixin, TemplateView):
    """What the user hears of: each kind on the site and in each channel, and what is muted."""

    template_name = "stream/notifications/preferences.html"

    def get_title(self) -> str:
        return _("What you hear of")

    @cached_property
    def held(self) -> dict[str, dict[str, Frequency]]:
        return preferences_of(self.request.user)

    @cached_property
    def offered(self) -> list[Channel]:
        return [each for each in channels().values() if each.is_offered_to(self.request.user)]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        known, rows = kinds(), mutes_of_user(self.request.user)
        return super().get_context_data(
            stream_kinds=[
                self._shown(known.get(name) or Kind(name), how) for name, how in self.held.items()
            ],
            stream_mutes=labelled(rows, self.request.user),
            stream_extra_templates=[each.template for each in self.offered if each.template],
            **kwargs,
        )

    def _shown(self, kind: Kind, how: dict[str, Frequency]) -> dict[str, Any]:
        is_rest = kind.name == ALL
        return {
            "name": kind.name,
            "label": _("Everything else") if is_rest else str(kind),
            "list": "" if is_rest or not kind.name else how["list"],
            "channels": [
                {
                    "name": channel.name,
                    "label": channel.label or channel.name,
                    "choices": [(each.value, each.label) for each in channel.frequencies],
                    "value": how[channel.name],
                }
                for channel in self.offered
            ],
        }

    def post(self, request: HttpRequest) -> HttpResponse:
        for kind, how in self.held.items():
            if kind not in ("", ALL):
                self._mute(kind, how["list"], f"list:{kind}" in request.POST)
            for channel in self.offered:
                self._choose(kind, channel, how[channel.name])
        messages.success(request, _("Saved."), fail_silently=True)
        return HttpResponseRedirect(reverse("stream_notifications:preferences"))

    def _mute(self, kind: str, held: Frequency, is_wanted: bool) -> None:
        if is_wanted != (held == Frequency.NOW):
            (mutes.unmute if is_wanted else mutes.mute)(self.request.user, kind=kind)

    def _choose(self, kind: str, channel: Channel, held: Frequency) -> None:
        chosen = self.request.POST.get(f"{channel.name}:{kind}", held)
        if chosen != held and chosen in channel.frequencies:
            set_preference(self.request.user, kind, channel.name, chosen)


@method_decorator([login_not_required, never_cache, csrf_exempt], name="dispatch")
class UnsubscribeView(TemplateView):  # SitePageMixin would ask for a CSRF token
    """End a kind in a channel, or all of it, for the user whom a signed address names.

    Nobody need sign in. A POST without a form's fields, as mail providers send it by RFC 8058, ends
    the kind. A GET changes nothing.
    """

    template_name = "stream/notifications/unsubscribe.html"
    said = ""

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        try:
            key, self.channel, self.kind = read_token(kwargs["token"])
        except (BadSignature, ValueError, TypeError):
            raise Http404("no such address to unsubscribe") from None
        users = get_user_model()._base_manager
        self.user = users.filter(pk=clean_key(users.model, key)).first()
        if self.user is None or self.channel not in channels():
            raise Http404("no such address to unsubscribe")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        channel = channels()[self.channel]
        return super().get_context_data(
            stream_base_template=frame(),
            stream_title=_("Unsubscribe"),
            stream_channel=channel.label or channel.name,
            stream_kind="" if self.kind == ALL else str(kind_of(self.kind)),
            stream_is_done=bool(self.said),
            stream_said=self.said,
            **kwargs,
        )

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        unsubscribe(self.user, self.channel, ALL if "all" in request.POST else self.kind)
        self.said = _("Done: you will get no more of it.")
        return self.render_to_response(self.get_context_data())
