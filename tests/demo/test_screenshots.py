"""The pictures of the guide. STREAM_SCREENSHOTS=docs/images writes them there."""

import os
from pathlib import Path

import pytest
from django.core.management import call_command

from follow.utils import follow
from test_project.dashboard.queries import people, repositories

PAGES = {"home": "/", "repository": "/repositories/orchard/", "person": "/people/ada-moreno/"}
VIEWPORT = {"width": 1160, "height": 840}
MOST_BYTES = 200_000


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pictures_are_small_enough_for_the_guide(open_page, demo_user, tmp_path, scheme):
    call_command("load_sample")
    for obj in [*people()[:5], repositories()[0]]:
        follow(demo_user, obj)
    folder = Path(os.environ.get("STREAM_SCREENSHOTS") or tmp_path)
    page = open_page(demo_user, viewport=VIEWPORT, color_scheme=scheme)
    for name, url in PAGES.items():
        page.goto(url)
        picture = folder / f"demo-{name}-{scheme}.png"
        page.screenshot(path=picture)
        assert picture.stat().st_size < MOST_BYTES, name
