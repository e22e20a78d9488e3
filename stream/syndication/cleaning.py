"""Text that every format can hold."""

import re
from typing import Any

from stream.arc import names

# What XML 1.0 forbids; among it are surrogates, which UTF-8 cannot encode.
FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def clean(text: str) -> str:
    """Return a text with line breaks as XML reads them, and ``\\ufffd`` for what XML forbids."""
    return FORBIDDEN.sub("\ufffd", re.sub("\r\n?", "\n", text))


def filled(document: dict[str, Any]) -> dict[str, Any]:
    """Return an object of JSON without what is empty."""
    return {key: value for key, value in document.items() if value not in (None, "")}


def one_line(text: str) -> str:
    """Return a clean text on one line, with single spaces."""
    return " ".join(clean(names.one_line(text)).split())
