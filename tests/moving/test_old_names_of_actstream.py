"""The old names of django-activity-stream, in a process of their own: they change the models."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CASES = sorted(path.name for path in (ROOT / "tests/moving/actstream").glob("cases_*.py"))


@pytest.mark.each_engine
def test_site_runs_by_the_old_names():
    command = [sys.executable, "-m", "pytest", "-q", "--no-cov", "-p", "no:cacheprovider"]
    command += [
        "-p",
        "no:randomly",
        "--ds=tests.moving.actstream.settings",
        "-n0",
        "-W",
        "ignore::DeprecationWarning",
    ]
    command += [f"tests/moving/actstream/{name}" for name in CASES]

    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert ran.returncode == 0, ran.stdout + ran.stderr
