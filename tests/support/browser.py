"""Chromium, driven by Playwright, for the tests that need a real browser."""

import os
import threading

import pytest

from tests.support.programs import program

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="module")
def chromium():
    path = program("chromium")
    from playwright.sync_api import sync_playwright

    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"  # Playwright runs an event loop in this thread
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
    if before is not None:
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = before


def close_windows(contexts):
    """Close browser contexts, and wait until the live server has answered what they still asked.

    It shares SQLite's connection with the test, which cannot flush tables that are being read.
    """
    for context in contexts:
        context.close()
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(timeout=10)
            assert not thread.is_alive(), "the live server is still busy"
