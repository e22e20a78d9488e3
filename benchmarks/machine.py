"""What the results were measured on: versions and the kind of machine."""

from __future__ import annotations

import os
import platform
import re
import sqlite3
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import django
from django.conf import settings
from django.db import connection

from benchmarks.contenders import stream_framework
from benchmarks.results import HQ, PEER, STREAM_FRAMEWORK


def machine() -> dict[str, str]:
    peers = {PEER: _version(PEER)}
    if settings.FEEDS:
        peers = {STREAM_FRAMEWORK: stream_framework.VERSION, HQ: _version(HQ)}
    return {
        "measured": date.today().isoformat(),
        "database": server_version(),
        "Python": platform.python_version(),
        "Django": django.get_version(),
        **peers,
        "processor": f"{os.cpu_count()} {_processor()}",
    }


def server_version() -> str:
    """Return the engine and its version, such as "PostgreSQL 15.4"."""
    if connection.vendor == "sqlite":
        return f"SQLite {sqlite3.sqlite_version}"
    found = ".".join(map(str, connection.get_database_version()))
    is_mariadb = connection.vendor == "mysql" and connection.mysql_is_mariadb
    return f"{'MariaDB' if is_mariadb else connection.display_name} {found}"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.+)", path.read_text()) if path.exists() else None
    return found[1] if found else platform.machine()
