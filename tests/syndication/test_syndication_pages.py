"""ActivityStreams on the addresses of pages, and pages that announce feeds."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.template import Context, Template
from django.test.html import parse_html
from django.views.generic import DetailView, ListView

from stream.arc import NotRegistered
from stream.models import Action
from stream.paging import PageMixin
from stream.syndication.models import FeedToken
from stream.syndication.pages import ActivityStreamsMixin
from stream.utils import action
from stream.web.pages import PAGE_MIXINS
from tests.as2.checker import problems
from tests.early.models import Band
from tests.testapp.models import Orchestra, Tag

pytestmark = pytest.mark.django_db
ACTIVITY = {"Accept": "application/activity+json"}


class BareList(PageMixin, ListView):
    """A page as it is without ActivityStreams."""

    page_size = 2

    def get_queryset(self):
        return Action.objects.visible_to(self.request.user)

    def render_to_response(self, context, **kwargs):
        return HttpResponse(", ".join(each.verb for each in context["stream_page"]))


class Listed(ActivityStreamsMixin, BareList):
    feed_title = "Everything"


class BareDetail(DetailView):
    model = Action

    def render_to_response(self, context, **kwargs):
        return HttpResponse(context["object"].verb)


class Detailed(ActivityStreamsMixin, BareDetail):
    pass


@pytest.fixture
def get(rf, lennon):
    def get(view, query=None, user=lennon, accept=None, **kwargs):
        request = rf.get("/all/", query or {}, headers={"Accept": accept} if accept else {})
        request.user = user
        return view.as_view()(request, **kwargs)

    return get


def load(response):
    import json

    assert response["Content-Type"] == ACTIVITY["Accept"]
    document = json.loads(response.content)
    assert not list(problems(document))
    return document


@pytest.mark.parametrize(
    "accept", [None, "*/*", "text/html", "text/html, application/activity+json"]
)
def test_a_page_stays_a_page(get, lennon, accept):
    action.send(lennon, "played")
    for view, kwargs in ((Listed, {}), (Detailed, {"pk": Action.objects.get().pk})):
        response = get(view, accept=accept, **kwargs)
        assert response.content == b"played"
        assert response["Vary"] == "Accept"


def test_a_list_is_a_collection(get, lennon):
    for number in range(3):
        action.send(lennon, str(number))
    collection = load(get(Listed, {"x": "é&"}, accept=ACTIVITY["Accept"]))
    assert collection["type"] == "OrderedCollection"
    assert collection["id"] == "http://testserver/all/?x=%C3%A9%26"
    assert collection["name"] == "Everything"
    assert len(collection["first"]["orderedItems"]) == 2
    query = collection["first"]["next"].partition("?")[2]
    cursor = dict(pair.split("=") for pair in query.split("&"))["after"].replace("%3A", ":")
    page = load(get(Listed, {"x": "é&", "after": cursor}, accept=ACTIVITY["Accept"]))
    assert (page["type"], page["id"]) == ("OrderedCollectionPage", collection["first"]["next"])
    assert page["partOf"] == collection["id"]
    assert len(page["orderedItems"]) == 1


def test_private_actions_are_on_the_page_alone(get, lennon):
    action.send(lennon, "slept", public=False)
    assert get(Listed).content == b"slept"
    assert load(get(Listed, accept=ACTIVITY["Accept"]))["first"]["orderedItems"] == []


def test_a_private_action_is_not_found(get, lennon):
    from django.http import Http404

    sent = action.send(lennon, "slept", public=False)
    assert get(Detailed, pk=sent.pk).content == b"slept"
    with pytest.raises(Http404):
        get(Detailed, pk=sent.pk, accept=ACTIVITY["Accept"])


def test_an_action_is_an_activity(get, lennon, django_assert_num_queries):
    sent = action.send(lennon, "followed", lennon)
    with django_assert_num_queries(2):  # the action, users
        found = load(get(Detailed, pk=sent.pk, accept=ACTIVITY["Accept"]))
    assert (found["type"], found["object"]["name"]) == ("Follow", "lennon")


def test_importing_the_mixin_needs_no_installed_app(tmp_path):
    from tests.support.projects import Project

    project = Project(tmp_path)
    project.app("blog", "from stream.utils import register_actor\nregister_actor('auth.User')\n")
    code = "import stream.syndication.pages; print(stream.syndication.pages.__name__)"
    assert project.python(code) == "stream.syndication.pages\n"


# Announcing


def links(text, reader=None, **context):
    class Request:
        pass

    request = Request()
    request.user = reader or AnonymousUser()
    template = Template("{% load stream_syndication %}" + text)
    return template.render(Context({"request": request, **context}))


def hrefs(html):
    return [dict(element.attributes)["href"] for element in parse_html(html).children if element]


def test_links_of_an_object(lennon):
    band = Band.objects.create(name="x")
    html = links("{% feed_links band %}", band=band)
    path = f"/feeds/object/early/band/{band.pk}/"
    assert html.splitlines() == [
        f'<link rel="alternate" type="application/{kind}" title="{label}" href="{path}{name}/">'
        for kind, label, name in (
            ("atom+xml", "Atom", "atom"),
            ("rss+xml", "RSS", "rss"),
            ("feed+json", "JSON Feed", "json"),
            ("activity+json", "ActivityStreams", "activity"),
        )
    ]


def test_links_lead_to_feeds(client, lennon):
    rock = Tag.objects.create(name="rock/pop & n_2Fäh?")
    action.send(lennon, "liked", rock)
    token = FeedToken.objects.renew(lennon)
    for text in (
        "{% feed_links tag %}",
        "{% feed_links user 'actor' %}",
        "{% feed_links 'auth.user' %}",
        "{% feed_links %}",
    ):
        found = hrefs(links(text, lennon, tag=rock, user=lennon))
        assert len(found) == 4
        for href in found:
            assert client.get(href).status_code == 200, href
    assert token.secret in found[0]


def test_the_home_feed_is_announced_to_those_with_a_token(lennon, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert links("{% feed_links %}") == ""
        assert Template("{% load stream_syndication %}{% feed_links %}").render(Context()) == ""
    with django_assert_num_queries(1):
        assert links("{% feed_links %}", lennon) == ""


def test_unregistered_objects_have_no_feed(lennon):
    orchestra = Orchestra.objects.create(name="x")
    tag = Tag.objects.create(name="x")
    for text in ("{% feed_links orchestra %}", "{% feed_links tag 'actor' %}"):
        with pytest.raises(NotRegistered):
            links(text, orchestra=orchestra, tag=tag)


def test_apps_that_are_set_up_anew_add_to_pages_once(settings):
    settings.INSTALLED_APPS = [each for each in settings.INSTALLED_APPS if each != "tests.polls"]
    assert len(PAGE_MIXINS) == len(set(PAGE_MIXINS)) == 1
