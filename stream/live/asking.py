"""Asking the database for streams: many of them at once, in a thread."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import DatabaseError, Error, connections

from stream.live.signing_in import Reader, user_of
from stream.live.sources import SOURCES

logger = logging.getLogger("stream.live")


@dataclass(slots=True)
class Question:
    """What a stream asks: some sources, from its positions on."""

    reader: Reader
    positions: dict[str, Any]
    sources: Collection[str]


@dataclass(slots=True)
class Answer:
    """What is told to a stream. It ends if its reader is not signed in any more."""

    is_signed_in: bool = True
    positions: dict[str, Any] = field(default_factory=dict)
    events: list[tuple[str, dict[str, int]]] = field(default_factory=list)


def answer_all(questions: Sequence[Question]) -> list[Answer]:
    """Answer questions. Raises DatabaseError, and logs what else is raised, as by a site's rule."""
    return [answer(each) for each in questions]


def answer(question: Question) -> Answer:
    """Answer a question: two queries for who asks, and those of the sources."""
    found = Answer()
    try:
        user = user_of(question.reader)
        if user is None:
            return Answer(is_signed_in=False)
        for name in question.sources:
            position, news = ask(name, user, question.positions)
            found.positions[name] = position
            if news is not None:
                found.events.append((name, news))
    except DatabaseError:
        raise
    except Exception:  # the other streams go on
        logger.exception("stream.live: what is new for user %s is not known", question.reader.user)
    return found


def ask(name: str, user: Any, positions: dict[str, Any]) -> tuple[Any, dict[str, int] | None]:
    """Ask a source; from now on, where a position is missing or of another version."""
    if name in positions:
        try:
            return SOURCES[name].news(user, positions[name])
        except (TypeError, ValueError):
            logger.warning("stream.live: %r is no position of %s", positions[name], name)
    return SOURCES[name].begin(user)


def fresh(call: Any, *arguments: Any) -> Any:
    """Call a function that reads; after an error of the database, connect anew the next time."""
    try:
        return call(*arguments)
    except Error:
        connections.close_all()
        raise
