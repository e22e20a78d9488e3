"""Sphinx: ``make docs``."""

import re
from pathlib import Path

HERE = Path(__file__).parent

project = "django-stream"
author = "django-stream contributors"
copyright = f"2026, {author}"
source = (HERE.parent / "stream" / "__init__.py").read_text()
release = version = re.search(r'^__version__ = "(.+)"$', source, re.M)[1]

extensions = ["myst_parser"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = f"{project} {release}"
