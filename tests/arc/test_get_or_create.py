"""Getting or creating, and updating or creating."""

import pytest
from django.utils.translation import gettext_lazy

from stream.models import Action

pytestmark = pytest.mark.django_db


def test_get_or_create(lennon, hendrix, django_assert_num_queries):
    made, is_new = Action.objects.get_or_create(lennon, "follow", hendrix)
    assert is_new
    with django_assert_num_queries(1):
        found = Action.objects.get_or_create(lennon, "follow", hendrix)
    assert found == (made, False)
    assert found[0].target == hendrix


def test_get_or_create_takes_none_for_without(lennon, hendrix):
    Action.objects.create(lennon, "follow", hendrix)
    assert Action.objects.get_or_create(lennon, "follow")[1]
    assert Action.objects.get_or_create(lennon, "follow", hendrix, lennon)[1]
    assert Action.objects.count() == 3


def test_get_or_create_takes_fields_lookups_and_defaults(lennon):
    made, _ = Action.objects.get_or_create(
        lennon, "sang", description="Help!", defaults={"data": {"key": "A"}, "public": False}
    )
    assert (made.description, made.data, made.public) == ("Help!", {"key": "A"}, False)
    assert not Action.objects.get_or_create(lennon, "sang", description__startswith="Help")[1]
    assert Action.objects.get_or_create(lennon, "sang", description="Hey Jude")[1]
    assert not Action.objects.get_or_create(lennon, gettext_lazy("sang"), public=False)[1]


def test_get_or_create_raises_where_several_exist(lennon):
    Action.objects.create(lennon, "sang")
    Action.objects.create(lennon, "sang")
    with pytest.raises(Action.MultipleObjectsReturned):
        Action.objects.get_or_create(lennon, "sang")


def test_update_or_create(lennon):
    made, is_new = Action.objects.update_or_create(
        lennon, "sang", defaults={"description": "b"}, create_defaults={"description": "a"}
    )
    assert (is_new, made.description) == (True, "a")
    again, is_new = Action.objects.update_or_create(
        lennon, "sang", defaults={"description": lambda: "b", "target": lennon}
    )
    assert (is_new, again.pk) == (False, made.pk)
    made.refresh_from_db()
    assert (made.description, made.target) == ("b", lennon)
