"""What verbs and models are called in ActivityStreams 2.0."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error
from django.db.models import Model

from stream.arc.options import chosen_models, options_of
from stream.arc.rules import concrete_model
from stream.conf import activity_types

# The types of https://www.w3.org/TR/activitystreams-vocabulary/, with the verbs that mean them. A
# question has none, since actions do not tell what is asked.
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
    """Return the core type of a verb, or "" if there is none."""
    usual = VERBS.get(" ".join(verb.lower().replace("_", " ").replace("-", " ").split()), "")
    return activity_types().get(verb, usual)


def object_type(model: type[Model]) -> str:
    """Return the type of a model's objects, by default that of its parent."""
    model = concrete_model(model)
    if name := options_of(model).activity_type:
        return name
    parents = [each for each in model.__mro__ if hasattr(each, "_meta")]
    if get_user_model() in parents:
        return "Person"
    return "Group" if any(each._meta.label_lower == "auth.group" for each in parents) else "Object"


def check_types(**kwargs: Any) -> list[CheckMessage]:
    """Check that ``STREAM_ACTIVITY_TYPES`` and options of models name types of ActivityStreams."""
    verbs = {f"STREAM_ACTIVITY_TYPES[{verb!r}]": name for verb, name in activity_types().items()}
    objects = {}
    for options in map(options_of, chosen_models()):
        if options.activity_type:
            objects[f"{type(options).__qualname__}.activity_type"] = options.activity_type
    return [
        *_unknown(verbs, "activity", ACTIVITIES, "E001"),
        *_unknown(objects, "object", OBJECTS, "E002"),
    ]


def _unknown(
    chosen: dict[str, str], kind: str, known: Iterable[str], number: str
) -> list[CheckMessage]:
    return [
        Error(
            f"{place} = {name!r} is no {kind} type of ActivityStreams 2.0.",
            hint=f"Choose one: {', '.join(sorted(known))}.",
            id=f"stream_syndication.{number}",
        )
        for place, name in chosen.items()
        if name not in known
    ]
