"""Foreign keys that are led from the tables of the old packages to ours."""

import pytest
from django.core.exceptions import FieldDoesNotExist
from django.db import connection, models
from django.db.migrations.state import ModelState, ProjectState

from stream.contrib.moving.operations import RepointForeignKey

pytestmark = pytest.mark.django_db(transaction=True)


def model(label, **fields):
    key = {"id": models.BigAutoField(primary_key=True)}
    return ModelState(*label.split("."), [*{**key, **fields}.items()])


@pytest.fixture
def before():
    """A site with two rows of actions on either side, and tables that point to the old ones."""
    state = ProjectState()
    labels = ["attic.Action", "blog.Action", "blog.Bookmark", "blog.Board"]
    for each in (
        model(labels[0], id=models.AutoField(primary_key=True)),
        model(labels[1]),
        model(labels[2], action=models.ForeignKey(labels[0], models.CASCADE)),
        model(labels[3], actions=models.ManyToManyField(labels[0])),
    ):
        state.add_model(each)
    made = [state.apps.get_model(label) for label in labels]
    with connection.schema_editor() as editor:
        for each in made:
            editor.create_model(each)
    for each in made[:2]:
        each.objects.create(pk=1), each.objects.create(pk=2)
    made[2].objects.create(action_id=2)
    made[3].objects.create().actions.add(1, 2)
    yield state
    with connection.schema_editor() as editor:
        for each in reversed(made):
            editor.delete_model(each)


def repoint(before, model_name, name):
    operation, after = RepointForeignKey(model_name, name, to="blog.Action"), before.clone()
    operation.state_forwards("blog", after)
    with connection.schema_editor() as editor:
        operation.database_forwards("blog", editor, before, after)
    return after


def points_to(table, column):
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, table).values()
    keys = [each for each in found if each["foreign_key"] and each["columns"] == [column]]
    return [each["foreign_key"][0] for each in keys]


def test_a_foreign_key_gets_a_constraint_to_the_new_table(before):
    after = repoint(before, "Bookmark", "action")
    assert points_to("blog_bookmark", "action_id") == ["blog_action"]
    assert after.apps.get_model("blog", "Bookmark").objects.get().action.pk == 2


def test_a_many_to_many_field_gets_it_in_its_own_table(before):
    after = repoint(before, "Board", "actions")
    assert points_to("blog_board_actions", "action_id") == ["blog_action"]
    assert after.apps.get_model("blog", "Board").objects.get().actions.count() == 2


def test_rows_that_point_to_nothing_stop_it(before):
    before.apps.get_model("blog", "Action").objects.filter(pk=2).delete()
    with pytest.raises(ValueError, match=r"^blog_bookmark.action_id: 1 rows point to what"):
        repoint(before, "Bookmark", "action")
    assert points_to("blog_bookmark", "action_id") == ["attic_action"]


def test_a_field_that_is_not_there_is_named(before):
    with pytest.raises(FieldDoesNotExist, match=r"^RepointForeignKey\('Bookmark', 'acton'\): blog"):
        repoint(before, "Bookmark", "acton")


def test_it_says_what_it_does():
    operation = RepointForeignKey("Bookmark", "action", to="stream.Action")
    assert operation.describe() == "Let Bookmark.action point to stream.Action"
    assert operation.migration_name_fragment == "repoint_bookmark_action"
