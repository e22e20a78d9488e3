"""Notifications and their badge: what is new, seen, read and muted, and grouped home feeds."""

import re

import pytest
from django.contrib.auth.models import User

from follow.utils import follow
from stream.feeds import GroupedFeed
from stream.notifications import NotificationFeed, is_muted
from test_project.dashboard.models import Comment, Star

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(client, heard):
    client.force_login(heard)
    return heard


def page(client, url="/notifications/"):
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def badge(html):
    found = re.search(r'class="count">([^<]+)<', html)
    return found and found[1]


def test_badge_counts_what_is_new_on_each_page(client, reader):
    assert badge(page(client, "/")) == badge(page(client, "/explore/")) == "6"
    assert badge(page(client, "/stream/")) == "6"


def test_page_that_is_shown_is_seen_and_what_is_new_there_is_marked(client, reader):
    html = page(client)
    assert badge(html) is None
    assert html.count('class="new"') == html.count("notification stream-unread") == 3
    again = page(client)
    assert again.count('class="new"') == 0
    assert again.count("notification stream-unread") == 3
    assert NotificationFeed(reader).unread_count == 6


def test_what_belongs_together_is_shown_as_one(client, reader):
    html = re.sub(r"<[^>]+>|\s+", " ", page(client))
    html = re.sub(r"\s+", " ", html)
    assert "fan-1, fan-0 and 2 others starred app" in html
    assert "Ann Lee commented on" in html
    assert "“" not in html  # the quotation marks are the browser's
    assert "Nice &lt;b&gt;work&lt;/b&gt;" in html


def test_opening_marks_the_group_as_read_and_goes_to_what_it_is_about(client, reader, site):
    stars = next(group for group in NotificationFeed(reader).groups() if group.verb == "starred")
    url = f"/notifications/{stars.notifications[0].pk}/"
    assert client.head(url).url == site.get_absolute_url()
    assert NotificationFeed(reader).unread_count == 6
    assert client.get(url).url == site.get_absolute_url()
    assert NotificationFeed(reader).unread_count == 2
    comment = NotificationFeed(reader).page(1)[0]
    commit = comment.action.action_object
    assert client.get(f"/notifications/{comment.pk}/").url == commit.get_absolute_url()


def test_others_cannot_open_it(client, reader):
    key = NotificationFeed(reader).page(1)[0].pk
    client.force_login(User.objects.create_user("other"))
    assert client.get(f"/notifications/{key}/").status_code == 404
    client.logout()
    assert client.get("/notifications/").url == "/sign-in/?next=/notifications/"


def test_unread_ones_alone(client, reader):
    NotificationFeed(reader).mark_read(NotificationFeed(reader).page(1)[0])
    assert page(client, "/notifications/?unread").count('class="stream-row"') == 2
    NotificationFeed(reader).mark_read_all()
    assert "You have read everything" in page(client, "/notifications/?unread")


def test_muting_is_shown_and_taken_back(client, reader, site):
    mute = {"app": "dashboard", "model": "repository", "pk": site.pk}
    client.post("/notifications/mute/", mute)
    client.post("/notifications/mute/", {"verb": "starred"})
    html = page(client)
    assert "You will hear no more of it." in html
    assert "What is starred" in html
    assert is_muted(reader, site)
    Comment.objects.create(
        author=User.objects.get(username="ben-moe"), commit=site.commits.first(), text="More"
    )
    assert badge(page(client, "/")) is None
    client.post("/notifications/unmute/", mute)
    assert not is_muted(reader, site)


def test_mute_of_what_is_gone_is_not_listed(client, reader, make_repository):
    gone = make_repository("gone", ["Ann Lee"])
    client.post("/notifications/mute/", {"app": "dashboard", "model": "repository", "pk": gone.pk})
    gone.delete()
    assert "Hear again" not in page(client)


def test_nothing_yet_says_what_to_do(client, demo_user):
    client.force_login(demo_user)
    assert "Nothing yet" in page(client)


def test_older_notifications_come_by_cursor(client, reader, site):
    fan = User.objects.get(username="fan-0")
    for commit in site.commits.all()[:20]:
        Comment.objects.create(author=fan, commit=commit, text="And this")
    first = page(client)
    assert first.count('class="stream-row"') == 15
    older = re.search(r'rel="next" href="([^"]+)"', first)[1]
    second = page(client, f"/notifications/{older}")
    assert second.count('class="stream-row"') == 6  # the comments on two commits are of one day
    shown = re.compile(r"about-(\d+)")
    assert not set(shown.findall(first)) & set(shown.findall(second))
    assert client.get("/notifications/?after=x").status_code == 400


def test_grouped_feed_counts_and_names(client, reader):
    html = page(client, "/?grouped")
    assert '">fan-0</a> and 2 others starred <a href="/repositories/app/">' in html
    assert "<strong>2 comments</strong> in" in html
    assert "<summary>2 actions</summary>" in html
    assert html.count('aria-current="true">Grouped') == 1


def test_grouped_feed_of_one_verb_and_older_groups(client, demo_user, make_repository):
    client.force_login(demo_user)
    for number in range(25):
        repository = make_repository(f"app-{number}", ["Ann Lee"])
        follow(demo_user, repository)
        for name in ("fan", "friend"):
            fan, _ = User.objects.get_or_create(username=name)
            Star.objects.create(user=fan, repository=repository)
    html = page(client, "/?grouped&verb=starred")
    assert html.count("and <a href=") == html.count('class="stream-row ') == 20
    older = re.search(r'rel="next" href="([^"]+)"', html)[1]
    assert page(client, f"/{older.replace('&amp;', '&')}").count("and <a href=") == 5
    assert client.get("/?grouped&after=x").status_code == 400


def test_grouped_feed_that_is_not_counted_to_its_end(
    client, demo_user, make_repository, monkeypatch
):
    monkeypatch.setattr(GroupedFeed, "most_rows", 2)
    client.force_login(demo_user)
    repository = make_repository("app", ["Ann Lee"])
    follow(demo_user, repository)
    for name in ("ann", "ben", "cleo", "dan"):
        Star.objects.create(user=User.objects.create(username=name), repository=repository)
    html = page(client, "/?grouped&verb=starred")
    assert html.count('class="stream-row ') == 1
    older = re.search(r'rel="next" href="([^"]+)"', html)[1]
    html = page(client, f"/{older.replace('&amp;', '&')}")
    assert 'class="stream-row ' not in html
    assert "You follow nobody yet" not in html


def test_quiet_grouped_feed_says_what_to_do(client, demo_user):
    client.force_login(demo_user)
    assert "You follow nobody yet" in page(client, "/?grouped")
