"""A site's foreign key to notifications: then Django deletes them, and their rows."""

from contextlib import contextmanager

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection, models
from django.test.utils import CaptureQueriesContext

from stream.models import Action
from stream.notifications import NotificationFeed, notify
from stream.notifications.models import Notification
from stream.utils import action
from tests.early.models import Band
from tests.support.notifications import check_counts, users

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def model_of(on_delete):
    """Make a model of a site, with its table, as long as the block takes."""

    class Reminder(models.Model):
        notification = models.ForeignKey(
            Notification, on_delete, null=True, related_name="reminders"
        )

        class Meta:
            app_label = "testapp"

    with connection.schema_editor() as editor:
        editor.create_model(Reminder)
    try:
        yield Reminder
    finally:
        with connection.schema_editor() as editor:
            editor.delete_model(Reminder)
        del apps.all_models["testapp"]["reminder"]
        apps.clear_cache()


@pytest.mark.parametrize(
    "delete",
    [
        lambda: Notification.objects.all().delete(),
        lambda: [row.delete() for row in Notification.objects.all()],
        lambda: Action.objects.all().delete(),
        lambda: Action.objects.first().delete(),
        lambda: Band.objects.get().delete(),
        lambda: User.objects.filter(username__in=["hendrix", "ringo"]).delete(),
        lambda: User.objects.get(username="hendrix").delete(),
        lambda: NotificationFeed(User.objects.get(username="hendrix")).delete(
            *Notification.objects.values_list("pk", flat=True)
        ),
    ],
)
@pytest.mark.parametrize("on_delete", [models.CASCADE, models.SET_NULL])
def test_rows_of_the_site_go_as_it_says_and_counts_are_right(lennon, hendrix, delete, on_delete):
    band = Band.objects.create(name="Cream")
    for verb in ("liked", "saw"):
        notify([hendrix, *users(f"{verb} fan")], action.send(lennon, verb, band))
    NotificationFeed(hendrix).mark_read(NotificationFeed(hendrix).page(1)[0])
    with model_of(on_delete) as model:
        keys = list(Notification.objects.values_list("pk", flat=True))
        model.objects.bulk_create(model(notification_id=key) for key in keys)
        delete()
        left = set(Notification.objects.values_list("pk", flat=True))
        assert left < set(keys)
        named = list(model.objects.values_list("notification", flat=True))
        assert set(named) - {None} == left
        assert len(named) == len(left if on_delete is models.CASCADE else keys)
    check_counts()
    assert not Notification.objects.exclude(action__in=Action.objects.all()).exists()


def test_nobody_points_to_what_goes_with_its_action(lennon, hendrix):
    """The rows of the site are looked for when the notifications are locked."""
    liked = action.send(lennon, "liked")
    notify(hendrix, liked)
    with model_of(models.CASCADE) as model:
        with CaptureQueriesContext(connection) as queries:
            liked.delete()
        of_site = [model._meta.db_table in each["sql"] for each in queries]
        locks = [
            "_notification` WHERE" in each["sql"].replace('"', "`") and "FOR UPDATE" in each["sql"]
            for each in queries
        ]
    assert not Notification.objects.exists()
    if connection.features.has_select_for_update:
        assert locks.index(True) < of_site.index(True)
