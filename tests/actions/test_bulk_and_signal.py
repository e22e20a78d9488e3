"""Sending many at once, and the signal that tells of each."""

from io import StringIO

import pytest
from django.core.exceptions import FieldError
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from stream import signals
from stream.arc import NotRegistered
from stream.models import Action
from stream.utils import action
from tests.testapp.models import Orchestra

pytestmark = pytest.mark.django_db


@pytest.fixture
def received():
    """The actions that the signal told of."""
    actions = []

    def receive(sender, instance, **kwargs):
        assert sender is Action
        actions.append(instance)

    signals.action.connect(receive)
    yield actions
    signals.action.disconnect(receive)


# Many at once


def test_send_many_writes_in_batches(lennon, hendrix, received, django_assert_num_queries):
    arguments = (
        {"actor": lennon, "verb": "sang", "target": hendrix if number % 2 else None}
        for number in range(25)
    )
    inserts = 3 * (2 if connection.vendor == "postgresql" else 1)  # it asks for the keys first
    with django_assert_num_queries(inserts + 2 + 3 * 2):  # outer transaction, inner ones
        assert action.send_many(arguments, batch_size=10) == 25
    assert Action.objects.filter(target_user=hendrix).count() == 12
    assert {each.pk for each in received} == set(Action.objects.values_list("pk", flat=True))


def test_send_many_without_listeners_opens_one_transaction(lennon, django_assert_num_queries):
    with django_assert_num_queries((2 if connection.vendor == "postgresql" else 1) + 2):
        action.send_many([{"actor": lennon, "verb": "sang"}] * 50)


def test_send_many_writes_all_or_nothing(lennon, received):
    def arguments():
        yield from [{"actor": lennon, "verb": "sang"}] * 15
        yield {"actor": lennon, "verb": "sang", "target": Orchestra(pk=1)}

    with pytest.raises(NotRegistered, match=r"^action.send_many\(\), item 15: send\(target="):
        action.send_many(arguments(), batch_size=10)
    assert not Action.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "options", "error", "message"),
    [
        ([("ann", "sang")], {}, TypeError, r"item 0: send\(\): \('ann', 'sang'\) is no dict"),
        ({"verb": "sang"}, {}, TypeError, r"item 0: send\(\): 'verb' is no dict"),
        ([{"using": "x"}], {}, TypeError, r"item 0: send\(using=…\): name the database once"),
        ([], {"batch_size": 0}, ValueError, r"send_many\(batch_size=0\): a batch has one action"),
    ],
)
def test_send_many_with_bad_arguments(arguments, options, error, message):
    with pytest.raises(error, match=message):
        action.send_many(arguments, **options)


def test_a_role_and_its_column_are_not_both_given(lennon, hendrix):
    with pytest.raises(TypeError, match=r"\(target=…, target_user=…\): pass one of the two"):
        Action.objects.create(lennon, "met", hendrix, target_user=lennon)


def test_update_or_create_knows_its_fields(lennon):
    Action.objects.create(lennon, "sang")
    with pytest.raises(FieldError, match="'descriptoin' is no field to update"):
        Action.objects.update_or_create(lennon, "sang", defaults={"descriptoin": "a"})


def test_send_many_of_nothing(django_assert_num_queries):
    with django_assert_num_queries(2):  # the empty transaction
        assert action.send_many([]) == 0


def test_bulk_create_sends_the_signal_and_needs_actors(lennon, received):
    made = Action.objects.bulk_create([Action(actor=lennon, verb="sang")])
    assert received == made
    with pytest.raises(TypeError, match=r"Action.objects.bulk_create\(\): Action.actor is requ"):
        Action.objects.bulk_create([Action(verb="sang")])


# The signal


def test_the_signal_tells_of_each_new_action_once(lennon, received):
    sent = action.send(lennon, "sang")
    assert received == [sent]
    sent.description = "again"
    sent.save()
    Action.objects.get_or_create(lennon, "sang")
    assert received == [sent]
    left, _ = Action.objects.get_or_create(lennon, "left")
    assert received == [sent, left]


def test_the_signal_of_batches_tells_of_each_batch_once(lennon):
    batches = []

    def receive(sender, instances, **kwargs):
        assert sender is Action
        batches.append(instances)

    signals.actions.connect(receive)
    try:
        sent = action.send(lennon, "sang")
        action.send_many([{"actor": lennon, "verb": "sang"}] * 5, batch_size=3)
        sent.save()
        Action.objects.bulk_create([])
    finally:
        signals.actions.disconnect(receive)
    assert [len(each) for each in batches] == [1, 3, 2]
    assert batches[0] == [sent]
    assert all(each.pk for batch in batches for each in batch)


def test_the_signal_is_not_sent_for_fixtures(lennon, received, tmp_path):
    action.send(lennon, "sang")
    received.clear()
    fixture = tmp_path / "actions.json"
    out = StringIO()
    call_command("dumpdata", "stream", stdout=out)
    fixture.write_text(out.getvalue())
    Action.objects.all().delete()
    call_command("loaddata", str(fixture), verbosity=0)
    assert Action.objects.get().actor == lennon
    assert received == []


def test_a_handler_that_raises_takes_the_action_back(lennon):
    def refuse(instance, **kwargs):
        raise PermissionError

    signals.action.connect(refuse)
    try:
        with pytest.raises(PermissionError):
            action.send(lennon, "sang")
        with pytest.raises(PermissionError):
            action.send_many([{"actor": lennon, "verb": "sang"}])
    finally:
        signals.action.disconnect(refuse)
    assert not Action.objects.exists()


def test_many_are_sent_where_the_database_secures_rows(lennon, received):
    if connection.vendor == "postgresql":  # the only one that does
        with connection.cursor() as cursor:
            cursor.execute("CREATE ROLE t_rows_secured NOLOGIN")
            cursor.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO t_rows_secured")
            cursor.execute("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO t_rows_secured")
            cursor.execute("ALTER TABLE stream_action ENABLE ROW LEVEL SECURITY")
            cursor.execute("CREATE POLICY mine ON stream_action USING (verb <> 'hidden')")
            cursor.execute("SET LOCAL ROLE t_rows_secured")
    assert action.send_many([{"actor": lennon, "verb": verb} for verb in "abc"], 2) == 3
    action.send(lennon, "d")
    assert received == list(Action.objects.order_by("id"))
    assert [each.verb for each in received] == ["a", "b", "c", "d"]
    if connection.vendor == "postgresql":
        with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
            action.send_many([{"actor": lennon, "verb": "hidden"}])
