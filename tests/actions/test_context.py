"""Where actions happened: their context, in each room."""

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from follow.utils import follow
from stream.arc import NotRegistered
from stream.groups.keys import GroupBy
from stream.models import Action
from stream.notifications import NotificationFeed, mute, notify
from stream.streams import any_stream, context_stream, model_stream, user_stream
from stream.syndication.models import FeedToken
from stream.syndication.negotiation import FORMATS
from stream.templatetags.stream_tags import in_context
from stream.testing import override_options
from stream.text import sentence
from stream.utils import action
from tests.activities.models import Photo
from tests.support.mails import digest_of
from tests.testapp.models import Song, Stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def stage():
    return Stage.objects.create(name="Woodstock")


@pytest.fixture
def song():
    return Song.objects.create(title="Imagine")


def test_what_happens_in_an_object(lennon, stage, song, django_assert_num_queries):
    with django_assert_num_queries(1):
        sung = action.send(lennon, "sang", song, context=stage)
    other = action.send(lennon, "sang", song, context=Stage.objects.create(name="Monterey"))
    action.send(lennon, "sang", song)
    action.send(lennon, "slept", context=stage, public=False)
    with django_assert_num_queries(3):  # the stage is known
        assert [(each, each.context) for each in context_stream(stage)] == [(sung, stage)]
    assert list(stage.context_actions.public()) == list(stage.within_stage.public()) == [sung]
    assert list(Action.objects.get_for_contexts(Stage.objects.all()).public()) == [other, sung]
    assert Action.objects.get_for_context(stage).count() == 2
    assert not Action.objects.get_for_contexts([])
    assert list(any_stream(stage)) == [sung]
    assert list(model_stream(Stage)) == [other, sung]


def test_other_ways_to_write_it(lennon, stage):
    assert action.send_many([{"actor": lennon, "verb": "sang", "context": stage}] * 2) == 2
    made = Action.objects.create(lennon, "hummed", context=stage)
    found = Action.objects.get_or_create(lennon, "hummed", context=stage)
    assert found == (made, False)
    assert Action.objects.get_or_create(lennon, "hummed")[1]  # another: nowhere
    plain = Action(actor=lennon, verb="slept", context=stage)
    plain.save()
    stage.context_actions.create(actor=lennon, verb="woke")
    assert Action.objects.get_for_context(stage).count() == 5


def test_what_is_no_context_is_refused(lennon, song):
    with pytest.raises(NotRegistered, match=r"^action\.send\(context=testapp\.Song .*register_con"):
        action.send(lennon, "sang", context=song)
    assert not Action.objects.exists()


@pytest.mark.parametrize("timeline", ["JoinTimeline", "TableTimeline"])
def test_follows_bring_what_happens_there(lennon, hendrix, stage, timelines, timeline):
    timelines(timeline)
    follow(lennon, stage)
    sung = action.send(hendrix, "sang", context=stage)
    assert list(user_stream(lennon).page()) == [sung]
    follow(lennon, stage, actor_only=True)
    assert list(user_stream(lennon).page()) == []


def test_what_happens_in_a_private_place_is_its_members_alone(
    lennon, hendrix, client, stage, settings
):
    opened = Stage.objects.create(name="Open")
    ono = User.objects.create(username="ono")
    seen = action.send(hendrix, "sang", context=opened)
    hidden = action.send(hendrix, "whispered", context=stage)
    for reader in (lennon, ono):
        follow(reader, hendrix)

    def visible_to(options, stages, reader):
        return stages if reader == lennon else stages.filter(name="Open")

    with override_options(Stage, visible_to=visible_to):
        assert list(Action.objects.visible_to(lennon)) == [hidden, seen]
        assert list(user_stream(lennon)) == [hidden, seen]
        for reader in (None, ono):
            assert list(Action.objects.visible_to(reader)) == [seen]
        assert list(user_stream(ono)) == [seen]
        by = GroupBy("context")
        assert len(user_stream(ono).grouped(*by.names).page()) == 1
        for path, status in ((f"/stream/action/{hidden.pk}/", 404), ("/stream/", 200)):
            client.force_login(ono)
            response = client.get(path)
            assert response.status_code == status
            assert b"whispered" not in response.content
        api = APIClient()
        api.force_login(ono)
        assert b"whispered" not in api.get("/api/actions/").content


def test_groups_by_context(lennon, hendrix, stage):
    for user in (lennon, hendrix):
        action.send(user, "sang", context=stage)
    action.send(lennon, "sang")
    nowhere, there = Action.objects.all().grouped("context").page()
    assert (nowhere.context, there.context) == (None, stage)
    assert str(in_context(there)) == "in Woodstock"
    [mixed] = Action.objects.all().grouped("verb").page()
    assert mixed.context is None
    assert in_context(mixed) == ""


def test_the_words_of_a_place(lennon, stage, song, settings, rf):
    sung = action.send(lennon, "sang", song, context=stage)
    assert sentence(sung)[0] == "{actor} {verb} {target}"
    assert str(in_context(sung)) == "in Woodstock"
    assert in_context(None) == in_context(action.send(lennon, "slept")) == ""
    settings.STREAM_VERBS = [("sang", "{actor} sang on {context}")]
    assert str(sung).startswith("lennon sang on Woodstock, ")
    assert in_context(sung) == ""
    settings.STREAM_VERBS = [("sang", "{actor} sang {action_object} on {context}")]
    assert str(in_context(sung)) == "in Woodstock"  # there is no action object


def test_pages_and_the_api_say_it(lennon, stage, client):
    sung = action.send(lennon, "sang", context=stage)
    page = client.get(f"/stream/action/{sung.pk}/").content.decode()
    assert "lennon sang in Woodstock" in page
    listed = APIClient().get("/api/actions/", {"context_type": "testapp.stage"}).json()["results"]
    assert [each["context"]["text"] for each in listed] == ["Woodstock"]
    api = APIClient().get(f"/api/streams/testapp/stage/{stage.pk}/context/")
    assert [each["id"] for each in api.json()["results"]] == [sung.pk]


def test_without_a_context_no_statement_has_its_column_but_to_read_it(lennon, hendrix):
    follow(lennon, hendrix)
    with CaptureQueriesContext(connection) as queries:
        action.send(hendrix, "sang")
    [insert] = [each["sql"] for each in queries if each["sql"].startswith("INSERT")]
    assert "context" not in insert


def test_a_context_is_a_role_of_private_actions(lennon, stage):
    slept = action.send(lennon, "slept", context=stage, public=False)
    assert slept.has_role(stage)
    assert not slept.has_role(Stage.objects.create(name="Other"))


@pytest.mark.parametrize("is_shown", [True, False])
def test_badges_mails_and_feeds_follow_the_rule(lennon, hendrix, stage, client, is_shown):
    sung = action.send(hendrix, "sang", context=stage)
    notify(lennon, sung)
    follow(lennon, hendrix)

    def visible_to(options, stages, reader):
        return stages if is_shown else stages.none()

    token = FeedToken.objects.renew(lennon).secret
    person = f"auth/user/{hendrix.pk}"
    with override_options(Stage, visible_to=visible_to):
        feed = NotificationFeed(lennon)
        assert (feed.count(), feed.unread_count, len(feed.page())) == (is_shown,) * 3
        assert bool(digest_of(lennon)) is is_shown
        for each in FORMATS:
            for address in (f"/feeds/home/{token}/{each}/", f"/feeds/model/auth/user/{each}/"):
                assert (b"Woodstock" in client.get(address).content) is is_shown
        assert (client.get(f"/feeds/object/{person}/").status_code == 200) is is_shown


def test_feeds_say_where(lennon, stage, client):
    action.send(lennon, "sang", context=stage)
    address = f"/feeds/object/testapp/stage/{stage.pk}"
    assert b'<category term="Woodstock"' in client.get(f"{address}/atom/").content
    assert b"<category>Woodstock</category>" in client.get(f"{address}/rss/").content
    [item] = client.get(f"{address}/json/").json()["items"]
    assert (item["tags"], "in Woodstock" in item["content_html"]) == (["Woodstock"], True)
    activity = client.get(f"{address}/activity/").json()["first"]["orderedItems"][0]
    assert (activity["context"]["name"], "object" in activity) == ("Woodstock", False)


def test_rows_of_places_take_no_query_more(lennon, client, stage, django_assert_num_queries):
    for _ in range(3):
        action.send(lennon, "sang", context=Stage.objects.create(name="x"))
    for url in ("/stream/auth/user/", "/api/actions/"):
        with django_assert_num_queries(3):  # the actions, their users and stages
            client.get(url)


def test_users_act_in_a_place_by_the_api_where_the_site_allows_it(signed_in, stage, settings):
    settings.STREAM_API_ACTIONS = {"cheered": {"context": ["testapp.Stage"]}}
    body = {"verb": "cheered", "context": {"type": "testapp.stage", "id": str(stage.pk)}}
    with override_options(Stage, visible_to=lambda options, stages, reader: stages.none()):
        assert signed_in.post("/api/actions/", body, format="json").status_code == 400
    with override_options(Stage, visible_to=lambda options, stages, reader: stages):
        assert signed_in.post("/api/actions/", body, format="json").status_code == 201
    assert Action.objects.get().context == stage
    assert signed_in.post("/api/actions/", {"verb": "cheered"}, format="json").status_code == 400


def test_models_publish_where_something_happens(lennon, stage, monkeypatch):
    monkeypatch.setattr(Photo, "activity_context", property(lambda photo: stage))
    photo = Photo.objects.create(user=lennon, title="x")
    assert [each.context for each in Action.objects.get_for_action_object(photo)] == [stage]


def test_mutes_and_deletion_know_a_place(lennon, hendrix, stage, capsys):
    mute(lennon, stage)
    sung = action.send(hendrix, "sang", context=stage)
    assert notify(lennon, sung) == 0
    call_command("delete_actions", "--of", f"testapp.stage:{stage.pk}")
    assert not Action.objects.exists()


def test_the_admin_lists_places(admin_client, lennon, stage):
    action.send(lennon, "sang", context=stage)
    action.send(lennon, "slept")
    page = admin_client.get("/admin/stream/action/").content.decode()
    assert "Woodstock" in page
    listed = admin_client.get(f"/admin/stream/action/?context=testapp.stage:{stage.pk}")
    assert [each.verb for each in listed.context["cl"].result_list] == ["sang"]
