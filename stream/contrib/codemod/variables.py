"""Variables of templates: which of them are notifications, by where a template has them from."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from stream.contrib.codemod import names, notes
from stream.contrib.codemod.notes import Note

TOKEN = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.S)
ATTRIBUTE = re.compile(r"""("[^"]*"|'[^']*')|(?<![\w.])([A-Za-z_]\w*)\.(\w+)""")
OWN = re.compile(
    r"(?<=user)\.notifications\b|\.notifications(?=\.(?:unread|read|active|deleted)\b)"
)
MAYBE_OWN = re.compile(r"\b\w+\.notifications\b")
NAMES_THEM = re.compile(r"\b(?:stream_notifications|notifications_tags)\b|\.notifications\b")
SHOWN = re.compile(r"\{%-?\s*(?:display_action|render_action)\s+(\w+)\s*-?%\}")
STREAM = re.compile(r"\{%-?\s*(?:activity_)?stream\s.*?\bas[=\s]\s*[\"']?(\w+)[\"']?\s*-?%\}")
OLD_STREAM = re.compile(r"\{%-?\s*activity_stream\s(?:(?!\bas\b).)*?%\}")
#: Attributes that only notifications and actions are likely to have.
TELLING = ("verb", "action_object", "timestamp", "timesince", "unread")
ONE = ("first", "last", "random")
TIME = "of an action or notification, write {{{{ {}.datetime|time_ago }}}} of stream_tags"
UNREAD = (
    "of a notification, write {{% if not {0}.is_read %}}, or {{{{ {0}.is_read|"
    'yesno:"False,True" }}}} to show it'
)
LEVEL = "of a notification, it is a number here: write {}.level_name"
SLUG = "of a notification, write {}.pk: addresses have no slugs"
READ = "it holds what is put away: give the template .read().filter(archived=0) by its view"
READ_ROWS = re.compile(r"\.stream_notifications\.read\b")
ACTIVE = "what is not put away: write {% notifications size=20 as items %} and a loop"


@dataclass
class Scope:
    """What names are between a tag and the one that ends it."""

    end: str
    kinds: dict[str, str] = field(default_factory=dict)


class Variables:
    """The variables of a template. A kind is "row" or "rows", "old" before these, or "actions"."""

    def __init__(self, text: str, *, renames: bool, lists: bool) -> None:
        self.text = text
        self.renames, self.lists = renames, lists
        self.names_them = lists and bool(NAMES_THEM.search(text))
        self.notes: list[Note] = []
        streams = dict.fromkeys(STREAM.findall(text), "actions")
        if OLD_STREAM.search(text):
            streams["stream"] = "actions"
        self.scopes = [Scope("", dict.fromkeys(SHOWN.findall(text), "action") | streams)]
        used: dict[str, set[str]] = {}
        for token in TOKEN.finditer(text):
            for each in ATTRIBUTE.finditer(token[0]):
                used.setdefault(each[2], set()).add(each[3])
        self.telling = {name for name, known in used.items() if known & set(TELLING)}
        self.told: set[str] = set()

    def rewrite(self) -> str:
        return TOKEN.sub(self._token, self.text)

    def _token(self, token: re.Match[str]) -> str:
        line = self.text.count("\n", 0, token.start()) + 1
        tag = token[0][2:-2].strip(" -\n\t").split() if token[0].startswith("{%") else []
        if tag and tag[0] == self.scopes[-1].end:
            self.scopes.pop()
        new = ATTRIBUTE.sub(lambda each: self._attribute(each, token[0], line), token[0])
        self._enter(tag)
        if self.renames:
            new = OWN.sub(".stream_notifications", new)
            new = new.replace(".stream_notifications.deleted", ".stream_notifications.archived")
            if ".stream_notifications.active" in new:
                self.notes.append(Note(line, token[0], ACTIVE))
            if READ_ROWS.search(new):
                self.notes.append(Note(line, token[0], READ))
            if MAYBE_OWN.search(new):
                self.notes.append(Note(line, token[0], notes.OWN_NOTIFICATIONS))
        return new

    def _enter(self, tag: list[str]) -> None:
        """Remember what ``for`` and ``with`` call their names."""
        if tag[:1] == ["for"] and "in" in tag:
            at = tag.index("in")
            called = " ".join(tag[1:at]).replace(",", " ").split()
            rows = self.kind(tag[at + 1]) if len(tag) > at + 1 else ""
            row = rows.removesuffix("s") if rows.endswith("s") and len(called) == 1 else ""
            self.scopes.append(Scope("endfor", dict.fromkeys(called, row)))
        elif tag[:1] == ["with"]:
            pairs = [bit.split("=", 1) for bit in tag[1:] if "=" in bit]
            if len(tag) == 4 and tag[2] == "as":
                pairs = [[tag[3], tag[1]]]
            kinds = {name: self.kind(value) for name, value in pairs}
            self.scopes.append(Scope("endwith", kinds))

    def kind_of_name(self, name: str) -> str:
        for scope in reversed(self.scopes):
            if scope.kinds.get(name):
                return scope.kinds[name]
            if name in scope.kinds:
                break  # of a loop over what is not known
        return self.scopes[0].kinds.get(name, "").replace("actions", "")

    def kind(self, expression: str) -> str:
        """Return what an expression of a tag is; "" where that is not known."""
        path, *filters = expression.split("|")
        words = path.split(".")
        kind = next(
            (each.kinds[words[0]] for each in reversed(self.scopes) if words[0] in each.kinds), ""
        )
        rest = words[1:]
        if "stream_notifications" in rest:
            kind, rest = "rows", rest[rest.index("stream_notifications") + 1 :]
        elif self.renames and OWN.search(path):
            kind, rest = "old rows", rest[rest.index("notifications") + 1 :]
        elif rest and kind.endswith("row"):
            return ""
        is_one = [each for each in (*rest, *filters) if each in ONE or each.isdigit()]
        is_other = {"count", "exists", "length"} & {*rest, *filters}
        if is_other:
            return ""
        return kind.removesuffix("s") if is_one and kind.endswith("rows") else kind

    def _attribute(self, found: re.Match[str], token: str, line: int) -> str:
        if found[1]:
            return found[0]
        name, attribute = found[2], found[3]
        kind = self.kind_of_name(name)
        if not kind.endswith("row"):
            self._perhaps(name, attribute, kind, token, line)
            return found[0]
        if attribute in names.OF_ACTION:
            return f"{name}.action.{attribute}"
        if attribute in names.OF_NOTIFICATION:
            return f"{name}.{names.OF_NOTIFICATION[attribute]}"
        if attribute == "level":
            return f"{name}.level_name" if kind.startswith("old") else found[0]
        if attribute == "timesince":
            self.notes.append(Note(line, token, TIME.format(name)))
        elif attribute == "unread":
            self.notes.append(Note(line, token, UNREAD.format(name)))
        elif attribute == "slug":
            self.notes.append(Note(line, token, SLUG.format(name)))
        elif attribute in notes.OF_NOTIFICATION:
            self.notes.append(Note(line, token, notes.OF_NOTIFICATION[attribute]))
        return found[0]

    def _perhaps(self, name: str, attribute: str, kind: str, token: str, line: int) -> None:
        """Note what is to be written if this is a notification."""
        if attribute in ("timestamp", "timesince"):
            self.notes.append(Note(line, token, TIME.format(name)))
            return
        if kind == "action" or not self.lists:
            return
        if attribute == "unread":
            self.notes.append(Note(line, token, UNREAD.format(name)))
            return
        if attribute in ("level", "slug"):
            if name in self.telling or names.NOTIFICATION.fullmatch(name):
                instead = LEVEL if attribute == "level" else SLUG
                self.notes.append(Note(line, token, instead.format(name)))
            return
        is_first = name in self.telling and name not in self.told
        if attribute in names.OF_ACTION and (self.names_them or is_first):
            self.told.add(name)
            instead = f"if {name} is a notification, write {name}.action.{attribute}"
            self.notes.append(Note(line, token, instead))
