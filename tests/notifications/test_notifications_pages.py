"""The tags and pages of notifications."""

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.template import Context, Template, engines
from django.test import Client, RequestFactory
from django.urls import reverse

from stream.models import Action
from stream.notifications import NotificationFeed, is_muted, mute, notify
from stream.notifications.models import Notification
from stream.notifications.views import PostView
from stream.utils import action
from tests.early.models import Band
from tests.support.notifications import users

pytestmark = pytest.mark.django_db


@pytest.fixture
def band(lennon):
    return Band.objects.create(name="Cream")


@pytest.fixture
def client(hendrix):
    client = Client()
    client.force_login(hendrix)
    return client


@pytest.fixture
def feed(lennon, hendrix, band):
    for verb in ("liked", "saw"):
        notify(hendrix, action.send(lennon, verb, band))
    return NotificationFeed(hendrix)


def url(name, *args):
    return reverse(f"stream_notifications:{name}", args=args)


def render(text, user, **names):
    request = RequestFactory().get("/")
    request.user = user
    template = engines["django"].from_string("{% load stream_notifications %}" + text)
    return template.render(names, request)


def test_the_tags_show_those_of_who_is_signed_in(feed, hendrix, django_assert_num_queries):
    text = "{% unseen_count %} {% unread_count %}"
    with django_assert_num_queries(2):
        assert render(text, hendrix) == "2 2"
    with django_assert_num_queries(1):
        assert render("{% unseen_count limit=1 %}", hendrix) == "1"
    assert render("{% unread_count limit=1 %}", hendrix) == "1"
    listed = (
        "{% notifications as items %}{% for each in items %}{{ each.action.verb }} {% endfor %}"
    )
    assert render(listed, hendrix) == "saw liked "
    assert render("{% notifications size=1 as items %}{{ items|length }}", hendrix) == "1"
    grouped = "{% notifications grouped=True as items %}{{ items.0 }}"
    assert render(grouped, hendrix) == "lennon saw Cream"
    feed.mark_read(feed.page(1)[0])
    unread = "{% notifications unread=True as items %}{{ items|length }}"
    assert render(unread, hendrix) == "1"
    assert (
        render("{% unread_count owner %} {% unread_count other %}", AnonymousUser(), owner=hendrix)
        == "1 0"
    )
    assert Template("{% load stream_notifications %}{% unseen_count %}").render(Context()) == "0"


def test_addresses_in_templates(hendrix, settings):
    assert render("{% notifications_url %} {% notifications_url 'open' 5 %}", hendrix) == (
        "/notifications/ /notifications/5/"
    )
    settings.ROOT_URLCONF = "tests.notifications.test_notifications_pages"
    assert render("{% notifications_url %}", hendrix) == ""


urlpatterns = []  # a site without the pages


def test_the_list_shows_groups_or_single_ones(feed, client, hendrix):
    html = client.get(url("list")).content.decode()
    assert "<h1" in html
    assert html.count('class="stream-level-info stream-unread"') == 2
    assert "Mark all as read" in html
    assert "Newer" not in html
    html = client.get(url("list"), {"single": ""}).content.decode()
    assert f'name="id" value="{feed.page(1)[0].pk}"' in html
    feed.mark_read_all()
    html = client.get(url("list")).content.decode()
    assert "stream-unread" not in html
    assert "Mark all" not in html
    assert "Mark as read" not in html
    assert "No notifications yet." in client.get(url("list"), {"unread": ""}).content.decode()


def test_the_list_pages_by_cursors(feed, client, lennon, band, monkeypatch):
    monkeypatch.setattr("stream.notifications.views.NotificationListView.page_size", 1)
    first = client.get(url("list"), {"single": "", "after": ""})
    older = first.context["stream_older_url"]
    second = client.get(url("list") + older)
    assert (
        "lennon</a> liked" in second.content.decode() or "lennon liked" in second.content.decode()
    )
    assert "Newer" in second.content.decode()
    assert {"private", "no-store"} <= set(second.headers["Cache-Control"].split(", "))
    part = client.get(url("list") + older, headers={"HX-Request": "true"}).content.decode()
    assert "<h1" not in part
    assert client.get(url("list"), {"after": "x"}).status_code == 400


def test_the_list_takes_few_queries(feed, client, django_assert_num_queries):
    # Session and user; the inbox, how far to look, groups, their newest, numbers, notifications,
    # actions, two models and two counts; the badge in the frame counts.
    with django_assert_num_queries(15):
        client.get(url("list"))


def test_counts_for_a_badge(feed, client):
    response = client.get(url("count"))
    assert response.json() == {"unseen": 2, "unread": 2}
    assert "no-store" in response.headers["Cache-Control"]
    html = client.get(url("count"), headers={"HX-Request": "true"}).content.decode()
    assert ">2<span" in html
    assert "> new notifications<" in html
    feed.mark_seen(feed.page()[0])
    html = client.get(url("count"), headers={"HX-Request": "true"}).content.decode()
    assert "> new notification<" in html
    feed.mark_seen_all()
    assert client.get(url("count"), headers={"HX-Request": "true"}).content.decode().strip() == ""
    assert Client().get(url("count")).status_code == 401


def test_opening_marks_as_read_and_goes_there(feed, client, hendrix, lennon):
    row = feed.page(1)[0]
    assert client.head(url("open", row.pk)).status_code == 302
    assert feed.unread_count == 2
    response = client.get(url("open", row.pk))
    assert response.status_code == 302
    assert response.url == row.action.target.get_absolute_url()
    feed.refresh()
    assert feed.unread_count == 1


def test_opening_what_has_no_page_leads_to_the_list(client, lennon, hendrix, settings):
    notify(hendrix, action.send(lennon, "saw", hendrix))
    settings.ROOT_URLCONF = "tests.support.notifications_urls"
    address = f"/notifications/{Notification.objects.get().pk}/"
    assert client.get(address).url == "/notifications/"


@pytest.mark.parametrize("address", ["https://example.com/x", "//example.com/x", "http:///x"])
def test_opening_leads_to_hosts_of_the_site_alone(feed, client, monkeypatch, settings, address):
    monkeypatch.setattr(Band, "get_absolute_url", lambda band: address)
    row = feed.page(1)[0]
    assert client.get(url("open", row.pk)).url == row.action.get_absolute_url()
    settings.STREAM_REDIRECT_HOSTS = ["example.com"]
    allowed = "example.com" in address
    assert (client.get(url("open", row.pk)).url == address) is allowed


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Purpose": "prefetch"},
        {"Sec-Purpose": "prefetch;prerender"},
        {"Purpose": "prefetch"},
        {"X-Moz": "prefetch"},
    ],
)
def test_a_prefetch_opens_nothing(feed, client, headers):
    response = client.get(url("open", feed.page(1)[0].pk), headers=headers)
    assert response.status_code == 403
    assert "no-store" in response.headers["Cache-Control"]
    assert feed.unread_count == 2


def test_marking_by_post(feed, client):
    newest = feed.page(1)[0]
    assert client.post(url("seen"), {"id": newest.pk}).url == url("list")
    feed.refresh()
    assert (feed.unseen_count, feed.unread_count) == (1, 2)
    client.post(url("read"), {"group": newest.group})
    feed.refresh()
    assert feed.unread_count == 1
    assert client.post(url("read"), {"next": "/x/"}).url == "/x/"
    assert client.post(url("read"), {"next": "https://evil.example/"}).url == url("list")
    feed.refresh()
    assert feed.unread_count == 0
    client.post(url("seen"))
    client.post(url("delete"), {"id": newest.pk})
    assert Notification.objects.count() == 1
    response = client.post(url("read"), headers={"HX-Request": "true"})
    assert (response.status_code, response.headers["HX-Trigger"]) == (204, "stream-notifications")


@pytest.mark.parametrize("data", [{"id": "x"}, {"id": "9" * 30}, {"group": "-1"}, {"id": "99999"}])
def test_odd_marks_are_not_found(feed, client, data):
    assert client.post(url("read"), data).status_code == 404
    assert client.post(url("delete"), {}).status_code == 404
    assert client.get(url("read")).status_code == 405


def test_those_of_others_are_not_found(feed, lennon):
    other = Client()
    other.force_login(lennon)
    pk = feed.page(1)[0].pk
    assert other.get(url("open", pk)).status_code == 404
    assert other.get(f"{url('list')}{2**70}/").status_code == 404
    for name in ("seen", "read", "delete"):
        assert other.post(url(name), {"id": pk}).status_code == 404
    assert feed.unread_count == 2


def test_who_is_not_signed_in_is_asked_to(feed):
    for name in ("list", "read", "mute"):
        response = Client().post(url(name)) if name != "list" else Client().get(url(name))
        assert response.url.startswith("/login/?next=")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(feed.user)
    assert strict.post(url("read")).status_code == 403


def test_posts_need_a_csrf_token_without_the_middleware_and_forms_have_it(feed, settings):
    csrf = "django.middleware.csrf.CsrfViewMiddleware"
    settings.MIDDLEWARE = [each for each in settings.MIDDLEWARE if each != csrf]
    client = Client(enforce_csrf_checks=True)
    client.force_login(feed.user)
    notification = feed.page()[0]
    posts = [
        *((name, {"id": notification.pk}) for name in ("seen", "read", "delete")),
        *((name, {"verb": "liked"}) for name in ("mute", "unmute")),
    ]
    for name, data in posts:
        assert client.post(url(name), data).status_code == 403
    token = client.get(url("list")).context["csrf_token"]
    for name, data in posts:
        answer = client.post(url(name), {**data, "csrfmiddlewaretoken": str(token)})
        assert answer.status_code == 302


def test_no_cache_keeps_an_answer(feed, client):
    pk = feed.page()[0].pk
    for answer in (
        *(client.get(url(name)) for name in ("list", "count")),
        client.get(url("open", pk)),
        client.post(url("read"), {"id": pk}),
    ):
        assert {"private", "no-store"} <= set(answer["Cache-Control"].split(", "))


def test_muting_by_post(feed, client, hendrix, band):
    client.post(url("mute"), {"verb": "liked"})
    assert is_muted(hendrix, verb="liked")
    client.post(url("unmute"), {"verb": "liked"})
    assert not is_muted(hendrix, verb="liked")
    named = {"app": "early", "model": "band", "pk": band.pk}
    client.post(url("mute"), named)
    assert is_muted(hendrix, band)
    assert client.post(url("mute"), {**named, "pk": 999}).status_code == 404
    assert client.post(url("mute"), {"app": "auth", "model": "x"}).status_code == 404
    assert client.post(url("mute"), {"verb": "x" * 256}).status_code == 404


def test_what_was_hidden_or_deleted_since_is_unmuted_but_not_muted(
    feed, client, hendrix, band, monkeypatch
):
    monkeypatch.setattr(
        Band._default_manager, "visible_to", lambda user: Band.objects.none(), raising=False
    )
    named = {"app": "early", "model": "band", "pk": band.pk}
    assert client.post(url("mute"), named).status_code == 404
    mute(hendrix, band)
    assert client.post(url("unmute"), named).status_code == 302
    assert not is_muted(hendrix, band)
    mute(hendrix, band)
    Band.objects.all().delete()
    assert client.post(url("unmute"), named).status_code == 302
    assert not is_muted(hendrix, band)


def test_a_view_of_ones_own_says_what_it_does():
    with pytest.raises(NotImplementedError, match=r"PostView.act\(\)"):
        PostView().act()


@pytest.mark.parametrize("arguments", [{}, {"obj": User(pk=1), "verb": "liked"}])
def test_what_to_mute_must_be_said(hendrix, arguments):
    with pytest.raises(TypeError, match=r"mute\(\): pass an object, verb"):
        mute(hendrix, **arguments)


def test_odd_mutes_are_refused(hendrix):
    for wrong in ("", "x" * 256, 5):
        with pytest.raises(ValueError, match="a text of 1 to 255 characters"):
            mute(hendrix, verb=wrong)
    with pytest.raises(TypeError, match="nobody is signed in"):
        mute(AnonymousUser(), verb="liked")
    for wrong in (Band(), "x", Band):
        with pytest.raises(TypeError, match=r"^mute\(.*: pass a saved object, or verb='liked'"):
            mute(hendrix, wrong)


# The admin


def test_the_admin_lists_in_a_fixed_number_of_queries(
    admin_client, lennon, feed, band, django_assert_num_queries
):
    admin = "/admin/stream_notifications"
    mute(lennon, band)
    html = admin_client.get(f"{admin}/notification/").content.decode()
    assert "lennon saw Cream" in html
    numbers = []
    for count in (1, 20):
        for name in [f"{count} {each}" for each in range(count)]:
            notify(users(name)[0], Action.objects.latest())
        with django_assert_num_queries(99, exact=False) as queries:
            admin_client.get(f"{admin}/notification/")
        numbers.append(len(queries))
    assert numbers[0] == numbers[1] <= 7
    assert "early.band" in admin_client.get(f"{admin}/mute/").content.decode()
    assert admin_client.get(f"{admin}/notification/add/").status_code == 403
    shown = admin_client.get(f"{admin}/notification/{feed.page(1)[0].pk}/change/")
    assert shown.status_code == 200
    deleted = admin_client.post(
        f"{admin}/notification/{feed.page(1)[0].pk}/delete/", {"post": "yes"}
    )
    assert deleted.status_code == 302
    feed.refresh()
    assert feed.unread_count == 1
