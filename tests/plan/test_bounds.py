"""Every stream is bounded: how much is read for a page does not hang on how much there is.

The objects are a busy one and those that fell silent, whom planners expect in the newest rows.
"""

import datetime as dt
import json
from contextlib import contextmanager

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver, reverse

from follow.models import Follow
from stream.feeds.conf import news_feed_classes
from stream.jobs.running import run_all
from stream.models import Action
from stream.paging import Page
from stream.streams import any_stream, user_stream
from stream.syndication.models import FeedToken
from stream.syndication.negotiation import FORMATS
from stream.testing import override_options
from stream.timelines import JoinTimeline
from stream.utils import action
from tests.early.models import Band

pytestmark = pytest.mark.django_db

ACTIONS = 12_000
SILENT = 40  # users, who fell silent after a third of the history; and a band
CROWD = 5_000  # users who do nothing, and are followed by nobody
FANS = 1_000  # of the busy user and of both bands
LOOKED_AT = 200
PAGE = 26
TABLES = ("stream_action", "follow_follow")
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
AT_ONCE = START + dt.timedelta(days=400)

# Of each range a row, of each row of the page some; and what other conditions are asked of.
BOUND = SILENT + 40 * PAGE
FILTERED = BOUND + 14 * LOOKED_AT
ROWS_GROUPED = 50
GROUPED = SILENT + 40 * 3 * ROWS_GROUPED  # a page of groups reads three times as many
GUARDED = FILTERED + 4 * LOOKED_AT  # which looks up the objects of these rows, too


def analyze():
    """Let planners know the tables."""
    with connection.cursor() as cursor:
        for table in (*TABLES, "auth_user", "early_band"):
            cursor.execute(f"ANALYZE {'TABLE ' * (connection.vendor == 'mysql')}{table}")
            if connection.vendor == "mysql":
                cursor.fetchall()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM stream_action")


@pytest.fixture(autouse=True)
def _look_at_few(monkeypatch):
    monkeypatch.setattr("stream.plan.pages.ROWS_LOOKED_AT", LOOKED_AT)
    monkeypatch.setattr("stream.plan.pages.ROWS_TESTED", LOOKED_AT)
    monkeypatch.setattr("stream.feeds.AggregatedTimelineFeed.most_rows", ROWS_GROUPED)


@pytest.fixture(scope="module")
def site(committed):
    with committed(make_site) as site:
        yield site


def make_site():
    """Make a busy user who follows the silent ones, and a silent and a busy band, with fans."""
    people = User.objects.bulk_create(User(username=f"user{n}") for n in range(SILENT + 50))
    busy, *others = people[SILENT:]
    silent_band, busy_band = Band.objects.bulk_create([Band(name="silent"), Band(name="busy")])

    def sent(number):
        is_early = number < ACTIONS // 3
        crowd = people[:SILENT] if is_early else [busy, *others]
        return {
            "actor": busy if number % 3 == 2 else crowd[number % len(crowd)],
            "verb": "played",
            "target": silent_band if is_early else busy_band,
            "datetime": START + dt.timedelta(minutes=number),
        }

    action.send_many(sent(number) for number in range(ACTIONS))
    action.send_many(
        {"actor": others[0], "verb": "played", "datetime": AT_ONCE} for _ in range(500)
    )
    Follow.objects.bulk_create(
        Follow(user=busy, target=user, actor_only=True) for user in people[:SILENT]
    )
    followed = (busy, silent_band, busy_band)
    fans = User.objects.bulk_create(User(username=f"fan{n}") for n in range(FANS))
    Follow.objects.bulk_create(Follow(user=fan, target=each) for fan in fans for each in followed)
    User.objects.bulk_create(User(username=f"crowd{n}") for n in range(CROWD))
    analyze()
    return {"user": busy, "silent": silent_band, "busy": busy_band, "at_once": others[0]}


def rows_read(queries):
    """Count the rows and index entries of actions that PostgreSQL reads for these queries."""
    total = 0

    def count(node):
        nonlocal total
        if node.get("Relation Name") in TABLES or "Index Name" in node:
            removed = node.get("Rows Removed by Filter", 0)
            removed += node.get("Rows Removed by Index Recheck", 0)
            total += (node["Actual Rows"] + removed) * node["Actual Loops"]
        for child in node.get("Plans", []):
            count(child)

    with connection.cursor() as cursor:
        for query in queries:
            if any(table in query["sql"] for table in TABLES):
                cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {query['sql']}")
                (plans,) = cursor.fetchone()
                count((json.loads(plans) if isinstance(plans, str) else plans)[0]["Plan"])
    return total


def handler_reads():
    with connection.cursor() as cursor:
        cursor.execute("SHOW SESSION STATUS LIKE 'Handler_read%'")
        return sum(int(number) for _, number in cursor.fetchall())


@contextmanager
def reads_at_most(bound, what):
    """Fail where the block reads more rows of actions than the bound."""
    if connection.vendor == "postgresql":
        with CaptureQueriesContext(connection) as queries:
            yield
        read = rows_read(queries.captured_queries)
    elif connection.vendor == "mysql":  # counts all tables and steps in an index
        first = handler_reads()
        between = handler_reads()
        yield
        read, bound = handler_reads() - between - (between - first), 4 * bound
    else:
        steps = 0

        def count():
            nonlocal steps
            steps += 1

        connection.ensure_connection()
        connection.connection.set_progress_handler(count, 100)
        yield
        connection.connection.set_progress_handler(None, 100)
        read = 100 * steps // 50  # instructions, of which a row takes some tens
    print(what, read, bound)
    assert read <= bound, what


STREAMS = {
    "home feed": lambda site: user_stream(site["user"]),
    "home feed, also own": lambda site: user_stream(site["user"], with_user_activity=True),
    "home feed since the follow": lambda site: user_stream(site["user"], since_follow=True),
    "any role, silent": lambda site: any_stream(site["silent"]),
    "any role, busy": lambda site: any_stream(site["busy"]),
    "any role, of a user": lambda site: any_stream(site["user"]).visible_to(site["user"]),
    "actors": lambda site: Action.objects.get_for_actors(User.objects.all()[:SILENT]),
    "actors of a queryset": lambda site: Action.objects.get_for_actors(
        User.objects.filter(pk__lt=site["user"].pk)
    ),
    "targets": lambda site: Action.objects.get_for_targets([site["silent"], site["busy"]]),
    "many at one instant": lambda site: site["at_once"].actor_actions.all(),
    "all": lambda site: Action.objects.all(),
}
CONDITIONS = [
    {"verb": "nothing"},
    {"target_band__name": "nothing"},
    {"datetime__lt": START + dt.timedelta(minutes=99)},
    {"datetime__lt": START + dt.timedelta(minutes=99), "verb": "nothing"},
]


def test_pages_of_streams_read_little(site):
    for name, make in STREAMS.items():
        stream = make(site)
        shown = [row.pk for row in stream]
        with reads_at_most(BOUND, name):
            page = stream.page()
        assert [row.pk for row in page] == shown[:25], name
        for _ in range(10):
            if page.next:
                cursor, page = page.next, stream.page(after=page.next)
        with reads_at_most(BOUND, name):
            page = stream.page(after=cursor)
        assert [row.pk for row in page] == shown[250:275], name
        with reads_at_most(BOUND, name):
            before = stream.page(before=page.previous)
        assert [row.pk for row in before] == shown[225:250], name
        with reads_at_most(BOUND, name):
            assert [row.pk for row in stream[:25]] == shown[:25], name


def test_pages_of_what_hardly_anything_meets_read_little(site):
    for name, make in STREAMS.items():
        for condition in CONDITIONS:
            stream = make(site).filter(**condition)
            with reads_at_most(FILTERED, f"{name}, {condition}"):
                page = stream.page()
            if page.next:
                with reads_at_most(FILTERED, f"{name}, {condition}"):
                    stream.page(after=page.next)


def half(options, objects, reader):
    """Hide every other object from everybody."""
    return objects.alias(remainder=F("pk") % 2).filter(remainder=0)


@pytest.mark.parametrize("hides", [half, lambda options, objects, reader: objects.none()])
def test_pages_of_what_is_hidden_read_little(site, hides):
    """As for other filters, whatever the number of objects that the rule would look through."""
    with (
        override_options("auth.User", visible_to=hides),
        override_options("early.Band", visible_to=hides),
    ):
        for name, make in STREAMS.items():
            stream = make(site).guarded_for(None)
            shown = [row.pk for row in stream]
            if hides is not half:
                assert not shown
            found, cursor = [], None
            for _ in range(3):
                with reads_at_most(GUARDED, f"{name}, guarded"):
                    page = stream.page(after=cursor)
                found += [row.pk for row in page]
                if (cursor := page.next) is None:
                    break
            assert found == shown[: len(found)], name
            assert cursor or len(found) == len(shown), name


def test_all_pages_of_a_filtered_stream_hold_all_of_it(site):
    keys = list(Action.objects.order_by("pk").values_list("pk", flat=True)[::77])
    Action.objects.filter(pk__in=keys).update(verb="rare")
    for name, make in STREAMS.items():
        stream = make(site).filter(verb="rare")
        page = stream.page(5)
        found, lengths = page.rows, [len(page)]
        while page.next:
            page = stream.page(5, after=page.next)
            found, lengths = found + page.rows, [*lengths, len(page)]
        assert found == list(stream), name
        assert min(lengths[:-1], default=0) < 5, name
        if not found:
            continue
        page = stream.page(5, before=Page.encode(found[-1]))
        back = page.rows
        while page.previous:
            page = stream.page(5, before=page.previous)
            back = page.rows + back
        # Where nothing is newer is the first page, once more.
        assert list(dict.fromkeys(back)) == found[:-1], name


def test_stored_pages_with_own_actions_read_little(site, timelines, settings):
    settings.STREAM_HOME_INCLUDES_OWN = True
    timeline = timelines("TableTimeline", keep=PAGE * 2, deliver="command")
    user = site["user"]
    timeline.page(user_stream(user))
    run_all()
    for size in (5, PAGE - 1):
        expected = JoinTimeline().page(user_stream(user), size)
        with reads_at_most(BOUND, f"stored, own, {size}"):
            page = timeline.page(user_stream(user), size)
        assert list(page) == list(expected)
        assert page.next == expected.next
    silent = user_stream(user, verb="nothing")
    with reads_at_most(2 * FILTERED, "stored, own, filtered"):
        page = timeline.page(silent, 5)
    assert list(page) == []
    assert page.next  # the user has acted more often than is looked at


def test_a_slice_of_what_is_rare_is_the_plain_querys(site):
    rare = Action.objects.get_for_target(site["silent"]).last()
    Action.objects.filter(pk=rare.pk).update(verb="rare")
    assert list(any_stream(site["silent"], verb="rare")[:5]) == [rare]


def patterns():
    """Yield the names of all addresses of the package, and of what they take."""
    for resolver in get_resolver().url_patterns:
        module = getattr(getattr(resolver, "urlconf_module", None), "__name__", "")
        if module.startswith(("stream.", "follow.")):
            for pattern in resolver.url_patterns:
                name = pattern.name
                namespace = getattr(resolver, "namespace", None)
                yield f"{namespace}:{name}" if namespace else name, set(pattern.pattern.converters)


def addresses(site):
    """Yield all addresses, some with a query, and whether there are conditions besides ranges."""
    user = site["user"]
    things = [("early", "band", site["silent"].pk), ("early", "band", site["busy"].pk)]
    things.append(("auth", "user", user.pk))
    objects = [dict(zip(("app", "model", "pk"), each, strict=True)) for each in things]
    models = [{"app": app, "model": model} for app, model, _ in things[1:]]
    named = [{"name": name} for name in news_feed_classes()]
    homes = [{"token": FeedToken.objects.renew(user).secret}]
    formats = [{"format": each} for each in FORMATS]
    values = {
        frozenset(): [{}],
        frozenset(["pk"]): [{"pk": Action.objects.latest("pk").pk}],
        frozenset(["app", "model"]): models,
        frozenset(["app", "model", "pk"]): objects,
        frozenset(["token"]): homes,
        frozenset(["name"]): named,
    }
    with_format = {
        names | {"format"}: [{**each, **form} for each in some for form in formats]
        for names, some in values.items()
    }
    for name, taken in patterns():
        if "notification" in name:  # these count what is unread, as their own tests say
            continue
        for each in (values | with_format)[frozenset(taken)]:
            address = reverse(name, kwargs=each)
            yield address, name.endswith(":model")  # that a column is set is a condition
            if name.startswith("stream_api:"):
                yield f"{address}?verb=nothing", True
    home, everything = reverse("stream_api:home"), reverse("stream_api:actions")
    yield f"{home}?since=2026-01-01T00:00Z&until=2026-01-01T01:00Z", False
    yield f"{home}?target_type=early.band&verb=nothing", True
    yield f"{everything}?actor_type=auth.group", True
    yield f"{everything}?action_object_type=early.band", True
    if connection.vendor == "mysql":  # it sorts a table of this size for the verbs in the admin
        return
    admin = reverse("admin:stream_action_changelist")
    for query in ("", "?verb=nothing", "?public__exact=0", f"?actor=auth.user:{user.pk}"):
        yield f"{admin}{query}", True


def test_each_address_is_known():
    names = {name.partition(":")[0] for name, _ in patterns()}
    assert names >= {"stream", "stream_api", "stream_syndication", "stream_notifications"}
    assert "follow" in {name.rpartition(":")[2] for name, _ in patterns()}


@pytest.mark.parametrize("is_signed_in", [True, False])
def test_each_address_reads_little(site, client, is_signed_in):
    user = User.objects.get(pk=site["user"].pk)
    for each in addresses(site):
        address, has_conditions = each
        if is_signed_in:
            user.is_staff = True
            user.save()
            user.user_permissions.set(Permission.objects.filter(codename="view_action"))
            client.force_login(user)
        client.get(address)
        bound = FILTERED if has_conditions else BOUND
        with reads_at_most(GROUPED if "timeline_aggregated" in address else bound, address):
            response = client.get(address)
        # Some take posts alone, some lead on, and live updates are not for WSGI.
        assert response.status_code in {200, 204, 302, 400, 401, 403, 404, 405}, address


def test_lists_of_what_nothing_meets_go_on(site, client):
    response = client.get(reverse("stream_api:actions"), {"verb": "nothing"}).json()
    assert response["results"] == []
    count = 1
    while response["next"]:
        response, count = client.get(response["next"]).json(), count + 1
    assert count >= ACTIONS // LOOKED_AT
