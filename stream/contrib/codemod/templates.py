"""Templates: tags and their libraries, by regular expressions over tags."""

from __future__ import annotations

import re
from collections.abc import Callable

from stream.contrib.codemod import names
from stream.contrib.codemod.notes import Note
from stream.contrib.codemod.variables import TOKEN, Variables

TAG = re.compile(r"\{%(-?\s*)(\w+)\b(.*?)(\s*-?)%\}", re.S)
BITS = re.compile(r"""(?:[^\s'"]*(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')[^\s'"]*)+|\S+""")
LIBRARIES = {
    "activity_tags": ("stream_tags", "follow_tags"),
    "notifications_tags": ("stream_notifications",),
}
COLUMNS = re.compile(r"\.(?:actor|target|action_object)_(?:content_type|object_id|url)\b")
RELATION = re.compile(rf"[\w.]*\.({'|'.join(names.RELATIONS)})\b")
FOLLOWED = re.compile(r"([\w.]+)\|is_following:([\w.]+)")
MARKS = re.compile(r"notifications:(?:mark_|delete|live_)\w*")

FOLLOWED_BY = (
    "counted any kind of following; here it is the plain one: write "
    "{{% is_following {} {} flag=None as followed %}} and followed"
)
MESSAGES = (
    "holds messages, too, such as those of send_notification: write "
    '{{% stream "{}" {} as actions %}} of stream_tags and actions'
)

#: What a tag becomes: its name and bits, or what to write by hand.
Rewrite = Callable[[list[str]], "list[str] | str"]


def display_action(bits: list[str]) -> list[str] | str:
    return ["render_action", *bits]


def activity_stream(bits: list[str]) -> list[str] | str:
    if len(bits) > 2 and bits[-2] == "as":
        return ["stream", *(bit.replace("follow_flag=", "flag=", 1) for bit in bits)]
    named = [bit for bit in bits if bit.startswith("as=")]
    variable = named[0][3:].strip("\"'") if named else "stream"
    rest = [bit.replace("follow_flag=", "flag=", 1) for bit in bits if bit not in named]
    return ["stream", *rest, "as", variable]


def follow_url(bits: list[str]) -> list[str] | str:
    if len(bits) > 1:
        return f"write {{% follow_form {bits[0]} flag={bits[1]} %}}, a whole button: it takes POST"
    return f"the address takes POST: write {{% follow_form {bits[0]} %}}, a whole button"


def follow_all_url(bits: list[str]) -> list[str] | str:
    return f"register the model with actor_only=False, and write {{% follow_form {bits[0]} %}}"


def actor_url(bits: list[str]) -> list[str] | str:
    return ["stream_url", *bits, '"actor"']


def is_following(bits: list[str]) -> list[str] | str:
    if len(bits) < 3 or bits[2] == "as" or "=" in bits[2]:
        return bits  # as it is here
    flag = bits[2]
    if flag in ('""', "''"):  # any kind
        flag = "None"
    elif flag[0] not in "\"'":
        flag += "|default:None"
    return ["is_following", *bits[:2], f"flag={flag}", *bits[3:]]


def notifications_unread(bits: list[str]) -> list[str] | str:
    return ["unread_count", *bits]


def live(tag: str) -> Rewrite:
    return lambda bits: (
        f"write {{% load stream_live %}} and {tag}, with 'stream.live' in INSTALLED_APPS and "
        "include('stream.live.urls')"
    )


ACTIVITY: dict[str, Rewrite] = {
    "display_action": display_action,
    "activity_stream": activity_stream,
    "follow_url": follow_url,
    "follow_all_url": follow_all_url,
    "actor_url": actor_url,
    "is_following": is_following,
}
NOTIFICATIONS: dict[str, Rewrite] = {
    "notifications_unread": notifications_unread,
    "live_notify_badge": live("{% live_badge %}"),
    "register_notify_callbacks": live("{% live %} in the head"),
    "live_notify_list": lambda bits: "write {% notifications size=5 as items %} and a loop",
}


def rewrite(
    text: str, *, uses_notifications: bool, lists_notifications: bool | None = None
) -> tuple[str, list[Note]]:
    """Return a template with the tags of this package, and what is left to do.

    ``lists_notifications`` says whether its variables may be notifications, by default where the
    site uses the old package. In a second run it has new names alone.
    """
    lists = uses_notifications if lists_notifications is None else lists_notifications
    variables = Variables(text, renames=uses_notifications, lists=lists)
    notes = variables.notes
    notes += _variables(text, lists)
    text = variables.rewrite()
    loaded = {name for tag in TAG.finditer(text) if tag[2] == "load" for name in tag[3].split()}
    tags = ACTIVITY if "activity_tags" in loaded else {}
    tags = tags | NOTIFICATIONS if "notifications_tags" in loaded else tags
    kept = set()  # libraries that are still needed

    def replace(tag: re.Match[str]) -> str:
        name, bits = tag[2], BITS.findall(tag[3])
        line = text.count("\n", 0, tag.start()) + 1
        if name == "load" and "from" in bits:
            if bits[-1] in LIBRARIES:
                notes.append(Note(line, tag[0], f"load {', '.join(LIBRARIES[bits[-1]])}"))
                kept.add(bits[-1])
            return tag[0]
        if name == "url" and bits:
            return _url(tag, bits, line, notes)
        if name not in tags:
            return tag[0]
        new = tags[name](bits)
        if isinstance(new, str):
            notes.append(Note(line, tag[0], new))
            if name != "follow_url":  # which is there
                kept.add("activity_tags" if name in ACTIVITY else "notifications_tags")
            return tag[0]
        if new == bits:
            return tag[0]
        return f"{{%{tag[1]}{' '.join(new)}{tag[4]}%}}"

    changed = TAG.sub(replace, text)
    if kept:
        notes += _left(text, kept)
    changed = TAG.sub(lambda tag: _load(tag, kept), changed)
    return changed, notes


def _left(text: str, kept: set[str]) -> list[Note]:
    """Return notes on old libraries that tags still need."""
    notes = []
    for tag in TAG.finditer(text):
        names_them = tag[2] == "load" and "from" not in tag[3].split()
        if left := kept.intersection(tag[3].split()) if names_them else ():
            line = text.count("\n", 0, tag.start()) + 1
            instead = f"take {', '.join(sorted(left))} out when its tags are written anew"
            notes.append(Note(line, tag[0], instead))
    return notes


def _load(tag: re.Match[str], kept: set[str]) -> str:
    libraries = tag[3].split()
    if tag[2] != "load" or "from" in libraries or not set(libraries) & LIBRARIES.keys():
        return tag[0]
    new = []
    for name in libraries:
        new += [*LIBRARIES.get(name, ()), *((name,) if name in kept else ())]
        new += [name] if name not in LIBRARIES else []
    return f"{{%{tag[1]}load {' '.join(dict.fromkeys(new))}{tag[4]}%}}"


def _url(tag: re.Match[str], bits: list[str], line: int, notes: list[Note]) -> str:
    quote, name = bits[0][0], bits[0].strip("\"'")
    if name == "notifications:unread":
        rest = "".join(f" {bit}" for bit in bits[1:])
        url = f"{{%{tag[1]}url {quote}stream_notifications:list{quote}{rest}{tag[4]}%}}"
        return tag[0] if rest else f"{url}?unread"
    if name in names.ADDRESSES:
        return tag[0].replace(bits[0], f"{quote}{names.ADDRESSES[name]}{quote}", 1)
    if MARKS.fullmatch(name):
        notes.append(Note(line, tag[0], "the addresses here take POST: write a form"))
    elif name.startswith("actstream_"):
        notes.append(Note(line, tag[0], "write {% stream_url obj %}; see docs/coming-from.md"))
    return tag[0]


def _variables(text: str, lists: bool) -> list[Note]:
    """Return notes on attributes that only people know the owner of, and on filters."""
    notes = []
    has_filter = any(
        "activity_tags" in tag[3].split() for tag in TAG.finditer(text) if tag[2] == "load"
    )
    for found in TOKEN.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        if "|has_notification" in found[0]:
            notes.append(Note(line, found[0], "write {% unread_count user limit=1 as unread %}"))
        notes += [
            Note(line, found[0], FOLLOWED_BY.format(*followed.groups()))
            for followed in FOLLOWED.finditer(found[0])
            if has_filter
        ]
        for relation in RELATION.finditer(found[0]) if lists else ():
            owner, _, role = relation[0].rpartition(".")
            instead = MESSAGES.format(role.removesuffix("_actions"), owner)
            notes.append(Note(line, found[0], instead))
        if COLUMNS.search(found[0]):
            notes.append(Note(line, found[0], "write {% stream_url action.actor %} for addresses"))
    return notes
