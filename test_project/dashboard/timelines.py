"""Reading the same page of a home feed by each of the timelines, and measuring it."""

from contextlib import contextmanager
from statistics import median
from time import perf_counter

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, connection, transaction

from stream.streams import user_stream
from stream.timelines import JoinTimeline, RedisTimeline, TableTimeline
from stream.timelines.models import Entry, State
from stream.timelines.stores import redis_server

SIZE = 25
ROUNDS = 5
NOTHING_STORED = "Nothing is stored for you yet."


class Result:
    """How a timeline reads a page; ``problem`` says why it does not."""

    def __init__(self, name, about, problem="", stored=None):
        self.name, self.about, self.problem, self.stored = name, about, problem, stored
        self.page, self.missing = [], 0

    def measure(self, timeline, user):
        """Read the page some times: the median in ms, and the SQL queries of one of them."""
        times = []
        for _ in range(ROUNDS):
            with counted_queries() as counter:
                begin = perf_counter()
                self.page = timeline.page(user_stream(user), SIZE)
                times.append((perf_counter() - begin) * 1000)
        self.ms, self.queries = median(times), counter["queries"]

    def compare(self, other):
        """Note whether the rows are equal, in the same order, and how many are not there."""
        self.is_equal = list(self.page) == list(other.page)
        self.missing = len(set(other.page) - set(self.page))


def states(user):
    """Return the stored timelines, and what keeps them from being read."""
    return table_result(user), redis_result(user)


def compare(user):
    """Return what each timeline makes of the user's home feed, the join first. Writes nothing."""
    join = Result("Join", "Reads the actions of what you follow. This site does so.")
    table, redis = states(user)
    for result, timeline in ((join, JoinTimeline), (table, TableTimeline), (redis, RedisTimeline)):
        if not result.problem:
            result.measure(timeline(), user)
            result.compare(join)
    results = [join, table, redis]
    slowest = max(result.ms for result in results if not result.problem)
    for result in results:
        if not result.problem:
            result.share = 100 * result.ms / slowest
    return results


def table_result(user):
    result = Result("Table", "Stores a row for each action on your timeline, in the same database.")
    if State.objects.filter(pk=user.pk, store=TableTimeline.store, built_at__isnull=False).exists():
        result.stored = Entry.objects.filter(user=user).count()
    else:
        result.problem = NOTHING_STORED
    return result


def redis_result(user):
    result = Result("Redis", "Stores the keys of actions in memory, a sorted set for each user.")
    result.problem = redis_problem()
    if not result.problem:
        key, server = redis_server.key_of(user.pk), redis_server.client()
        if server.zscore(key, "floor") is None:
            result.problem = NOTHING_STORED
        else:
            result.stored = server.zcard(key) - 2  # its state is two members
    return result


def redis_problem():
    """Return why Redis cannot be used, or ""."""
    if not settings.STREAM_REDIS_URL:
        return "Not reachable: set STREAM_REDIS_URL, such as redis://127.0.0.1:6379/0."
    try:
        server = redis_server.client()
    except ImproperlyConfigured as error:
        return f"Not reachable: {error}"
    try:
        server.ping()
    except redis_server.redis.RedisError:
        return "Not reachable: no server answers at STREAM_REDIS_URL."
    return ""


def rebuild(user):
    """Store the user's timeline anew; yield names, the numbers of entries and milliseconds.

    A site has one of them, so the state of a timeline is that of the last: the table.
    """
    timelines = [] if redis_problem() else [RedisTimeline()]
    for timeline in (*timelines, TableTimeline()):
        begin = perf_counter()
        with transaction.atomic():
            State.objects.get_or_create(pk=user.pk, defaults={"store": timeline.store})
            timeline.rebuild(user, DEFAULT_DB_ALIAS)
        ms = (perf_counter() - begin) * 1000
        result = (table_result if timeline.store == "table" else redis_result)(user)
        yield result.name, result.stored, ms


@contextmanager
def counted_queries():
    counter = {"queries": 0}

    def count(execute, *args):
        counter["queries"] += 1
        return execute(*args)

    with connection.execute_wrapper(count):
        yield counter
