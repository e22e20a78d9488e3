"""The pictures of the guide. STREAM_SCREENSHOTS=docs/images writes them there."""

import os
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from stream.notifications import NotificationFeed
from stream.notifications.channels.conf import channels
from stream.notifications.models import Delivery
from test_project.dashboard import timelines

PAGES = {
    "home": "/",
    "grouped": "/?grouped",
    "repository": "/repositories/orchard/",
    "person": "/people/ada-moreno/",
    "timelines": "/developers/timelines/",
    "notifications": "/notifications/",
    "preferences": "/notifications/preferences/",
}
VIEWPORT = {"width": 1160, "height": 840}
MOST_BYTES = 200_000


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pictures_are_small_enough_for_the_guide(open_page, tmp_path, scheme):
    call_command("demo", tmp_path, serve=False)
    demo_user = User.objects.get(username="demo")
    list(timelines.rebuild(demo_user))
    folder = Path(os.environ.get("STREAM_SCREENSHOTS") or tmp_path)
    page = open_page(demo_user, viewport=VIEWPORT, color_scheme=scheme)
    for name, url in PAGES.items():
        page.goto(url)
        picture = folder / f"demo-{name}-{scheme}.png"
        for group in page.locator(".stream-more summary").all()[:1]:
            group.click()
        page.screenshot(path=picture)
        assert picture.stat().st_size < MOST_BYTES, name
    page.set_content(mail_to(demo_user).alternatives[0][0])
    page.set_viewport_size({"width": 640, "height": 640})
    page.screenshot(path=folder / f"mail-{scheme}.png")


def mail_to(user):
    """Return the digest of what is new for a user."""
    feed = NotificationFeed(user, unread=True)
    delivery = Delivery(recipient=user, channel="email", frequency="daily")
    return channels()["email"].message(delivery, feed.page(5).rows, feed.unread_count)
