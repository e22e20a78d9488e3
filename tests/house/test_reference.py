"""The public API: each name is on the page of reference, and nothing private."""

import json
import re
import shutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FACES = [
    "follow.models",
    "follow.query",
    "follow.signals",
    "follow.utils",
    "stream.activity",
    "stream.arc",
    "stream.feeds",
    "stream.managers",
    "stream.models",
    "stream.notifications",
    "stream.notifications.channels",
    "stream.notifications.models",
    "stream.notifications.signals",
    "stream.paging",
    "stream.signals",
    "stream.streams",
    "stream.options",
    "stream.testing",
    "stream.testing.pytest",
    "stream.timelines",
    "stream.utils",
    "stream.views",
]
BUILD = """
import json, sys
from sphinx.application import Sphinx
docs, out = sys.argv[1:]
app = Sphinx(docs, docs, out, out, "dummy", status=None)
app.build()
found = app.env.get_domain("py").objects.items()
print(json.dumps({name: each.objtype for name, each in found if not each.aliased}))
"""


@pytest.fixture(scope="module")
def listed(tmp_path_factory):
    """Return what the page lists, and the kind of each."""
    docs = tmp_path_factory.mktemp("docs")
    configuration = (ROOT / "docs/conf.py").read_text()
    (docs / "conf.py").write_text(
        configuration.replace("Path(__file__)", f"Path({str(ROOT)!r}, 'docs/conf.py')")
    )
    shutil.copy(ROOT / "docs/reference.md", docs / "index.md")
    command = [sys.executable, "-c", BUILD, docs, docs / "out"]
    built = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(built.stdout)


def public_names():
    return {f"{face}.{name}" for face in FACES for name in import_module(face).__all__}


def test_each_public_name_is_listed_and_no_other(listed):
    names = {
        name
        for name, kind in listed.items()
        if kind not in ("module", "method", "property", "attribute")
    }
    assert names == public_names()
    assert {name for name, kind in listed.items() if kind == "module"} == set(FACES)


def test_nothing_private_is_listed(listed):
    assert [name for name in listed if re.search(r"\._", name)] == []


def test_each_class_and_function_has_a_docstring():
    page = (ROOT / "docs/reference.md").read_text()
    silent = [
        f"{face}.{name}"
        for face, names in re.findall(r"^\.\. module:: (\S+)\n(.*?)^```$", page, re.M | re.S)
        for kind, name in re.findall(r"^\.\. auto(\w+):: (\w+)$", names, re.M)
        if kind != "data" and not getattr(import_module(face), name).__doc__
    ]
    assert silent == []
