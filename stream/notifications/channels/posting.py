"""Posting to other servers, and what their answers mean for a delivery."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from django.utils import timezone

from stream.jobs.models import GiveUpError, TryLaterError

BYTES_OF_AN_ANSWER = 300
TRIED_AGAIN = (408, 429)  # besides what the server has not done
TOGETHER = {"Accept-Encoding": "identity"}  # an answer is shown as it is


class GoneError(GiveUpError):
    """The address exists no more."""


def post(
    session: Any,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    timeout: float,
    gone: tuple[int, ...],
) -> None:
    """Post to a server. No redirect is followed, and of the answer only the beginning is read.

    Raises GoneError, GiveUpError, or TryLaterError if another attempt may succeed.
    """
    answer = session.post(
        url,
        data=body,
        headers={**TOGETHER, **headers},
        timeout=timeout,
        allow_redirects=False,
        stream=True,
        auth=_no_password,
    )
    with answer:
        status = answer.status_code
        if 200 <= status < 300:
            return
        said = f"{status} {answer.reason}: {_beginning(answer)}"
        if status in gone:
            raise GoneError(said)
        if 400 <= status < 500 and status not in TRIED_AGAIN:
            raise GiveUpError(said)
        pause = _pause(answer.headers.get("Retry-After", ""))
        raise TryLaterError(said, pause)


def _no_password(request: Any) -> Any:
    """Leave out what ``.netrc`` says of the host."""
    return request


def _beginning(answer: Any) -> str:
    try:  # what comes at once: a slow answer is not waited for
        raw: bytes = answer.raw.read1(BYTES_OF_AN_ANSWER, decode_content=False)
    except Exception as error:  # the status is known, and says more
        return type(error).__name__
    return " ".join(raw.decode(errors="replace").replace("\0", "").split())


def _pause(said: str) -> int:
    """Return the seconds of a header ``Retry-After``, which may be a time; 0 for another text."""
    if said.isascii() and said.isdigit() and len(said) < 9:
        return int(said)
    try:
        when = parsedate_to_datetime(said)
    except (TypeError, ValueError, IndexError, OverflowError):
        return 0
    if when.tzinfo is None:
        when = when.replace(tzinfo=dt.UTC)
    return max(0, int((when - timezone.now()).total_seconds()))
