"""Rules for all tests: where a skip is a failure, and what runs on one engine only."""

import os
import uuid
from contextlib import contextmanager

import hypothesis
import pytest
from django.test import SimpleTestCase

pytest_plugins = ["stream.testing.pytest"]

ENGINE = os.environ.get("STREAM_TEST_DB", "sqlite")

# SQLite has one writer at a time; the translations and what a browser shows are the same for all
# engines.
ONCE = ["*/test_languages.py", "*/test_*_browser.py", "*/test_translations.py"]
collect_ignore_glob = ["*/test_*concurrency.py"] if ENGINE == "sqlite" else ONCE
# MariaDB sorts tables of the size that the plans of the admin are tested with.
collect_ignore_glob.append("*/test_admin_plans.py" if ENGINE == "mariadb" else "*/test_mariadb.py")
# Long, and nearly the same for each engine: real workers and killed brokers, and the benchmarks.
if ENGINE != "postgresql":
    collect_ignore_glob += ["scale", "*/test_benchmarks.py"]

# ``make test-fast`` leaves out what makes projects, opens browsers or tries thousands of requests.
IS_FAST = os.environ.get("STREAM_TEST_FAST") == "1"
if IS_FAST:
    collect_ignore_glob += ["demo", "projects", "*/test_admin_plans.py", "*/test_api_schema.py"]
    collect_ignore_glob += ["*/test_cookbook.py", "*/test_docs.py", "*/test_*_browser.py"]
    collect_ignore_glob += ["*/test_readme.py", "*/test_reference.py", "*/test_typing.py"]
    hypothesis.settings.register_profile("fast", max_examples=10)
    hypothesis.settings.load_profile("fast")


# What their tests have in common takes seconds to make: each file goes to one of pytest-xdist's
# workers as a whole.
UNDIVIDED = (
    "admin/test_admin_plans.py",
    "groups/test_feeds_rows.py",
    "house/test_benchmarks.py",
    "house/test_reference.py",
    "house/test_translations.py",
    "notifications/test_web_push_browser.py",
    "plan/test_bounds.py",
    "plan/test_plans.py",
    "projects/test_package.py",
    "scale/test_brokers.py",
    "web/test_pages_browser.py",
)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            file = nodeid.partition("::")[0]
            return file if file.endswith(UNDIVIDED) else nodeid

    return Scheduling(config, log) if config.getvalue("dist") == "load" else None


def asks_for_a_database(item):
    """Tell whether a test may end otherwise on another engine; ``each_engine`` says so by hand."""
    names = {"db", "transactional_db", "engine_project"}
    return (
        any(item.iter_markers("django_db"))
        or any(item.iter_markers("each_engine"))
        or issubclass(item.cls or object, SimpleTestCase)
        or not names.isdisjoint(item.fixturenames)
    )


def pytest_collection_modifyitems(config, items):
    """Leave to the run on SQLite what is the same for all engines."""
    if ENGINE != "sqlite":
        once = [item for item in items if not asks_for_a_database(item)]
        config.hook.pytest_deselected(items=once)
        items[:] = [item for item in items if asks_for_a_database(item)]


# W3C's documents, which the repository does not carry: a clean clone has none.
NOT_CARRIED = "not beside the checkout"


def forbidden_skips(config):
    """Return the skipped tests' reports where ``STREAM_REQUIRE_ALL=1`` forbids skips."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("STREAM_REQUIRE_ALL") != "1" or not reporter:
        return []
    return [
        each for each in reporter.stats.get("skipped", []) if NOT_CARRIED not in str(each.longrepr)
    ]


def pytest_sessionfinish(session, exitstatus):
    if exitstatus == pytest.ExitCode.OK and forbidden_skips(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter, config):
    if skips := forbidden_skips(config):
        terminalreporter.write_line(
            f"STREAM_REQUIRE_ALL=1: {len(skips)} skipped, which is a failure here.", red=True
        )


@pytest.fixture(scope="module")
def committed(django_db_setup, django_db_blocker):
    """Return a context manager for what tests of a module have in common; it is deleted in the end.

    What a function makes is committed, and can be analyzed, which MariaDB does in no transaction.
    The tests run in transactions, as others do.
    """

    @contextmanager
    def committed(make):
        from django.core.management import call_command
        from django.db import connection

        from tests.support.queries import forget_statistics

        try:
            with django_db_blocker.unblock():
                made = make()
            yield made
        finally:
            # Deleted rows would leave PostgreSQL with files and statistics of a long table.
            truncates = connection.vendor == "postgresql"
            with django_db_blocker.unblock():
                call_command("flush", verbosity=0, interactive=False, reset_sequences=truncates)
                forget_statistics()

    return committed


def _user(username):
    from django.contrib.auth.models import User  # only once the settings are chosen

    return User.objects.create(username=username)


@pytest.fixture
def lennon(db):
    return _user("lennon")


@pytest.fixture
def hendrix(db):
    return _user("hendrix")


@pytest.fixture
def api():
    from rest_framework.test import APIClient

    return APIClient()


@pytest.fixture
def signed_in(lennon):
    from django.core.cache import cache
    from rest_framework.test import APIClient

    cache.clear()  # it counts the requests of users by their keys, which tests have in common
    client = APIClient()
    client.force_login(lennon)
    return client


# Stored timelines

REDIS = os.environ.get("STREAM_TEST_REDIS", "redis://127.0.0.1:6379/15")


JOB_OPTIONS = "deliver", "queue", "retry_after"


@pytest.fixture
def timelines(settings):
    """Choose a timeline, with options: ``timelines("TableTimeline", keep=5)``."""
    from stream.timelines import get_timeline

    prefixes = []

    def choose(name, **options):
        if name == "RedisTimeline":
            import redis

            try:
                redis.Redis.from_url(REDIS).ping()
            except redis.ConnectionError as error:
                pytest.skip(f"no Redis at {REDIS}: {error}")
            settings.STREAM_REDIS_URL = REDIS
            settings.STREAM_REDIS_PREFIX = f"test-{uuid.uuid4().hex}:"
            prefixes.append(settings.STREAM_REDIS_PREFIX)
        settings.STREAM_TIMELINE = f"stream.timelines.{name}"
        of_jobs = {name: options.pop(name) for name in JOB_OPTIONS if name in options}
        settings.STREAM_JOBS, settings.STREAM_TIMELINE_OPTIONS = of_jobs, options
        return get_timeline()

    yield choose
    if prefixes:
        import redis

        with redis.Redis.from_url(REDIS) as server:
            for prefix in prefixes:
                for key in server.scan_iter(f"{prefix}*"):
                    server.delete(key)
