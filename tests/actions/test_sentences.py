"""The sentences of actions and groups: a verb's own, and those of models that name no verb."""

import pytest
from django.core.checks import run_checks
from django.utils import translation

from stream.groups.group import Group
from stream.models import Action
from stream.notifications import notify
from stream.notifications.models import Notification
from stream.templatetags.stream_tags import action_sentence, group_sentence
from stream.text import verb_label
from stream.utils import action
from tests.activities.models import Like, Photo
from tests.early.models import Band
from tests.testapp.models import Song

pytestmark = pytest.mark.django_db

SANG = [("sang", "{actor} performed {action_object} with {target}"), ("read", "read up on")]


def words(shown):
    return str(shown).rpartition(", ")[0]


@pytest.fixture
def sunset(lennon):
    return Photo.objects.create(user=lennon, title="Sunset")


@pytest.fixture
def sung(lennon):
    band, song = Band.objects.create(name="Quarrymen"), Song.objects.create(title="Imagine")
    return action.send(lennon, "sang", band, song)


# Models that publish themselves and name no verb


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "lennon added a new photo: Sunset"),
        ("de", "Neu von lennon: photo Sunset"),
        ("es", "Novedad de lennon: photo Sunset"),
        ("fr", "Nouveauté de lennon : photo Sunset"),
        ("ja", "lennonが新しいphotoを追加しました：Sunset"),  # noqa: RUF001
        ("nl", "Nieuw van lennon: photo Sunset"),
        ("pt-br", "Novidade de lennon: photo Sunset"),
        ("ru", "lennon — новое: photo Sunset"),
        ("sv", "Nytt från lennon: photo Sunset"),
    ],
)
def test_a_published_object_is_said_to_be_new(sunset, language, expected):
    with translation.override(language):
        assert words(Action.objects.get()) == expected


def test_the_verb_of_such_an_action_stays_the_name_of_its_model(sunset):
    published = Action.objects.get()
    assert (published.verb, published.get_verb_display()) == ("photo", "added a new photo")


def test_new_objects_of_a_group_are_many(lennon):
    for title in ("Sunset", "Sunrise"):
        Photo.objects.create(user=lennon, title=title)
    actions = list(Action.objects.all())
    assert str(Group(actions, common=["verb"])) == "lennon added new photos"
    assert str(Group(actions[:1])) == "lennon added a new photo: Sunrise"


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        ({}, "lennon added a new photo"),
        ({"target": True}, "lennon added a new photo (Cream)"),
        ({"action_object": True, "target": True}, "lennon added a new photo: Imagine (Cream)"),
    ],
)
def test_what_such_an_action_names(lennon, roles, expected):
    objects = {
        "target": Band.objects.create(name="Cream"),
        "action_object": Song.objects.create(title="Imagine"),
    }
    sent = action.send(lennon, "photo", **{role: objects[role] for role in roles})
    assert words(sent) == expected


def test_a_site_may_word_it_itself(sunset, settings):
    settings.STREAM_VERBS = [("photo", "took the picture")]
    assert words(Action.objects.get()) == "lennon took the picture Sunset"


def test_a_target_beside_an_object_has_no_word_before_it(hendrix, sunset):
    Like.objects.create(author=hendrix, photo=sunset)
    assert words(Action.objects.first()) == "hendrix liked Sunset (lennon)"


# Sentences of verbs


def test_a_verb_has_a_sentence(sung, settings):
    settings.STREAM_VERBS = SANG
    assert words(sung) == "lennon performed Imagine with Quarrymen"
    link = f'<a href="/bands/{sung.target.pk}/">Quarrymen</a>'
    assert action_sentence(sung) == f"lennon performed Imagine with {link}"


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        ([], "lennon performed … with"),
        (["target"], "lennon performed … with Quarrymen"),
        (["action_object"], "lennon performed … with Imagine"),
    ],
)
def test_a_sentence_whose_objects_are_not_all_there_is_its_label(sung, settings, roles, expected):
    settings.STREAM_VERBS = SANG
    objects = {role: getattr(sung, role) for role in roles}
    assert words(action.send(sung.actor, "sang", **objects)) == expected


def test_a_sentence_of_nobody(sung, settings):
    settings.STREAM_VERBS = SANG
    sung.actor = None
    assert words(sung) == "someone performed Imagine with Quarrymen"


def test_a_sentence_of_a_group(sung, hendrix, settings):
    settings.STREAM_VERBS = [("sang", "{actor} performed {action_object} with {target}")]
    again = action.send(hendrix, "sang", sung.target, sung.action_object)
    group = Group([again, sung], common=["verb", "target", "action_object"])
    assert str(group) == "hendrix and lennon performed Imagine with Quarrymen"
    assert ">Quarrymen</a>" in group_sentence(group)


def test_a_group_that_shares_less_than_its_sentence_names(sung, hendrix, settings):
    settings.STREAM_VERBS = [("sang", "{actor} sang {action_object}")]
    song = Song.objects.create(title="Help!")
    group = Group([action.send(hendrix, "sang", sung.target, song), sung], common=["verb"])
    assert str(group) == "hendrix and lennon sang Quarrymen"


def test_each_door_says_the_sentence(sung, hendrix, client, settings):
    settings.STREAM_VERBS = SANG
    said = "performed Imagine with Quarrymen"
    notify(hendrix, sung)
    assert said in str(Notification.objects.get())
    assert (
        said
        in client.get(f"/feeds/actor/auth/user/{sung.actor.pk}/json/").json()["items"][0]["title"]
    )
    shown = client.get(f"/api/actions/{sung.pk}/").json()
    assert (shown["verb"], shown["verb_display"]) == ("sang", "performed … with")


def test_the_admin_offers_labels_and_what_published_models_say(
    admin_client, sung, sunset, settings
):
    settings.STREAM_VERBS = SANG
    page = admin_client.get("/admin/stream/action/").content.decode()
    for label in ("performed … with", "read up on", "added a new photo"):
        assert f">{label}</a>" in page
    assert "{actor}" not in page


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("liked", "liked"),
        ("{actor} liked {target}", "liked"),
        ("{actor} commented on {target}: {action_object}", "commented on"),
        ("{actor} hat {action_object} bewertet", "hat … bewertet"),
        ("{action_object} was sold to {actor}.", "was sold to"),
    ],
)
def test_the_label_of_a_sentence(settings, text, label):
    settings.STREAM_VERBS = {"x": text}
    assert verb_label("x") == label


# Sentences that are wrong


@pytest.mark.parametrize(
    "text",
    [
        "{actor} sang {song}",
        "{actor} sang {",
        "sang }",
        "{actor.password} sang",
        "{actor[0]} sang",
        "{0} sang",
        "{} sang",
        "{actor!r} sang",
        "{actor:>9999999} sang",
        "sang {{}}",
    ],
)
def test_a_sentence_with_wrong_braces_is_checked_and_shown_as_a_label(sung, settings, client, text):
    settings.STREAM_VERBS = [("sang", text)]
    (found,) = (each for each in run_checks(tags=["translation"]) if each.id == "stream.E055")
    assert repr(text) in found.msg
    assert words(sung) == f"lennon {text} Imagine (Quarrymen)"
    assert client.get(sung.get_absolute_url()).status_code == 200


def test_translations_of_sentences_are_checked(settings):
    settings.LANGUAGES = [("de", "German")]
    settings.STREAM_VERBS = [("x", "{actor} sang"), ("y", Broken("sang"))]
    (found,) = (each for each in run_checks(tags=["translation"]) if each.id == "stream.E055")
    assert "'{akteur} sang' for 'y' (language 'de')" in found.msg


class Broken(str):
    """A translation that names another place."""

    def __str__(self):
        return "{akteur} sang" if translation.get_language() == "de" else "sang"


@pytest.mark.parametrize("verbs", [["liked"], [("a",)], 5])
def test_a_setting_that_is_no_list_of_pairs(settings, verbs):
    settings.STREAM_VERBS = verbs
    (found,) = (each for each in run_checks(tags=["translation"]) if each.id == "stream.E055")
    assert found.msg == "STREAM_VERBS is no list of verbs, each with its words."
