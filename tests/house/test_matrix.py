"""What is tested is what is promised: on which Pythons and Djangos."""

import ast
import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]


def matrix():
    """Return the versions of Django in noxfile.py, each with its Pythons."""
    for node in ast.parse((ROOT / "noxfile.py").read_text()).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "PYTHONS":
            return ast.literal_eval(node.value)


def pairs():
    return {(python, django) for django, pythons in matrix().items() for python in pythons}


def test_classifiers_are_what_is_tested():
    setup = (ROOT / "setup.py").read_text()
    pythons = set(re.findall(r'"Programming Language :: Python :: (3\.\d+)"', setup))
    djangos = set(re.findall(r'"Framework :: Django :: (\d\.\d)"', setup))
    assert (pythons, djangos) == ({python for python, _ in pairs()}, set(matrix()))


def test_the_workflow_runs_what_nox_lists():
    jobs = yaml.safe_load((ROOT / ".github/workflows/tests.yml").read_text())["jobs"]
    include = jobs["test"]["strategy"]["matrix"]["include"]
    assert {(each["python"], each["django"]) for each in include} == pairs()


def test_pages_name_the_oldest_and_the_newest():
    pythons = sorted({python for python, _ in pairs()}, key=lambda each: int(each[2:]))
    *older, newest = matrix()
    words = f"Python {pythons[0]} to {pythons[-1]}", f"Django {', '.join(older)} and {newest}"
    for page in ("README.md", "docs/index.md"):
        text = " ".join((ROOT / page).read_text().split())
        assert all(each in text for each in words), page


def test_hooks_run_what_lint_installs():
    [repository] = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    programs = {hook["entry"].split()[0] for hook in repository["hooks"]}
    assert programs == {".venv/bin/ruff", "make"}
    assert {hook["language"] for hook in repository["hooks"]} == {"system"}
