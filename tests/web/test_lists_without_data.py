"""Lists read no ``data`` of actions unless a template of the site shows it."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from follow.utils import follow
from stream.feeds import feed_manager
from stream.models import Action
from stream.notifications import NotificationFeed, notify
from stream.utils import action
from stream.web.links import stream_url
from tests.early.models import Band

pytestmark = pytest.mark.django_db


@pytest.fixture
def band():
    return Band.objects.create(name="Cream")


@pytest.fixture
def reader(client, lennon, hendrix, band):
    """Somebody signed in, with a feed of three actions that have data."""
    User.objects.filter(pk=lennon.pk).update(is_staff=True, is_superuser=True)
    follow(lennon, hendrix)
    for number in range(3):
        notify(lennon, action.send(hendrix, f"sang {number}", band, data={"stars": number}))
    client.force_login(lennon)
    return lennon


def reads_of_data(get):
    """Return the statements that read the column, and what the function returns."""
    with CaptureQueriesContext(connection) as queries:
        found = get()
    sql = [each["sql"].replace("`", '"') for each in queries]
    return [each for each in sql if '"stream_action"."data"' in each], found


@pytest.mark.parametrize(
    "address",
    [
        *("/stream/", "{band}", "{hendrix}actor/", "/stream/early/band/"),
        *("/feeds/model/early/band/atom/", "/feeds/object/early/band/{pk}/rss/"),
        *("/feeds/actor/auth/user/{user}/json/", "/feeds/model/early/band/activity/"),
        *("/admin/stream/action/", "/admin/stream/action/?verb=sang+1"),
        *("/notifications/", "/admin/stream_notifications/notification/"),
    ],
)
def test_lists_read_no_data(client, reader, hendrix, band, address):
    names = {"band": stream_url(band), "hendrix": stream_url(hendrix)}
    url = address.format(**names, pk=band.pk, user=hendrix.pk)
    read, response = reads_of_data(lambda: client.get(url))
    assert response.status_code == 200
    assert b"sang 1" in response.content
    assert read == []


def test_notifications_read_no_data_until_it_is_asked_for(reader, django_assert_num_queries):
    feed = NotificationFeed(reader)
    for load in (feed.page, lambda: feed.groups().rows[0].notifications):
        read, found = reads_of_data(lambda load=load: list(load()))
        assert read == []
        with django_assert_num_queries(1):
            assert {"stars": 2} in [each.action.data for each in found]


def test_groups_read_no_data_until_it_is_asked_for(reader, band, django_assert_num_queries):
    read, page = reads_of_data(lambda: Action.objects.target_stream(band).grouped("verb").page())
    assert read == []
    feed = feed_manager.get_feed("timeline_aggregated", reader)
    read, groups = reads_of_data(lambda: list(feed.page()))
    assert (read, len(groups)) == ([], 3)
    with django_assert_num_queries(1):
        assert [group.actions[0].data for group in page] == [{"stars": n} for n in (2, 1, 0)]


def test_a_template_that_shows_data_reads_it_once(client, reader, settings, tmp_path):
    (tmp_path / "stream").mkdir()
    (tmp_path / "stream" / "action.html").write_text("{{ action.data.stars }} stars")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    read, response = reads_of_data(lambda: client.get("/stream/"))
    assert len(read) == 1
    for number in range(3):
        assert f"{number} stars" in response.content.decode()


def test_the_page_of_an_action_in_the_admin_shows_its_data(client, reader):
    pk = Action.objects.earliest().pk
    page = client.get(f"/admin/stream/action/{pk}/change/").content.decode()
    assert "&quot;stars&quot;: 0" in page


def test_a_row_is_refreshed_from_where_it_is_told(lennon):
    action.send(lennon, "sang", data={"stars": 5})
    [sung] = Action.objects.defer("data")
    with pytest.raises(Action.DoesNotExist):
        sung.refresh_from_db(fields=["data"], from_queryset=Action.objects.none())
    assert sung.data == {"stars": 5}
