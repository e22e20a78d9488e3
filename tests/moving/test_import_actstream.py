"""``import_actstream``: each row of django-activity-stream's tables comes, on each engine."""

import csv
import datetime as dt
import io
import uuid

import pytest
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from follow.models import Follow
from stream.models import Action
from stream.moving.running import Run
from stream.signals import action as action_signal
from stream.timelines.models import Job, State
from stream.utils import action
from tests.support.old_site import START, drop_tables, gone, make_tables, named
from tests.testapp.models import Crew, Orchestra, Song, Studio, Tag

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ann():
    return User.objects.create(username="ann")


@pytest.fixture
def old():
    """Make the tables of the old package."""
    old_action, old_follow = make_tables()

    class Old:
        """Rows as the package writes them."""

        def act(self, actor, verb="liked", target=None, obj=None, **values):
            for role, each in (("actor", actor), ("target", target), ("action_object", obj)):
                values |= named(role, each) if each is not None else {}
            values.setdefault("timestamp", START + dt.timedelta(seconds=old_action.objects.count()))
            return old_action.objects.create(verb=verb, **values)

        def follow(self, user, obj, **values):
            return old_follow.objects.create(user_id=user.pk, **named("", obj), **values)

        actions, follows = old_action.objects, old_follow.objects

    yield Old()
    drop_tables()


def run(*args, command="import_actstream", **options):
    out = io.StringIO()
    call_command(command, *args, stdout=out, **options)
    return out.getvalue()


# What comes


def test_action_keeps_key_time_texts_data_and_publicity(old, ann):
    when = dt.datetime(2014, 7, 8, 9, 10, 11, 123456, tzinfo=dt.UTC)
    old.act(ann, "first")
    row = old.act(ann, "Näht", description="Zwei", data={"a": [1]}, public=False, timestamp=when)

    run("--run")

    new = Action.objects.get(pk=row.pk)
    assert (new.actor, new.verb, new.description, new.data) == (ann, "Näht", "Zwei", {"a": [1]})
    assert (new.datetime, new.public, new.is_message) == (when, False, None)


def test_missing_texts_and_data_are_empty(old, ann):
    row = old.act(ann, description=None, data=None)

    run("--run")

    new = Action.objects.get(pk=row.pk)
    assert (new.description, new.data, new.target, new.action_object) == ("", {}, None, None)


def test_keys_of_each_kind_find_their_objects(old, ann):
    song, tag, crew = Song.objects.create(title="x"), Tag.objects.create(name="o'Hara"), None
    crew = Crew.objects.create(name="roadies")
    studio = Studio.objects.create(name="a child of a registered model")
    rows = [
        old.act(ann, target=song),
        old.act(crew, target=tag, obj=song),
        old.act(ann, target=studio),
    ]

    run("--run")

    new = [Action.objects.get(pk=row.pk) for row in rows]
    assert [each.actor for each in new] == [ann, crew, ann]
    assert [each.target.pk for each in new] == [song.pk, tag.pk, studio.pk]
    assert new[1].action_object == song


@pytest.mark.parametrize("written", [str.upper, lambda text: text.replace("-", "")])
def test_uuid_is_found_as_django_reads_it(old, ann, written):
    song = Song.objects.create(title="x")
    named_so = {**named("target", song), "target_object_id": written(str(song.pk))}
    row = old.act(ann, **named_so)

    run("--run")

    assert Action.objects.get(pk=row.pk).target == song


@pytest.mark.parametrize("key", ["", "abc", "1x", "1.0", "99999999999999999999999", "-", " 1"])
def test_text_that_is_no_number_is_an_orphan(old, ann, key):
    old.act(ann, **gone("target", User, key))

    with pytest.raises(CommandError, match="1 whose target is gone: auth.User"):
        run("--run")


OF_NO_VERSION = "35bf992d-c9e9-f616-712e-7696a6cecc1b"  # MariaDB refuses it


@pytest.mark.parametrize("key", ["", "abc", "12345678-1234", "g" * 32, OF_NO_VERSION])
def test_text_that_is_no_uuid_is_an_orphan(old, ann, key):
    old.act(ann, **gone("target", Song, key))

    with pytest.raises(CommandError, match="1 whose target is gone: testapp.Song"):
        run("--run")


def test_follow_keeps_key_time_flag_and_reach(old, ann):
    bob = User.objects.create(username="bob")
    old.follow(ann, ann, flag="first")
    row = old.follow(ann, bob, flag="watching", actor_only=False, started=START)

    run("--run")

    new = Follow.objects.get(pk=row.pk)
    assert (new.user, new.target, new.datetime) == (ann, bob, START)
    assert (new.flag, new.actor_only) == ("watching", False)


def test_follow_that_is_there_already_does_not_come_twice(old, ann):
    bob = User.objects.create(username="bob")
    old.follow(ann, ann)
    old.follow(ann, bob)
    Follow.objects.bulk_create([Follow(pk=900, user=ann, target=bob)])

    assert "Both sides are equal." in run("--run")

    assert sorted(Follow.objects.values_list("pk", flat=True))[1:] == [900]


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ('{"a": 1}', {"a": 1}),
        ("", {}),
        ("null", {}),
        ("[1, 2]", {"data": [1, 2]}),
        ("{'a': 1}", {"data": "{'a': 1}"}),
        ('"text"', {"data": "text"}),
    ],
)
def test_data_that_is_text_becomes_an_object(ann, text, data):
    old_action, _ = make_tables(json_field=False)
    old_action.objects.create(verb="liked", data=text, **named("actor", ann))
    try:
        run("--run")
    finally:
        drop_tables()

    assert Action.objects.get().data == data


@pytest.mark.parametrize("data", [[1, 2], "text", 5, {"a": {"b": None}}])
def test_json_that_is_no_object_stands_in_one(old, ann, data):
    old.act(ann, data=data)

    run("--run")

    assert Action.objects.get().data == (data if isinstance(data, dict) else {"data": data})


def test_verbs_that_differ_in_case_alone_stay_so(old, ann):
    old.act(ann, "Liked")
    old.act(ann, "liked")

    output = run("--run")

    assert "actions with verb 'Liked': 1\nactions with verb 'liked': 1\n" in output


def test_new_rows_have_keys_above_the_old_ones(old, ann):
    old.act(ann, id=500)

    run("--run")

    assert action.send(ann, "liked").pk > 500


def test_nothing_is_signalled_and_timelines_are_marked(old, ann):
    bob, heard = User.objects.create(username="bob"), []
    old.act(bob)
    old.follow(ann, bob)
    State.objects.create(user=ann, store="table")

    def hear(**kwargs):
        heard.append(kwargs)

    action_signal.connect(hear)
    try:
        output = run("--run")
    finally:
        action_signal.disconnect(hear)

    assert heard == []
    assert not Job.objects.exists()
    assert State.objects.get().is_stale
    assert "Stored timelines: run manage.py rebuild_timelines --resume." in output


# Orphans


@pytest.fixture
def orphans(old, ann):
    """Return one whole action, and orphans of each role."""
    crew = Crew.objects.create(name="x")
    return [
        old.act(ann),
        old.act(None, **gone("actor", Crew, crew.pk + 1)),
        old.act(ann, **gone("target", Song, uuid.uuid4())),
        old.act(ann, **gone("action_object", Orchestra, 7), data={"a": 1}),
    ]


def test_run_asks_what_to_do_with_orphans(old, orphans):
    with pytest.raises(CommandError) as error:
        run("--run")

    assert "actions: 1 whose actor is gone: testapp.Crew" in str(error.value)
    assert "1 whose target is gone: testapp.Song" in str(error.value)
    assert "of a model that is not registered: testapp.Orchestra" in str(error.value)
    assert not Action.objects.exists()


def test_orphans_that_are_kept_name_what_is_gone(old, orphans):
    output = run("--run", orphans="keep")

    new = Action.objects.in_bulk([row.pk for row in orphans])
    song = str(orphans[2].target_object_id)
    assert [new[row.pk].data for row in orphans] == [
        {},
        {"orphans": {"actor": f"testapp.crew:{orphans[1].actor_object_id}"}},
        {"orphans": {"target": f"testapp.song:{song}"}},
        {"a": 1, "orphans": {"action_object": "testapp.orchestra:7"}},
    ]
    assert new[orphans[1].pk].actor is None
    assert "Both sides are equal." in output
    assert "Both sides are equal." in run("--verify")


def test_orphans_that_are_dropped_stay_away(old, orphans):
    assert "Both sides are equal." in run("--run", orphans="drop")

    assert [each.pk for each in Action.objects.all()] == [orphans[0].pk]


def test_orphans_are_listed_in_a_file(old, ann, orphans, tmp_path):
    lost = old.follow(ann, Orchestra.objects.create(name="x"))
    file = tmp_path / "orphans.csv"

    run("--run", orphans=str(file))

    with file.open() as lines:
        table, *rows = [(row[0], row[1], row[2], row[3]) for row in csv.reader(lines)]
    assert table == ("table", "id", "role", "model")
    assert rows == [
        ("actstream_action", str(orphans[1].pk), "actor", "testapp.Crew"),
        ("actstream_action", str(orphans[2].pk), "target", "testapp.Song"),
        ("actstream_action", str(orphans[3].pk), "action_object", "testapp.Orchestra"),
        ("actstream_follow", str(lost.pk), "target", "testapp.Orchestra"),
    ]
    assert Action.objects.count() == 1


def test_word_that_is_no_way_with_orphans_is_refused(old, ann):
    old.act(ann)

    with pytest.raises(CommandError, match="--orphans kept: write keep, drop or a file"):
        run("--run", orphans="kept")


def test_dropped_orphans_come_from_the_start_once_they_can(old, ann):
    row = old.act(ann, **gone("target", Tag, "later"))
    old.act(ann)
    run("--run", orphans="drop")
    tag = Tag.objects.create(name="later")

    run("--run", "--from-start")

    assert Action.objects.get(pk=row.pk).target == tag


def test_flag_that_is_too_long_is_an_orphan(old, ann):
    old.follow(ann, ann, flag="x" * 101)

    with pytest.raises(CommandError, match="follows: 1 whose flag is too long"):
        run("--run")


@pytest.mark.django_db(transaction=True, databases=["default", "other"])
def test_old_tables_in_another_database_are_to_be_loaded_into_that_of_the_new_ones():
    make_tables("other")
    with connections["other"].cursor() as cursor:
        cursor.execute("ALTER TABLE stream_action RENAME TO kept_action")
    try:
        with pytest.raises(CommandError) as error:
            run("--run", database="other")
    finally:
        with connections["other"].cursor() as cursor:
            cursor.execute("ALTER TABLE kept_action RENAME TO stream_action")
        drop_tables("other")
    assert str(error.value) == (
        "--database other: it has actstream_action, but no stream_action, and rows come within one "
        "database. Load actstream_action into that of stream_action, as docs/moving.md says; or "
        "run manage.py migrate stream --database other."
    )


# Plan


def test_plan_says_what_would_come_and_what_to_write(old, orphans, ann):
    old.follow(ann, Orchestra.objects.create(name="x"))

    output = run()

    assert "actstream_action: 4 rows\n" in output
    assert "  actor auth.User: 3\n  actor testapp.Crew: 1\n" in output
    assert "actstream_follow: 1 rows\n" in output
    assert (
        "    from follow.utils import register\n"
        '    register(["testapp.Orchestra"])\n'
        "    from stream.utils import register_action_object\n"
        '    register_action_object(["testapp.Orchestra"])\n'
    ) in output
    assert not Action.objects.exists()


def test_plan_counts_content_types_by_one_query(old, orphans):
    with CaptureQueriesContext(connection) as queries:
        run()

    counted = [each["sql"] for each in queries if "GROUP BY" in each["sql"]]
    assert sum(sql.count("content_type_id") > 5 and "JOIN" not in sql for sql in counted) == 1


def test_plan_names_columns_that_do_not_come_and_those_that_point_here(old, ann):
    old.act(ann)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE actstream_action ADD COLUMN mood varchar(9)")
        cursor.execute(
            "CREATE TABLE bookmark (id integer PRIMARY KEY, action_id integer NOT NULL, "
            "FOREIGN KEY (action_id) REFERENCES actstream_action (id))"
        )
    try:
        output = run("--plan")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE bookmark")

    assert "  columns that do not come: mood\n" in output
    assert "RepointForeignKey): bookmark.action_id\n" in output


def test_content_type_without_a_model_is_named(old, ann):
    kind = ContentType.objects.create(app_label="blog", model="draft")
    try:
        old.act(ann, target_content_type_id=kind.pk, target_object_id="1")
        assert "1 whose target is of a model that the site does not have: blog.draft" in run()
    finally:
        kind.delete()


def test_database_without_the_tables_is_named():
    drop_tables()

    with pytest.raises(CommandError, match="'default' has neither actstream_action nor"):
        run()


def test_table_of_something_else_is_refused(old):
    with pytest.raises(CommandError, match="auth_user: this is no such table, since it has no act"):
        run(actions="auth_user")


# Resuming and verifying


def test_new_table_that_has_none_of_a_batch_is_not_looked_into_for_each_row(old, ann):
    for _ in range(3):
        old.act(ann)

    def looks():
        """Tell of each INSERT of actions whether it reads that table."""
        with CaptureQueriesContext(connection) as queries:
            run("--run", "--from-start", batch=2)
        table = connection.ops.quote_name("stream_action")
        inserts = [each["sql"] for each in queries if each["sql"].startswith("INSERT INTO")]
        return [sql.count(table) > 1 for sql in inserts if f"INTO {table}" in sql]

    assert looks() == [False, False]
    Action.objects.order_by("pk")[0].delete()
    assert looks() == [True, True]
    assert Action.objects.count() == 3


def test_run_that_was_broken_off_goes_on(old, ann, monkeypatch):
    for _ in range(10):
        old.act(ann)
    insert = Run.insert

    def fail_at_last(self, above, up_to):
        if above >= 6:
            raise KeyboardInterrupt
        return insert(self, above, up_to)

    monkeypatch.setattr(Run, "insert", fail_at_last)
    with pytest.raises(KeyboardInterrupt):
        run("--run", batch=3)
    count = Action.objects.count()
    assert 0 < count < 10
    monkeypatch.undo()

    output = run("--run", batch=3)

    assert f"actions: {10 - count} came, up to id 10 of 10" in output
    assert Action.objects.count() == 10


def test_second_run_brings_nothing_back(old, ann):
    old.act(ann)
    row = old.act(ann)
    old.act(ann)
    run("--run")
    Action.objects.filter(pk=row.pk).delete()

    with pytest.raises(CommandError, match="are different"):
        run("--run")

    assert Action.objects.count() == 2


def test_second_run_says_that_nothing_is_new(old, ann):
    old.act(ann)
    run("--run")

    output = run("--run")

    assert "actions: nothing new\n" in output
    assert "Both sides are equal." in output


def test_verify_finds_a_key_that_is_another(old, ann):
    song, other = Song.objects.create(title="x"), Song.objects.create(title="y")
    row = old.act(ann, target=song)
    run("--run")
    Action.objects.filter(pk=row.pk).update(target_song=other)

    with pytest.raises(CommandError, match="^1 of these are different"):
        run("--verify")


def test_verify_finds_texts_that_are_others(old, ann):
    row = old.act(ann, description="x")
    run("--run")
    Action.objects.filter(pk=row.pk).update(description="y")

    with pytest.raises(CommandError, match="^1 of these are different"):
        run("--verify")


def test_rows_of_the_site_under_old_keys_stop_the_run(old, ann):
    new = action.send(ann, "sang")
    old.act(ann, "liked", id=new.pk)

    with pytest.raises(CommandError, match=f"stream_action: 1 rows, the first of them {new.pk}"):
        run("--run")


def test_row_that_is_written_meanwhile_says_to_run_again(old, ann, monkeypatch):
    row = old.act(ann)
    written = Action(pk=row.pk, actor=ann, verb="sang")
    monkeypatch.setattr(Run, "not_there", lambda *args: written.save(force_insert=True) or "")

    with pytest.raises(CommandError, match="from 0 up to 1 did not come, .* Run this again"):
        run("--run")
    monkeypatch.undo()

    with pytest.raises(CommandError, match="stream_action: 1 rows, the first of them 1, have"):
        run("--run")


# What is lost


def test_verify_counts_orphans_that_came_without_a_role(old, ann, orphans):
    old.follow(ann, Orchestra.objects.create(name="x"))
    said = (
        "actions: orphans, see --plan: 0 did not come, 3 roles of others are empty\n",
        "follows: orphans, see --plan: 1 did not come, 0 roles of others are empty\n",
    )

    output = run("--run", orphans="keep")
    assert all(line in output for line in said)

    output = run("--verify")
    assert all(line in output for line in said)
    assert output.endswith("Both sides are equal.\n")


def test_verify_counts_orphans_that_did_not_come(old, orphans):
    output = run("--run", orphans="drop")

    assert "actions: orphans, see --plan: 3 did not come, 0 roles of others are empty" in output


def test_verify_says_nothing_of_orphans_where_there_are_none(old, ann):
    old.act(ann)

    assert "orphans" not in run("--run")


def test_orphan_that_the_site_has_written_itself_is_not_counted(old, ann):
    sent = action.send(ann, "liked", datetime=START)
    Action.objects.filter(pk=sent.pk).update(id=sent.pk + 1000)
    old.act(ann, **gone("target", User, 10**6))

    assert "did not come" not in run("--run", orphans="keep")


# Dropping the old tables


@pytest.fixture
def moved(old, ann):
    old.act(ann)
    old.follow(ann, ann)
    run("--run")
    return old


def tables():
    return {"actstream_action", "actstream_follow"} & set(connection.introspection.table_names())


def test_old_tables_are_dropped_once_both_sides_are_equal(moved, monkeypatch):
    asked = []
    monkeypatch.setattr("builtins.input", lambda text: asked.append(text) or "yes")

    output = run("--drop")

    assert asked == ["Drop actstream_action, actstream_follow? Type yes: "]
    assert "Both sides are equal.\nactstream_action: dropped.\nactstream_follow: dropped" in output
    assert tables() == set()
    assert (Action.objects.count(), Follow.objects.count()) == (1, 1)


def test_old_tables_stay_where_the_answer_is_another(moved, monkeypatch):
    monkeypatch.setattr("builtins.input", lambda text: "y")

    with pytest.raises(CommandError, match="actstream_follow: nothing was dropped; type yes, or"):
        run("--drop")
    assert len(tables()) == 2


def test_old_tables_stay_where_both_sides_differ(moved):
    Action.objects.all().delete()

    with pytest.raises(CommandError, match="are different"):
        run("--drop", interactive=False)
    assert len(tables()) == 2


def test_old_tables_to_which_a_key_points_stay(moved):
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE bookmark (id integer PRIMARY KEY, action_id integer NOT NULL, "
            "FOREIGN KEY (action_id) REFERENCES actstream_action (id))"
        )
    try:
        with pytest.raises(CommandError, match="actstream_action: bookmark.action_id points to it"):
            run("--drop", interactive=False)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE bookmark")
    assert len(tables()) == 2


def test_columns_that_are_lost_are_named_before_the_question(moved, monkeypatch):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE actstream_action ADD COLUMN mood varchar(9)")

    output = run("--drop", interactive=False)

    assert "actstream_action: these columns are not here: mood\n" in output


def test_part_of_the_rows_is_no_reason_to_drop_a_table(moved):
    with pytest.raises(CommandError, match="--drop takes no --up-to"):
        run("--drop", up_to=1)


# A gradual move


def test_reserved_keys_let_a_site_write_both(old, ann):
    before = old.act(ann)
    run(reserve=1000)
    both = old.act(ann, "sang")
    new = action.send(ann, "sang", datetime=both.timestamp)
    assert new.pk > before.pk + 1000

    assert "Both sides are equal." in run("--run")

    assert {each.pk for each in Action.objects.all()} == {before.pk, new.pk}


def test_rows_up_to_a_key_come(old, ann):
    first, second = old.act(ann), old.act(ann)

    run("--run", up_to=first.pk)

    assert [each.pk for each in Action.objects.all()] == [first.pk] != [second.pk]


def test_more_models_than_a_join_can_have_are_found_by_subqueries(old, ann, monkeypatch):
    monkeypatch.setattr("stream.moving.engines.Engine.tables_in_a_join", 0)
    song = Song.objects.create(title="x")
    row = old.act(ann, target=song)
    old.follow(ann, ann)

    assert "Both sides are equal." in run("--run")

    assert Action.objects.get(pk=row.pk).target == song


def test_batch_has_a_row_at_least(old, ann):
    with pytest.raises(CommandError, match="--batch 0: a batch has one row at least"):
        run(batch=0)


def test_tables_that_are_not_made_yet_are_named(old, ann, monkeypatch):
    old.act(ann)
    monkeypatch.setattr(Action._meta, "db_table", "not_there")
    with pytest.raises(CommandError, match=r"^not_there: .* run manage.py migrate stream, and"):
        run("--run")
    assert "1 rows" in run("--plan")
