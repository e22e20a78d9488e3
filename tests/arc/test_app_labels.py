"""An app whose label has a capital: case counts in it, though not in a model's name."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse
from rest_framework.serializers import ModelSerializer

from stream.api.conf import serializer_of
from stream.arc.options import check_options
from stream.models import Action
from stream.notifications import notify_on
from stream.notifications.mutes import is_muted, mute
from stream.notifications.rules import check_rules, remove_rule
from stream.syndication.vocabulary import object_type
from stream.testing import override_options
from stream.utils import action, register_target
from stream.web.links import stream_url
from tests.polls.models import Question

pytestmark = pytest.mark.django_db


class QuestionSerializer(ModelSerializer):
    class Meta:
        model = Question
        fields = ("text",)


@pytest.fixture
def question(hendrix):
    return Question.objects.create(user=hendrix, text="Why?")


def test_its_models_are_registered():
    assert Action.target.find_field(Question).name == "target_question"
    assert Action.origin.find_field(Question).name == "origin_Polls_question"


def test_its_objects_are_acted_on_and_published(lennon, question):
    action.send(lennon, "answered", question)
    asked = Action.objects.get(verb="asked")
    assert (asked.origin, asked.target) == (question, question)
    assert [group.verb for group in Action.objects.grouped("object", "verb").page()] == [
        "answered",
        "asked",
    ]


@pytest.mark.parametrize("name", ["Polls.Question", "Polls.question", "Polls.QUESTION"])
def test_options_name_its_models(name):
    serializer = f"{__name__}.QuestionSerializer"
    with override_options(name, serializer=serializer, activity_type="Note"):
        assert serializer_of(Question) is QuestionSerializer
        assert object_type(Question) == "Note"


def test_another_case_of_the_label_is_another_app():
    with override_options("polls.Question", activity_type="Note"):
        assert object_type(Question) == "Object"
        [error] = check_options()
        assert "polls.question is registered in no role" in error.msg
    with pytest.raises(
        ImproperlyConfigured, match=r"^register_target\('polls.Question'\): No inst"
    ):
        register_target("polls.Question")


def test_its_objects_are_muted(lennon, question):
    assert mute(lennon, question)
    assert is_muted(lennon, question)


def test_rules_name_its_models(lennon, question):
    rule = notify_on("answered", target="Polls.Question")(lambda action: lennon)
    try:
        assert not check_rules()
        action.send(question.user, "answered", question)
    finally:
        remove_rule(rule)
    assert lennon.stream_notifications.count() == 1


def test_addresses_and_the_api_name_its_objects(client, question):
    assert stream_url(question, "object") == f"/stream/Polls/question/{question.pk}/"
    assert client.get(stream_url(question, "object")).status_code == 200
    found = client.get(reverse("stream_api:object", args=["Polls", "question", question.pk])).json()
    assert found["results"][0]["target"]["type"] == "Polls.question"
