"""Rules for all tests: where a skip is a failure, and what runs on one engine only."""

import os

import pytest

if os.environ.get("STREAM_TEST_DB", "sqlite") == "sqlite":
    collect_ignore = ["test_concurrency.py"]  # one writer at a time
else:
    collect_ignore = ["test_package.py"]  # the wheel is the same for all engines


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
