"""Any tree of conditions finds the rows that it found on content types and texts."""

from functools import reduce
from operator import and_, or_

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from hypothesis import HealthCheck, given, note, settings, strategies as st

from stream.models import Action
from stream.utils import action
from tests.testapp.models import Orchestra, Song, Tag

MODELS = [User, Group, Song, Tag, Orchestra]
SONG = "6f1a4c1e-0000-4000-8000-000000000001"
KEYS = ["1", "2", "3", SONG, "pop", "2 ", "x"]
ROLES = ["actor", "target", "action_object"]


def key_of(model):
    return ContentType.objects.get_for_model(model).pk


@pytest.fixture
def rows():
    """Rows as the old table had them, by the keys of actions."""
    users = [User.objects.create(pk=key, username=f"user {key}") for key in (1, 2)]
    groups = [Group.objects.create(pk=key, name=f"group {key}") for key in (1, 2)]
    others = [Song.objects.create(pk=SONG, title="Help!"), Tag.objects.create(name="pop")]
    others.append(Tag.objects.create(name="1"))
    for number, actor in enumerate([*users, *groups]):
        for target in [None, *users, *groups, *others]:
            obj = others[0] if number % 2 else None
            action.send(actor, f"verb {number % 3}", target, obj)
    found = {}
    for each in Action.objects.all():
        row = found[each.pk] = {"verb": each.verb}
        for role in ROLES:
            obj = getattr(each, role)
            row[f"{role}_content_type"] = None if obj is None else key_of(type(obj))
            row[f"{role}_object_id"] = None if obj is None else str(obj.pk)
    return found


def conditions(role):
    ct, key = f"{role}_content_type", f"{role}_object_id"
    models = st.sampled_from(MODELS)
    return st.one_of(
        models.map(lambda model: (ct, model)),
        st.lists(models, max_size=3).map(lambda some: (f"{ct}__in", some)),
        models.map(lambda model: (f"{ct}__model", model._meta.model_name)),
        st.sampled_from(["auth", "testapp", "x"]).map(lambda label: (f"{ct}__app_label", label)),
        st.booleans().map(lambda flag: (f"{ct}__isnull", flag)),
        st.sampled_from([*KEYS, None]).map(lambda text: (key, text)),
        st.lists(st.sampled_from(KEYS), max_size=3).map(lambda some: (f"{key}__in", some)),
        st.booleans().map(lambda flag: (f"{key}__isnull", flag)),
    )


LEAVES = st.one_of(*map(conditions, ROLES), st.sampled_from([("verb", "verb 0")]))
TREES = st.recursive(
    LEAVES,
    lambda children: st.one_of(
        st.lists(children, min_size=1, max_size=3).map(lambda some: ("and", some)),
        st.lists(children, min_size=1, max_size=3).map(lambda some: ("or", some)),
        children.map(lambda one: ("not", one)),
    ),
    max_leaves=8,
)


def as_q(tree):
    name, value = tree
    if name == "not":
        return ~as_q(value)
    if name in ("and", "or"):
        return reduce(and_ if name == "and" else or_, map(as_q, value))
    if name.endswith("content_type"):
        value = ContentType.objects.get_for_model(value)
    elif name.endswith("content_type__in"):
        value = [key_of(each) for each in value]
    return Q((name, value))


def holds(tree, row):
    name, value = tree
    if name == "not":
        return not holds(value, row)
    if name == "and":
        return all(holds(each, row) for each in value)
    if name == "or":
        return any(holds(each, row) for each in value)
    column, _, lookup = name.partition("__")
    stored = row[column]
    if lookup == "isnull" or value is None:
        return (stored is None) == (value is None or value)
    if stored is None:
        return False
    if lookup in ("model", "app_label"):
        return getattr(ContentType.objects.get_for_id(stored), lookup) == value
    if column.endswith("content_type"):
        value = [key_of(each) for each in value] if lookup else key_of(value)
    return stored in value if lookup == "in" else stored == value


@settings(
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(tree=TREES)
def test_a_tree_finds_what_it_found_by_content_types_and_texts(rows, tree):
    note(tree)
    expected = {pk for pk, row in rows.items() if holds(tree, row)}
    assert set(Action.objects.filter(as_q(tree)).values_list("pk", flat=True)) == expected
    assert set(Action.objects.exclude(as_q(tree)).values_list("pk", flat=True)) == (
        rows.keys() - expected
    )
