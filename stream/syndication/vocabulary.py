"""What verbs and models are called in ActivityStreams 2.0."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error
from django.db.models import Model

from stream.arc.rules import concrete_model
from stream.conf import activity_types, chosen_for, object_types

# The types of https://www.w3.org/TR/activitystreams-vocabulary/. Activities have, besides their
# own names, these verbs; a question has none, since no action tells what is asked.
ACTIVITIES: dict[str, tuple[str, ...]] = {
    "Accept": ("accept", "accepted"),
    "Add": ("add", "added"),
    "Announce": ("announce", "announced", "share", "shared"),
    "Arrive": ("arrive", "arrived", "arrived at", "arrived in"),
    "Block": ("block", "blocked"),
    "Create": ("create", "created"),
    "Delete": ("delete", "deleted"),
    "Dislike": ("dislike", "disliked"),
    "Flag": ("flag", "flagged"),
    "Follow": ("follow", "followed", "started following"),
    "Ignore": ("ignore", "ignored"),
    "Invite": ("invite", "invited"),
    "Join": ("join", "joined"),
    "Leave": ("leave", "left"),
    "Like": ("like", "liked"),
    "Listen": ("listen", "listened", "listened to"),
    "Move": ("move", "moved"),
    "Offer": ("offer", "offered"),
    "Question": (),
    "Read": ("read",),
    "Reject": ("reject", "rejected"),
    "Remove": ("remove", "removed"),
    "TentativeAccept": ("tentatively accept", "tentatively accepted"),
    "TentativeReject": ("tentatively reject", "tentatively rejected"),
    "Travel": ("travel", "travelled", "travelled to", "traveled", "traveled to"),
    "Undo": ("undo", "undid"),
    "Update": ("update", "updated"),
    "View": ("view", "viewed"),
}
INTRANSITIVE = {"Arrive", "Question", "Travel"}
VERBS = {verb: name for name, verbs in ACTIVITIES.items() for verb in verbs}

OBJECTS = {
    *("Object", "Article", "Audio", "Document", "Event", "Image", "Note", "Page", "Place"),
    *("Profile", "Relationship", "Video"),
    *("Application", "Group", "Organization", "Person", "Service"),
}


def activity_type(verb: str) -> str:
    """Return the core type of a verb, or "" where there is none."""
    usual = VERBS.get(" ".join(verb.lower().replace("_", " ").replace("-", " ").split()), "")
    return activity_types().get(verb, usual)


def object_type(model: type[Model]) -> str:
    """Return the type of a model's objects; a child's is its parent's unless it has its own."""
    model = concrete_model(model)
    if name := chosen_for(model, object_types()):
        return name
    parents = [each for each in model.__mro__ if hasattr(each, "_meta")]
    if get_user_model() in parents:
        return "Person"
    return "Group" if any(each._meta.label_lower == "auth.group" for each in parents) else "Object"


def check_types(**kwargs: Any) -> list[CheckMessage]:
    """Check that both settings name types of ActivityStreams."""
    return [
        *_unknown("STREAM_ACTIVITY_TYPES", activity_types(), "activity", ACTIVITIES, "E001"),
        *_unknown("STREAM_OBJECT_TYPES", object_types(), "object", OBJECTS, "E002"),
    ]


def _unknown(
    setting: str, chosen: dict[str, str], kind: str, known: Iterable[str], number: str
) -> list[CheckMessage]:
    return [
        Error(
            f"{setting}[{key!r}] = {name!r} is no {kind} type of ActivityStreams 2.0.",
            hint=f"Choose one: {', '.join(sorted(known))}.",
            id=f"stream_syndication.{number}",
        )
        for key, name in chosen.items()
        if name not in known
    ]
