"""The old names of django-activity-stream, in a process of their own: they change the models."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CASES = sorted(path.name for path in (ROOT / "tests/moving/actstream").glob("cases_*.py"))


@pytest.mark.each_engine
def test_site_runs_by_the_old_names(request):
    asked = request.config.option
    is_measured = getattr(asked, "cov_source", None) and not asked.no_cov
    # The outer run combines the files of parallel ones.
    measured = ["-m", "coverage", "run", "--parallel-mode"] if is_measured else []
    options = ["-q", "-n0", "--no-cov", "-p", "no:cacheprovider", "-p", "no:randomly"]
    options += ["--ds=tests.moving.actstream.settings", "-W", "ignore::DeprecationWarning"]
    command = [sys.executable, *measured, "-m", "pytest", *options]
    command += [f"tests/moving/actstream/{name}" for name in CASES]

    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert ran.returncode == 0, ran.stdout + ran.stderr
