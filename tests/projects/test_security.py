"""What docs/security.md says, where no other test shows it."""

import json

import pytest
from django.urls import reverse
from rest_framework.test import APIClient

from follow.utils import follow, follow_link
from stream.models import Action
from stream.utils import action
from tests.early.models import Band

pytestmark = pytest.mark.django_db


@pytest.fixture
def band():
    return Band.objects.create(name="Band")


@pytest.mark.parametrize("by_session", [True, False])
def test_the_size_of_a_body_is_limited_by_djangos_setting(lennon, settings, by_session):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    client = APIClient()
    client.force_login(lennon) if by_session else client.force_authenticate(lennon)
    statuses = []
    for size in (100, 2000):
        body = json.dumps({"verb": "slept", "data": {"text": "x" * size}})
        sent = client.post(reverse("stream_api:actions"), body, content_type="application/json")
        statuses.append(sent.status_code)
    assert statuses == [201, 400]


def test_a_script_as_the_address_to_go_back_to_is_ignored(client, lennon, band):
    client.force_login(lennon)
    action.send(lennon, "sang", band)
    for address in ("javascript:alert(1)", "//example.org/", "https://example.org/"):
        assert client.post(follow_link(band), {"next": address}).url == "/"


def test_erasing_a_person_takes_private_actions_of_all_roles(lennon, hendrix, band):
    action.send(lennon, "sang", band)
    action.send(hendrix, "whispered", lennon, public=False)
    action.send(hendrix, "sang", band)
    follow(hendrix, lennon)
    Action.objects.get_for_any(lennon).delete()
    assert [str(each.actor) for each in Action.objects.all()] == ["hendrix"]
