"""Making text and dates of any origin fit to store and show."""

import datetime as dt
import re

# Control characters, and the marks that would reverse the text after them.
UNSHOWN = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+")


def decode(raw):
    """Return text from bytes that should be UTF-8; Latin letters of older encodings survive."""
    text = raw.decode(errors="replace")
    letters = {char for char in text if char > "\x7f"}
    if letters == {"\ufffd"}:  # nothing but ASCII is valid, so it is most likely Windows-1252
        text = raw.decode("cp1252", errors="replace")
    return " ".join(UNSHOWN.sub(" ", text).split())


def shortened(text, length):
    """Return at most so many characters of a text, with an ellipsis where some are missing."""
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"


def possible_date(*stamps):
    """Return the first time, of seconds since 1970 as git prints them, that can have been; or None.

    Git lets anybody claim any date. Before 1970 and after tomorrow no commit was made.
    """
    tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    for stamp in stamps:
        if stamp.isdigit() and 0 < int(stamp) < tomorrow.timestamp():
            return dt.datetime.fromtimestamp(int(stamp), dt.UTC)
    return None
