"""Web push in the demo: it is on, and its key stays the same."""

import pytest
from django.conf import settings
from django.contrib.auth.models import User

from stream.notifications.channels.conf import check_channels
from stream.notifications.channels.push import push_channel

pytestmark = pytest.mark.django_db


def test_the_page_of_preferences_has_the_button(client):
    client.force_login(User.objects.create(username="ann"))
    html = client.get("/notifications/preferences/").content.decode()
    assert "Notify me on this device" in html
    assert push_channel().public_key in html


def test_the_key_is_one_of_vapid():
    assert settings.PUSH_KEY
    assert check_channels() == []
