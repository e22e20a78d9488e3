"""Rules for all tests: where a skip is a failure, and what runs on one engine only."""

import os

import pytest

ENGINE = os.environ.get("STREAM_TEST_DB", "sqlite")

# SQLite has one writer at a time; the wheel, the translations and what a browser shows are the same
# for all engines.
ONCE = ["test_package.py", "test_pages_browser.py", "test_translations.py"]
collect_ignore = (
    ["test_concurrency.py", "test_notifications_concurrency.py"] if ENGINE == "sqlite" else ONCE
)
# MariaDB sorts tables of the size that the plans of the admin are tested with.
collect_ignore.append("test_admin_plans.py" if ENGINE == "mariadb" else "test_mariadb.py")


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
    from rest_framework.test import APIClient

    client = APIClient()
    client.force_login(lennon)
    return client
