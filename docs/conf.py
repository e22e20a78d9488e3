"""Sphinx: ``make docs``."""

import re
import sys
from pathlib import Path

import django
from django.conf import settings

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

project = "django-stream"
author = "django-stream contributors"
copyright = f"2026, {author}"
source = (HERE.parent / "stream" / "__init__.py").read_text()
release = version = re.search(r'^__version__ = "(.+)"$', source, re.M)[1]

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = f"{project} {release}"

# The reference is made from docstrings. Modules of models need settings, and no more than these.
settings.configure(
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "follow",
        "stream",
        "stream.notifications",
        "stream.syndication",
        "stream.timelines",
    ],
    MIGRATION_MODULES={"stream": None, "follow": None},
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    USE_TZ=True,
)
django.setup()

autodoc_default_options = {"member-order": "bysource"}
autodoc_inherit_docstrings = False
autodoc_preserve_defaults = True
autodoc_typehints_format = "short"
add_module_names = False
python_use_unqualified_type_names = True
nitpick_ignore_regex = [("py:.*", ".*")]  # types of Django and Python, whose docs are elsewhere
