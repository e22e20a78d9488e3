"""Programs that some tests need."""

import shutil

import pytest


def program(name):
    """Return the path of a program, or skip the test: with STREAM_REQUIRE_ALL=1 a failure."""
    path = shutil.which(name)
    if not path:
        pytest.skip(f"there is no program named {name} on the PATH")
    return path
