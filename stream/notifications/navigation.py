"""The place of notifications in the navigation of the pages."""

from django.http import HttpRequest
from django.utils.translation import gettext as _

from stream.web.navigation import Place, address


def places(request: HttpRequest) -> list[Place]:
    """Return the list of notifications with its badge, for readers who are signed in."""
    url = address("stream_notifications:list")
    if not (url and request.user.is_authenticated):
        return []
    icon, template = "stream/icons/bell.svg", "stream/notifications/_place.html"
    return [Place(url, _("Notifications"), icon, template)]
