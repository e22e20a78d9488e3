import warnings

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType

from stream.utils import action
from tests.testapp.models import Song, Tag


@pytest.fixture(autouse=True)
def _site_that_has_not_moved(db):
    warnings.simplefilter("ignore", DeprecationWarning)


@pytest.fixture
def ann():
    return User.objects.create_user("ann")


@pytest.fixture
def bob():
    return User.objects.create_user("bob")


@pytest.fixture
def band():
    return Group.objects.create(name="band")


@pytest.fixture
def song():
    return Song.objects.create(title="Help!")


@pytest.fixture
def tag():
    return Tag.objects.create(name="pop")


@pytest.fixture
def type_of():
    return ContentType.objects.get_for_model


@pytest.fixture
def acts(ann, bob, song, tag):
    """Actions with an integer, a UUID and a text as keys, one without a target."""
    return {
        "joined": action.send(ann, "joined"),
        "liked": action.send(ann, "liked", song),
        "tagged": action.send(bob, "tagged", tag, song),
        "met": action.send(bob, "met", ann),
    }
