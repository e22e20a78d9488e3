"""ActivityStreams 2.0: verbs, models and roles, and JSON-LD as an independent tool reads it."""

import json

import pytest
from django.contrib.auth.models import Group, User
from django.core.checks import run_checks
from django.utils import timezone

from stream.models import Action
from stream.syndication.activitystreams import write_activity
from stream.syndication.addresses import tag
from stream.syndication.documents import make_entry
from stream.syndication.vocabulary import ACTIVITIES, activity_type, object_type
from stream.testing import override_options
from stream.utils import action
from tests.as2.checker import SHARED, expand, problems
from tests.early.models import Band
from tests.testapp.models import Crew, CrewProxy, RoadCrew, Song, Studio, Venue

pytestmark = pytest.mark.django_db
AS = "https://www.w3.org/ns/activitystreams#"


@pytest.fixture
def document(rf):
    """Return the document of an action, once it keeps the rules."""

    def make(sent):
        request = rf.get("/")
        text = write_activity(make_entry(request, sent), tag(request, "verb", ""))
        document = json.loads(text)
        assert not list(problems(document))
        return document

    return make


@pytest.fixture
def band():
    return Band.objects.create(name="The Quarrymen")


def group(name="x"):
    return Group.objects.create(name=name)


# Roles


def test_what_is_followed_is_the_object(document, lennon, hendrix):
    found = document(action.send(lennon, "started following", target=hendrix))
    assert found["type"] == "Follow"
    assert found["object"]["name"] == "hendrix"
    assert "target" not in found


def test_an_action_object_is_the_object_and_its_target_the_target(document, lennon, band):
    where = group()
    found = document(action.send(lennon, "added", target=where, action_object=band))
    assert (found["type"], found["object"]["name"]) == ("Add", "The Quarrymen")
    assert found["target"]["type"] == "Group"


def test_an_action_object_alone_is_the_object(document, lennon, band):
    found = document(action.send(lennon, "liked", action_object=band))
    assert found["object"]["name"] == "The Quarrymen"
    assert "target" not in found


def test_nothing_but_an_actor(document, lennon):
    found = document(action.send(lennon, "slept"))
    assert found["type"] == ["Activity", "verb:slept"]
    assert not {"object", "target"} & set(found)


@pytest.mark.parametrize(
    ("verb", "place"), [("arrived at", "location"), ("travelled to", "target"), ("asked", "target")]
)
def test_intransitive_activities_have_no_object(document, lennon, band, settings, verb, place):
    settings.STREAM_ACTIVITY_TYPES = {"asked": "Question"}
    where = group("Woodstock")
    found = document(action.send(lennon, verb, target=where))
    assert found[place]["name"] == "Woodstock"
    assert "object" not in found
    found = document(action.send(lennon, verb, action_object=where))
    assert found[place]["name"] == "Woodstock"
    found = document(action.send(lennon, verb, target=where, action_object=band))
    assert (found[place]["name"], found["instrument"]["name"]) == ("Woodstock", "The Quarrymen")
    assert "object" not in found
    assert not {"location", "target", "instrument"} & set(document(action.send(lennon, verb)))


# Objects that are gone


def test_an_object_that_is_gone_is_a_tombstone(document, lennon, django_assert_num_queries):
    sent = Action(pk=1, actor=lennon, verb="liked", target_band_id=4711, datetime=timezone.now())
    sent._state.adding, sent._state.db = False, "default"
    assert document(sent)["object"] == {
        "type": "Tombstone",
        "id": "tag:testserver,2026:early/band/4711",
        "formerType": "Object",
    }


def test_an_unknown_actor_is_a_tombstone(document):
    crew = Crew.objects.create(name="x")
    sent = action.send(crew, "packed")
    crew.delete()  # on_delete=SET_NULL
    found = document(Action.objects.get(pk=sent.pk))
    assert found["actor"] == {"type": "Tombstone", "formerType": "Object"}


# Objects


def test_objects_have_a_type_an_id_a_name_and_a_page(document, lennon, band):
    found = document(action.send(lennon, "liked", band))
    assert found["actor"] == {
        "type": "Person",
        "id": f"tag:testserver,2026:auth/user/{lennon.pk}",
        "name": "lennon",
    }
    assert found["object"] == {
        "type": "Object",
        "id": f"tag:testserver,2026:early/band/{band.pk}",
        "name": "The Quarrymen",
        "url": f"http://testserver/bands/{band.pk}/",
    }
    assert found["id"].startswith("tag:testserver,2026:stream/action/")
    assert found["summary"].startswith("lennon liked <a ")


@pytest.mark.parametrize(
    ("model", "usual"),
    [(User, "Person"), (Group, "Group"), (Band, "Object"), (Studio, "Object")],
)
def test_usual_types_of_objects(model, usual):
    assert object_type(model) == usual


@override_options("testapp.Song", activity_type="Audio")
@override_options("testapp.Venue", activity_type="Place")
@override_options("testapp.crew", activity_type="Group")
@override_options("auth.User", activity_type="Service")
def test_types_of_objects_are_chosen_by_model():
    assert object_type(Song) == "Audio"
    assert object_type(Studio) == object_type(Venue) == "Place"  # a child
    assert object_type(CrewProxy) == object_type(RoadCrew) == "Group"
    assert object_type(User) == "Service"


# Verbs


def test_there_are_28_activities():
    assert len(ACTIVITIES) == 28


@pytest.mark.parametrize(
    ("verb", "name"),
    [
        ("like", "Like"),
        ("Liked", "Like"),
        ("started-following", "Follow"),
        ("started_following", "Follow"),
        ("tentatively  accepted", "TentativeAccept"),
        ("question", ""),
        ("wrote", ""),
        ("", ""),
    ],
)
def test_usual_types_of_verbs(verb, name):
    assert activity_type(verb) == name


def test_types_of_verbs_are_chosen(settings):
    settings.STREAM_ACTIVITY_TYPES = {"wrote": "Create", "liked": "Announce"}
    assert (activity_type("wrote"), activity_type("liked")) == ("Create", "Announce")
    assert activity_type("disliked") == "Dislike"


def test_checks_name_types_that_do_not_exist(settings):
    settings.STREAM_ACTIVITY_TYPES = {"wrote": "Write", "liked": "Like"}
    with override_options("early.Band", activity_type="Band"):
        messages = run_checks(databases=[])
    found = [each for each in messages if each.id.startswith("stream_syndication")]
    assert [each.id for each in found] == ["stream_syndication.E001", "stream_syndication.E002"]
    assert found[0].msg == (
        "STREAM_ACTIVITY_TYPES['wrote'] = 'Write' is no activity type of ActivityStreams 2.0."
    )
    assert "Create" in found[0].hint
    assert "BandOptions.activity_type = 'Band' is no object type" in found[1].msg


def test_right_settings_pass_the_checks(settings):
    settings.STREAM_ACTIVITY_TYPES = {"wrote": "Create"}
    assert not [
        each for each in run_checks(databases=[]) if each.id.startswith("stream_syndication")
    ]


# As JSON-LD

needs_context = pytest.mark.skipif(
    not SHARED.exists(), reason="the context of ActivityStreams is not beside the checkout"
)


@needs_context
def test_an_activity_expands_to_the_vocabulary(document, lennon, band):
    sent = action.send(lennon, "liked", band)
    (found,) = expand(document(sent))
    assert found["@type"] == [f"{AS}Like"]
    assert found["@id"] == f"tag:testserver,2026:stream/action/{sent.pk}"
    assert found[f"{AS}actor"][0]["@type"] == [f"{AS}Person"]
    assert found[f"{AS}object"][0]["@id"] == f"tag:testserver,2026:early/band/{band.pk}"
    (published,) = found[f"{AS}published"]
    assert published["@type"] == "http://www.w3.org/2001/XMLSchema#dateTime"


@needs_context
@pytest.mark.parametrize(
    "verb", ["wrote", "was at/in", "näh?", "a:b//c", " ", "@id", "\x00", "é" * 99]
)
def test_other_verbs_expand_to_addresses_of_the_site(document, lennon, verb):
    sent = Action(pk=1, actor=lennon, verb=verb, datetime=timezone.now())
    (found,) = expand(document(sent))
    activity, extension = found["@type"]
    assert activity == f"{AS}Activity"
    assert extension.startswith("tag:testserver,2026:verb/")
    assert len(extension) > len("tag:testserver,2026:verb/")


@needs_context
def test_a_collection_and_a_page_expand(client, lennon, band):
    action.send_many({"actor": lennon, "verb": "liked", "target": band} for _ in range(30))
    action.send(lennon, "slept")
    collection = client.get("/feeds/model/auth/user/activity/").json()
    assert not list(problems(collection))
    (found,) = expand(collection)
    assert found["@type"] == [f"{AS}OrderedCollection"]
    (first,) = found[f"{AS}first"]
    assert first["@type"] == [f"{AS}OrderedCollectionPage"]
    assert first[f"{AS}partOf"] == [{"@id": found["@id"]}]
    assert len(first[f"{AS}items"][0]["@list"]) == 25
    _no_blank(found)

    page = client.get(collection["first"]["next"]).json()
    assert not list(problems(page))
    (found,) = expand(page)
    assert found["@id"] == collection["first"]["next"]
    assert f"{AS}prev" in found
    assert len(found[f"{AS}items"][0]["@list"]) == 6
    _no_blank(found)


def _no_blank(node):
    """Assert that every key and type is known: the context makes blank nodes of the others."""
    for key, value in node.items() if isinstance(node, dict) else []:
        assert not key.startswith("_:"), key
        assert key != "@type" or not any(each.startswith("_:") for each in value), value
        _no_blank(value)
    for each in node if isinstance(node, list) else []:
        _no_blank(each)


def test_the_first_page_has_an_address_of_its_own(client, lennon):
    action.send(lennon, "slept")
    collection = client.get("/feeds/model/auth/user/activity/").json()
    page = client.get(collection["first"]["id"]).json()
    assert page["type"] == "OrderedCollectionPage"
    assert page["id"] == collection["first"]["id"]
    assert page["partOf"] == collection["id"]
    assert page["orderedItems"] == collection["first"]["orderedItems"]
