"""Rules for all tests: where a skip is a failure, and what runs on one engine only."""

import os
import uuid

import hypothesis
import pytest
from django.test import SimpleTestCase

ENGINE = os.environ.get("STREAM_TEST_DB", "sqlite")

# SQLite has one writer at a time; the translations and what a browser shows are the same for all
# engines.
ONCE = ["*/test_languages.py", "*/test_pages_browser.py", "*/test_translations.py"]
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
    collect_ignore_glob += ["*/test_docs.py", "*/test_pages_browser.py", "*/test_readme.py"]
    collect_ignore_glob += ["*/test_reference.py", "*/test_typing.py"]
    hypothesis.settings.register_profile("fast", max_examples=10)
    hypothesis.settings.load_profile("fast")


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


def forbidden_skips(config):
    """Return the skipped tests' reports where ``STREAM_REQUIRE_ALL=1`` forbids skips."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("STREAM_REQUIRE_ALL") != "1" or not reporter:
        return []
    return reporter.stats.get("skipped", [])


def pytest_sessionfinish(session, exitstatus):
    if exitstatus == pytest.ExitCode.OK and forbidden_skips(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter, config):
    if skips := forbidden_skips(config):
        terminalreporter.write_line(
            f"STREAM_REQUIRE_ALL=1: {len(skips)} skipped, which is a failure here.", red=True
        )


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
        settings.STREAM_TIMELINE_OPTIONS = options
        return get_timeline()

    yield choose
    if prefixes:
        import redis

        with redis.Redis.from_url(REDIS) as server:
            for prefix in prefixes:
                for key in server.scan_iter(f"{prefix}*"):
                    server.delete(key)
