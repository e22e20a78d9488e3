"""Saying of an old name what to write instead, at the line of the site that uses it."""

from __future__ import annotations

import importlib
import sys
import warnings
from pathlib import Path
from types import FrameType
from typing import Any

import django
from django.template.base import Parser, Token

#: Where a line is not the site's: here, in Django, and in what imports modules.
PLUMBING = (
    str(Path(__file__).parents[1]),
    str(Path(django.__file__).parent),
    str(Path(importlib.__file__).parent),
    "<frozen importlib",
)


def deprecated(old: str, new: str) -> None:
    """Warn that the site uses an old name, and of what to write: a ``DeprecationWarning``."""
    frame: FrameType | None = sys._getframe(1)
    while frame and frame.f_code.co_filename.startswith(PLUMBING):
        frame = frame.f_back
    frame = frame or sys._getframe(1)
    warnings.warn_explicit(
        f"{old}: write {new}",
        DeprecationWarning,
        frame.f_code.co_filename,
        frame.f_lineno,
        module=frame.f_globals.get("__name__", "<unknown>"),  # with None, nothing is told
        registry=frame.f_globals.setdefault("__warningregistry__", {}),
    )


def deprecated_tag(parser: Parser, token: Token, new: str) -> None:
    """Warn that a template uses an old tag, at the line of the template."""
    origin: Any = parser.origin
    warnings.warn_explicit(
        f"{{% {token.contents} %}}: write {new}",
        DeprecationWarning,
        origin.name if origin else "<template>",
        token.lineno or 1,
    )
