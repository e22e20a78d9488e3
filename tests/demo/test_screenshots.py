"""The pictures of the guide. STREAM_SCREENSHOTS=docs/images writes them there."""

import os
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from test_project.dashboard import timelines

PAGES = {
    "home": "/",
    "grouped": "/?grouped",
    "repository": "/repositories/orchard/",
    "person": "/people/ada-moreno/",
    "timelines": "/developers/timelines/",
    "notifications": "/notifications/",
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
        for group in page.locator(".newest summary").all()[:1]:
            group.click()
        page.screenshot(path=picture)
        assert picture.stat().st_size < MOST_BYTES, name
