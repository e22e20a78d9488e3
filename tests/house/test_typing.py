"""What mypy, with django-stubs, knows in a user's project: docs/typing.md."""

import os
import re
import subprocess
import sys

from tests.support.guide import blocks
from tests.support.projects import REPOSITORY, Project

MYPY = """
[mypy]
strict = true
plugins = mypy_django_plugin.main
[mypy.plugins.django-stubs]
django_settings_module = mysite.settings
"""


def test_types_are_known_as_the_page_says(tmp_path):
    project = Project(tmp_path)
    project.app("blog", "")
    for _, text in blocks("typing"):
        project.write(re.match(r"# (\S+)", text)[1], text)
    project.write("mypy.ini", MYPY)
    paths = os.pathsep.join([str(tmp_path), str(REPOSITORY)])
    found = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-incremental", "blog"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": paths, "MYPYPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout + found.stderr
    revealed = re.findall(r'Revealed type is "(.+)"', found.stdout)
    feed = (tmp_path / "blog/feed.py").read_text()
    said = re.findall(r"reveal_type\(.+\)  # (.+)", feed)
    assert [re.sub(r"[\w.]+\.", "", each) for each in revealed] == said
