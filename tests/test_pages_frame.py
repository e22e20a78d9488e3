"""The pages in templates of a site: what they add to the context, and the frame that they fill."""

import pytest
from django.urls import URLResolver, get_resolver

from follow.utils import follow
from stream.links import stream_url
from stream.syndication.models import FeedToken
from stream.utils import action
from stream.views import SitePageMixin
from tests.early.models import Band

pytestmark = pytest.mark.django_db


def views(resolver=None):
    """Yield the classes of all views of the URLconf."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            yield from views(pattern)
        else:
            yield getattr(pattern.callback, "view_class", None)


@pytest.fixture
def pages(lennon, hendrix, client):
    """Return the address of each page, with something to show, for who is signed in."""
    band = Band.objects.create(name="The Quarrymen")
    for number in range(30):
        sung = action.send(hendrix, f"sang {number}", band)
    follow(lennon, hendrix)
    follow(hendrix, lennon)
    FeedToken.objects.renew(lennon)
    client.force_login(lennon)
    names = ("object", "actor", "followers", "following", "model")
    return [
        "/stream/",
        "/notifications/",
        "/notifications/?single&unread",
        "/feeds/token/",
        sung.get_absolute_url(),
        *(stream_url(hendrix, name) for name in names),
        *(f"{stream_url(hendrix, name)}?after=" for name in names),
    ]


def test_a_page_adds_no_plain_names_to_the_context_of_the_sites_template(pages, client):
    seen = set()
    for url in pages:
        response = client.get(url)
        assert response.status_code == 200
        seen.add(type(response.context_data["view"]).__name__)
        plain = {name for name in response.context_data if not name.startswith("stream_")}
        assert plain == {"view"}, url
    own = {view.__name__ for view in views() if view and issubclass(view, SitePageMixin)}
    assert seen == own


def test_a_base_template_that_means_something_else_by_page(pages, client, tmp_path, settings):
    # As Wagtail's {% fullpageurl page %} does, which fails for what is no page of Wagtail.
    names = ("page", "object", "title", "links", "feed", "tabs", "page_obj", "object_list")
    used = "".join(f"{{% if {name} %}}{{% cycle %}}{{% endif %}}" for name in names)
    used = used.replace("{% cycle %}", "{% include 'not-there.html' %}")
    (tmp_path / "base.html").write_text(f"{used}{{% block content %}}{{% endblock %}}")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    for url in pages:
        assert client.get(url).status_code == 200, url
