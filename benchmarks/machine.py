"""What the results were measured on: versions and the kind of machine."""

from __future__ import annotations

import os
import platform
import re
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import django

from benchmarks.database import server_version


def machine() -> dict[str, str]:
    return {
        "measured": date.today().isoformat(),
        "database": server_version(),
        "Python": platform.python_version(),
        "Django": django.get_version(),
        "django-activity-stream": _version("django-activity-stream"),
        "processor": f"{os.cpu_count()} {_processor()}",
    }


def feeds_machine() -> dict[str, str]:
    """Return the same with the peers of timelines and notifications."""
    from benchmarks.feeds import stream_framework

    found = machine()
    del found["django-activity-stream"]
    return {
        **found,
        "Stream-Framework": stream_framework.VERSION,
        "django-notifications-hq": _version("django-notifications-hq"),
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.+)", path.read_text()) if path.exists() else None
    return found[1] if found else platform.machine()
