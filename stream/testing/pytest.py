"""A fixture for pytest: ``pytest_plugins = ["stream.testing.pytest"]`` in your ``conftest.py``."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stream.models import Action
from stream.testing.sent import capture_actions

__all__ = ["stream_actions"]


@pytest.fixture
def stream_actions(db: None) -> Callable[[], list[Action]]:
    """Return a function that gives the actions sent since the fixture was made, oldest first."""
    capture = capture_actions()
    capture.__enter__()
    return capture.so_far
