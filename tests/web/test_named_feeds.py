"""The pages of news feeds: each look of the home feed at an address of its own."""

import datetime as dt

import pytest
from django.contrib.auth.models import User
from django.utils import timezone, translation

from follow.utils import follow
from stream.feeds import AggregatedTimelineFeed, Feed, FeedManager, TimelineFeed, UserFeed
from stream.utils import action
from stream.web.links import named_feed_url
from tests.early.models import Band

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
GROUPS = "/stream/feed/timeline_aggregated/"


class ByPerson(AggregatedTimelineFeed):
    group_by = ("actor", "day")


class Uncounted(Feed):
    label = "Own doings"

    def page(self, size=25, after=None, before=None):
        return UserFeed(self.user).page(size, after, before)


class ForStaff(FeedManager):
    def get_news_feeds(self, user):
        return super().get_news_feeds(user) if user.is_staff else {}


@pytest.fixture
def fans(client, hendrix):
    """Whom the reader follows, and who liked thirty bands, three of them each."""
    people = [User.objects.create(username=f"fan{number}") for number in range(3)]
    now = timezone.now()
    for number in range(30):
        band = Band.objects.create(name=f"Band {number}")
        for person in people:
            action.send(person, "liked", band, datetime=now - dt.timedelta(days=number))
    for person in people:
        follow(hendrix, person)
    client.force_login(hendrix)
    return people


def text(response):
    assert response.status_code == 200
    return response.content.decode()


def tabs(page):
    return [(url, label) for url, label, _ in page.context["stream_tabs"]]


def test_the_home_feed_in_groups(client, fans):
    page = client.get(GROUPS)
    html = text(page)
    assert '<h1 id="stream-title">Your feed: In groups</h1>' in html
    assert html.count("stream-group") == 25
    assert ">fan2</a>" in html or "fan2, fan1 and fan0 liked" in html
    assert "Band 24" in html
    assert "Band 25" not in html


def test_groups_scroll_on(client, fans):
    page = client.get(GROUPS)
    part = client.get(GROUPS + page.context["stream_older_url"], headers=HTMX)
    html = text(part)
    assert "<html" not in html
    assert html.count("stream-group") == 5
    assert "Band 25" in html
    back = client.get(GROUPS + page.context["stream_older_url"]).context["stream_newer_url"]
    assert "Band 24" in text(client.get(GROUPS + back))


def test_new_actions_are_counted_by_the_cursor_of_a_group(client, fans):
    since = GROUPS + client.get(GROUPS).context["stream_new_url"]
    assert client.get(since).status_code == 204
    for fan in fans[:2]:
        action.send(fan, "slept")
    assert "Show 2 new actions" in text(client.get(since))
    assert client.get(f"{GROUPS}?since=forged").status_code == 400


def test_an_empty_feed_of_groups_counts_all(client, lennon, hendrix):
    client.force_login(hendrix)
    follow(hendrix, lennon)
    page = client.get(GROUPS)
    assert "Your feed is empty." in text(page)
    action.send(lennon, "slept")
    assert "Show 1 new action<" in text(client.get(GROUPS + page.context["stream_new_url"]))


def test_tabs_lead_from_look_to_look(client, fans):
    looks = [("/stream/", "By action"), (GROUPS, "In groups")]
    for url in ("/stream/", GROUPS, "/stream/feed/timeline/"):
        page = client.get(url)
        assert tabs(page) == looks
        current = "/stream/" if url != GROUPS else GROUPS
        assert f'<a href="{current}" aria-current="page">' in text(page)
        assert '<nav class="stream-tabs" aria-label="Views of your feed">' in text(page)


def test_a_single_look_has_no_tabs(client, lennon, settings):
    settings.STREAM_NEWS_FEEDS = {"timeline": "stream.feeds.TimelineFeed"}
    client.force_login(lennon)
    assert "stream-tabs" not in text(client.get("/stream/"))


def test_labels_are_the_feeds_own_or_their_names(client, lennon, settings):
    settings.STREAM_NEWS_FEEDS = {
        "by_person": ByPerson,
        "own": Uncounted,
        "all_of_it": type("Other", (Uncounted,), {"label": ""}),
    }
    client.force_login(lennon)
    labels = [label for _, label in tabs(client.get("/stream/"))]
    assert labels == ["By action", "In groups", "Own doings", "All of it"]
    with translation.override("de"):
        assert str(TimelineFeed.label) == "Nach Aktionen"


def test_a_feed_that_cannot_count_has_no_line_of_new_actions(client, lennon, settings):
    settings.STREAM_NEWS_FEEDS = {"own": Uncounted}
    action.send(lennon, "slept")
    client.force_login(lennon)
    page = client.get("/stream/feed/own/")
    assert "slept" in text(page)
    assert "stream_new_url" not in page.context


@pytest.mark.parametrize("name", ["unknown", "user", "notification", "timeline%2F"])
def test_other_names_are_not_found(client, lennon, name):
    client.force_login(lennon)
    assert client.get(f"/stream/feed/{name}/").status_code == 404


def test_the_manager_says_who_has_which_feed(client, lennon, settings):
    settings.STREAM_FEED_MANAGER_CLASS = ForStaff
    client.force_login(lennon)
    assert client.get(GROUPS).status_code == 404
    assert tabs(client.get("/stream/")) == [("/stream/", "By action")]


def test_named_feeds_are_for_users(client):
    assert client.get(GROUPS).url == f"/login/?next={GROUPS}"
    assert client.get(GROUPS, headers=HTMX).status_code == 401
    assert client.get(f"{GROUPS}?since=", headers=HTMX).status_code == 286


def test_what_no_address_can_hold_has_no_page():
    assert named_feed_url("timeline") == "/stream/feed/timeline/"
    assert named_feed_url("a/b") == ""


def test_a_page_of_groups_takes_few_queries(client, fans, django_assert_num_queries):
    client.get(GROUPS)
    # Session and user; follows and actions; users and bands; the badge of notifications.
    with django_assert_num_queries(7) as queries:
        client.get(GROUPS)
    counted = [each["sql"] for each in queries if "COUNT(" in each["sql"]]
    assert not any("stream_action" in each for each in counted)
