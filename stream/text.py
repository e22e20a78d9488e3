"""Actions in words."""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from string import Formatter
from typing import TYPE_CHECKING, Any, Protocol

from django.conf import global_settings, settings
from django.core.checks import CheckMessage, Error
from django.utils.text import capfirst
from django.utils.timesince import timesince
from django.utils.translation import gettext as _, ngettext_lazy, override

from stream.conf import verb_entries, verb_words

if TYPE_CHECKING:
    from django.db.models import Model


# Whole phrases, since "3 days" and "3 days ago" may need different forms of the word.
PHRASES = {
    "year": ngettext_lazy("%(num)d year ago", "%(num)d years ago", "num"),
    "month": ngettext_lazy("%(num)d month ago", "%(num)d months ago", "num"),
    "week": ngettext_lazy("%(num)d week ago", "%(num)d weeks ago", "num"),
    "day": ngettext_lazy("%(num)d day ago", "%(num)d days ago", "num"),
    "hour": ngettext_lazy("%(num)d hour ago", "%(num)d hours ago", "num"),
    "minute": ngettext_lazy("%(num)d minute ago", "%(num)d minutes ago", "num"),
}


# Units of a fixed length, in seconds, longest first. Four weeks may be a month.
UNITS = [("week", 604_800), ("day", 86_400), ("hour", 3600), ("minute", 60)]
FIXED = 4 * 604_800


def ago(when: dt.datetime) -> str:
    """Return "3 hours ago", the time since then in its largest unit; "just now" below a minute."""
    phrases: Any = PHRASES  # lazy
    seconds = (dt.datetime.now(when.tzinfo) - when).total_seconds()
    if seconds < 60:
        return _("just now")
    if seconds >= FIXED:  # months and years by the calendar
        return timesince(when, time_strings=phrases, depth=1).replace("\xa0", " ")
    unit, length = next(each for each in UNITS if seconds >= each[1])
    text: str = phrases[unit] % {"num": int(seconds) // length}
    return text


#: The roles of an action: the names of its arcs, and what may stand in braces in a sentence.
ROLES = ("actor", "target", "action_object", "context")

#: The models whose published actions have no verb but the model's name, by that name.
UNNAMED: dict[str, type[Model]] = {}


@lru_cache(maxsize=1024)
def places_of(words: str) -> frozenset[str] | None:
    """Return the places in a verb's words, or None if their braces are wrong. A label has none."""
    try:
        fields = list(Formatter().parse(words))
    except ValueError:  # a single brace
        return None
    found = frozenset(name for _text, name, _spec, _conversion in fields if name is not None)
    has_more = any(spec or conversion for _text, _name, spec, conversion in fields)
    if has_more or not found.issubset(ROLES) or (not found and {*words} & {*"{}"}):
        return None
    return found


def verb_label(verb: str) -> str:
    """Return a verb as people see it: its label, or its sentence without the places at its ends."""
    words = verb_words().get(verb)
    if words is None:
        kind = UNNAMED[verb]._meta.verbose_name if verb in UNNAMED else None
        return _("added a new {kind}").format(kind=kind) if kind else str(verb)
    text = str(words)
    return re.sub(r"\{\w+\}", "…", text).strip(" …,.:;") if places_of(text) else text


class HasParts(Protocol):
    """What a sentence is made of: an action, or a group of them."""

    @property
    def is_from_system(self) -> bool: ...
    @property
    def verb(self) -> Any: ...
    @property
    def actor(self) -> Any: ...
    @property
    def action_object(self) -> Any: ...
    @property
    def target(self) -> Any: ...
    @property
    def context(self) -> Any: ...


def sentence(action: HasParts) -> tuple[str, dict[str, Any]]:
    """Return an action's translated pattern, such as "{actor} {verb} {target}", and its parts.

    That is the verb's sentence in ``STREAM_VERBS``, if the action has all that it names. An actor
    that is gone is "someone", and what the site itself says has no subject. The context is a part
    only where the pattern names it.
    """
    verb = str(action.verb)
    parts = {
        "actor": _("someone") if action.actor is None else action.actor,
        "verb": verb_label(verb),
        "action_object": action.action_object,
        "target": action.target,
    }
    words = verb_words().get(verb)
    places = places_of(str(words)) if words is not None else None
    if places and not ("actor" in places and action.is_from_system):
        named = {**parts, "context": action.context} if "context" in places else parts
        if all(named[name] is not None for name in places):
            return str(words), named
    has_object, has_target = parts["action_object"] is not None, parts["target"] is not None
    if action.is_from_system:
        parts["verb"] = capfirst(parts["verb"])
        objects = "{action_object} ({target})" if has_object and has_target else ""
        objects = objects or ("{action_object}" if has_object else "{target}" * has_target)
        return f"{{verb}} {objects}".strip(), parts
    if words is None and verb in UNNAMED:
        return _addition(UNNAMED[verb], parts, getattr(action, "action_count", 1))
    if has_object and has_target:
        return _("{actor} {verb} {action_object} ({target})"), parts
    if has_object:
        return _("{actor} {verb} {action_object}"), parts
    if has_target:
        return _("{actor} {verb} {target}"), parts
    return _("{actor} {verb}"), parts


def _addition(model: type[Model], parts: dict[str, Any], count: int) -> tuple[str, dict[str, Any]]:
    """Return the sentence for new objects of a model that names no verb."""
    parts = {**parts, "kind": model._meta.verbose_name, "kinds": model._meta.verbose_name_plural}
    has_object, has_target = parts["action_object"] is not None, parts["target"] is not None
    if has_object and has_target:
        return _("{actor} added a new {kind}: {action_object} ({target})"), parts
    if has_object:
        return _("{actor} added a new {kind}: {action_object}"), parts
    if count > 1 and has_target:
        return _("{actor} added new {kinds} ({target})"), parts
    if count > 1:
        return _("{actor} added new {kinds}"), parts
    if has_target:
        return _("{actor} added a new {kind} ({target})"), parts
    return _("{actor} added a new {kind}"), parts


def check_verbs(**kwargs: Any) -> list[CheckMessage]:
    """Check the words of ``STREAM_VERBS``, in each of ``LANGUAGES`` if the site has set them."""
    try:
        if any(isinstance(entry, str) for entry in verb_entries()):
            raise TypeError  # letters are no pair
        verbs = verb_words()
    except (TypeError, ValueError):
        return [_wrong("is no list of verbs, each with its words")]
    languages = [settings.LANGUAGE_CODE]
    if settings.LANGUAGES is not global_settings.LANGUAGES:  # which would take long to load
        languages += [code for code, _name in settings.LANGUAGES]
    wrong: dict[tuple[str, str], str] = {}
    for verb, words in verbs.items():
        for language in languages:
            with override(language):
                text = str(words)
            if places_of(text) is None:
                wrong.setdefault((verb, text), language)
    return [
        _wrong(f"says {text!r} for {verb!r} (language {language!r}), where the braces are wrong")
        for (verb, text), language in wrong.items()
    ]


def _wrong(what: str) -> CheckMessage:
    return Error(
        f"STREAM_VERBS {what}.",
        hint="Write pairs such as ('liked', 'liked') or ('posted', '{actor} posted {action_object} "
        f"in {{target}}'); in braces only {', '.join(ROLES)} may stand.",
        id="stream.E055",
    )
