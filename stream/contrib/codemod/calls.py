"""Calls with other arguments, in the layout that they had."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import libcst as cst

from stream.contrib.codemod import names

SENT = ("verb", "target", "action_object", "description", "public")
NOTIFIED = ("verb", "target", "action_object", "description")
DROPPED = ("public", *(f"{r}_for_concrete_model" for r in ("actor", "target", "action_object")))
STARRED = "further keywords are data={…}: write out what ** brings"
REGISTRATIONS = (
    ("stream.utils", "register_actor"),
    ("stream.utils", "register_target"),
    ("stream.utils", "register_action_object"),
    ("follow.utils", "register"),
)
SAME_LINE = cst.SimpleWhitespace(" ")
NO_SPACE = cst.AssignEqual(cst.SimpleWhitespace(""), cst.SimpleWhitespace(""))

Rename = Callable[[str], str]


def keyword(name: str, value: cst.BaseExpression) -> cst.Arg:
    return cst.Arg(value, keyword=cst.Name(name), equal=NO_SPACE)


def positional(arg: cst.Arg) -> cst.Arg:
    return arg.with_changes(keyword=None, equal=cst.MaybeSentinel.DEFAULT)


def args(text: str) -> Sequence[cst.Arg]:
    """Return arguments as they are written."""
    call = cst.parse_expression(f"f({text})")
    return call.args  # type: ignore[attr-defined, no-any-return]


def path(text: str) -> cst.BaseExpression:
    return cst.parse_expression(text)


def attribute(func: cst.BaseExpression) -> str:
    """Return the last name of what is called."""
    last = func.attr if isinstance(func, cst.Attribute) else func
    return last.value if isinstance(last, cst.Name) else ""


def text(node: cst.BaseExpression) -> str:
    """Return the value of a text that is written out; "" for anything else."""
    value = node.evaluated_value if isinstance(node, cst.SimpleString) else ""
    return value if isinstance(value, str) else ""


def quoted(old: cst.BaseExpression, new: str) -> cst.SimpleString:
    quote = old.quote if isinstance(old, cst.SimpleString) else '"'
    return cst.SimpleString(f"{quote}{new}{quote}")


def relaid(call: cst.Call, new: Iterable[cst.Arg]) -> cst.Call:
    """Return a call with other arguments, between commas as there were."""
    given = list(new)
    old = call.args
    if not old or not given:
        return call.with_changes(args=given)
    between = next((each.comma for each in old[:-1] if isinstance(each.comma, cst.Comma)), None)
    if between is None:
        around = call.whitespace_before_args
        between = cst.Comma(
            whitespace_after=around
            if isinstance(around, cst.ParenthesizedWhitespace)
            else SAME_LINE
        )
    plain = [
        each.with_changes(comma=between, whitespace_after_arg=cst.SimpleWhitespace(""))
        for each in given[:-1]
    ]
    last = given[-1].with_changes(
        comma=old[-1].comma, whitespace_after_arg=old[-1].whitespace_after_arg
    )
    return call.with_changes(args=[*plain, last])


def split(call: cst.Call) -> tuple[list[cst.Arg], dict[str, cst.Arg], bool]:
    """Return the arguments by position, those by keyword, and whether stars bring others."""
    plain = [each for each in call.args if not each.keyword and not each.star]
    named = {each.keyword.value: each for each in call.args if each.keyword}
    return plain, named, any(each.star for each in call.args)


def send(call: cst.Call) -> cst.Call | str:
    """Rewrite ``action.send``: the actor first, ``datetime``, and the rest as data."""
    plain, named, has_stars = split(call)
    if has_stars:
        return STARRED
    if not plain and "sender" not in named:
        return "write action.send(actor, verb, …)"
    first = plain or [positional(named.pop("sender"))]
    new = [*first, *_renamed(named, SENT, {"timestamp": "datetime"})]
    return relaid(call, [*new, *_data(named, (*SENT, "timestamp"))])


def _renamed(
    named: dict[str, cst.Arg], kept: Iterable[str], other: dict[str, str]
) -> list[cst.Arg]:
    found = []
    for name, arg in named.items():
        if name in other:
            found.append(arg.with_changes(keyword=cst.Name(other[name])))
        elif name in kept:
            found.append(arg)
    return found


def _data(named: dict[str, cst.Arg], known: Iterable[str]) -> list[cst.Arg]:
    """Return ``data={…}`` of the keywords that are not known; nothing without any."""
    extra = {name: arg for name, arg in named.items() if name not in known}
    if not extra:
        return []
    elements = [
        cst.DictElement(cst.SimpleString(f'"{name}"'), arg.value) for name, arg in extra.items()
    ]
    return [keyword("data", cst.Dict(elements))]


def notify(call: cst.Call, level_name: Callable[[], str]) -> cst.Call | str:
    """Rewrite ``notify.send`` as ``send_notification``, or say why not."""
    plain, named, has_stars = split(call)
    if has_stars:
        return STARRED
    if "recipient" not in named or "verb" not in named or not (plain or "sender" in named):
        return "write send_notification(recipients, actor, verb, …)"
    people = [named.pop("recipient"), plain[0] if plain else named.pop("sender")]
    first = [positional(each) for each in (*people, named.pop("verb"))]
    new = _renamed(named, NOTIFIED, {"timestamp": "datetime"})
    if "level" in named:
        level = named["level"]
        new.append(level.with_changes(value=level_of(level.value, level_name)))
    known = (*NOTIFIED, *DROPPED, "timestamp", "level")
    new += [*_data(named, known), keyword("to_self", cst.Name("True"))]
    return relaid(call, [*first, *new])


def level_of(value: cst.BaseExpression, level_name: Callable[[], str | None]) -> Any:
    """Return a level by its name here: of a text that is written out, or of what gives one."""
    word = text(value)
    if word in names.LEVELS:
        return path(f"{level_name()}.{word.upper()}")
    code = cst.Module([]).code_for_node(value)
    if word:
        return value
    return path(f"{level_name()}[{code}.upper()]")


def follow(call: cst.Call) -> cst.Call | str:
    """Rewrite ``follow``, which sends an action there unless it is told not to."""
    return _following(call, ("send_action", "actor_only", "flag"), {"send_action": "True"})


def unfollow(call: cst.Call) -> cst.Call | str:
    return _following(call, ("send_action", "flag"), {})


def has_flag(call: cst.Call, at: int) -> bool:
    """Tell whether a call names a kind of following that is not the empty text."""
    plain, named, has_stars = split(call)
    flags = [*plain[at:], *(named[each] for each in ("flag",) if each in named)]
    return has_stars or any(
        not isinstance(each.value, cst.SimpleString) or text(each.value) for each in flags
    )


def _following(call: cst.Call, order: Sequence[str], defaults: dict[str, str]) -> cst.Call | str:
    plain, named, has_stars = split(call)
    if has_stars:
        return f"write out what * brings; {', '.join(order)} are keywords here"
    if extra := set(named) - {"user", "obj", *order}:
        return f"{', '.join(sorted(extra))}: send the action yourself, by action.send"
    given = [keyword(name, arg.value) for name, arg in zip(order, plain[2:], strict=False)]
    given += named.values()
    known = {each.keyword.value for each in given if each.keyword}
    given += [keyword(name, path(value)) for name, value in defaults.items() if name not in known]
    return relaid(call, [*plain[:2], *given])


def is_following(call: cst.Call) -> cst.Call:
    """Rewrite ``is_following``: without a flag, any kind of following counts there."""
    plain, named, has_stars = split(call)
    if has_stars:
        return call
    flag = plain[2] if len(plain) > 2 else named.get("flag")
    value: cst.BaseExpression = cst.Name("None")
    if flag is not None:
        is_known = isinstance(flag.value, cst.SimpleString)
        if not is_known:
            value = path(f"{cst.Module([]).code_for_node(flag.value)} or None")
        elif text(flag.value):
            value = flag.value
    others = [arg for name, arg in named.items() if name != "flag"]
    return relaid(call, [*plain[:2], *others, keyword("flag", value)])


def with_keywords(call: cst.Call, rename: Rename) -> cst.Call:
    """Return a call whose keywords are named otherwise."""
    return call.with_changes(
        args=[
            each.with_changes(keyword=each.keyword.with_changes(value=rename(each.keyword.value)))
            if each.keyword
            else each
            for each in call.args
        ]
    )


class _Conditions(cst.CSTTransformer):
    def __init__(self, rename: Rename) -> None:
        super().__init__()
        self.rename = rename

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:  # noqa: N802
        name = attribute(updated_node.func)
        if name == "Q":
            return with_keywords(updated_node, self.rename)
        if name in ("F", "OuterRef"):
            return with_strings(updated_node, self.rename)
        return updated_node


def in_conditions(call: cst.Call, rename: Rename) -> cst.Call:
    """Rename columns in the ``Q`` and ``F`` of a call."""
    conditions = _Conditions(rename)
    return call.with_changes(
        args=[each.with_changes(value=each.value.visit(conditions)) for each in call.args]
    )


def with_strings(call: cst.Call, rename: Rename) -> cst.Call:
    """Return a call whose texts are columns that are named otherwise."""
    new = []
    for each in call.args:
        old = text(each.value)
        is_column = bool(old) and not each.keyword and rename(old) != old
        new.append(each.with_changes(value=quoted(each.value, rename(old))) if is_column else each)
    return call.with_changes(args=new)


def with_first(call: cst.Call, new: str, *, alone: bool = False) -> cst.Call:
    """Return a call with another text first, and perhaps nothing else."""
    first = call.args[0].with_changes(value=quoted(call.args[0].value, new))
    if not alone:
        return call.with_changes(args=[first, *call.args[1:]])
    return relaid(call, [first])


def method_of(value: Any, name: str, given: Sequence[cst.Arg] = ()) -> cst.Call:
    return cst.Call(cst.Attribute(value, cst.Name(name)), given)


def states(
    call: cst.Call, method: str, level_name: Callable[[], str | None]
) -> tuple[Any, list[str]]:
    """Rewrite levels and states of notifications; return what is left, too."""
    kept, after, left = [], [], []
    for arg in call.args:
        name = arg.keyword.value if arg.keyword else ""
        value = arg.value.value if isinstance(arg.value, cst.Name) else ""
        is_known = value in ("True", "False")
        if name == "level" and text(arg.value) in names.LEVELS:
            kept.append(arg.with_changes(value=level_of(arg.value, level_name)))
        elif name == "unread" and is_known and method == "filter":
            after.append("unread" if value == "True" else "read")
        elif name == "unread" and is_known and method == "update" and len(call.args) == 1:
            after.append("mark_unread" if value == "True" else "mark_read")
        elif name == "deleted" and is_known and method in ("filter", "exclude", "get"):
            kept.append(keyword("archived", cst.Integer("1" if value == "True" else "0")))
        else:
            if name in ("unread", "deleted", "emailed"):
                left.append(f"{name}: write unread(), read(), archived() or what channels note")
            kept.append(arg)
    new: Any = relaid(call, kept)
    if not kept and after:
        new = call.func.value  # type: ignore[attr-defined]
    for each in after:
        new = method_of(new, each)
    return new, left


def as_one(given: Sequence[cst.Arg]) -> cst.BaseExpression:
    """Return arguments as one: as it is, or as a list."""
    if len(given) == 1 and not given[0].star:
        return given[0].value
    if len(given) == 1:
        return given[0].value
    elements = [
        cst.StarredElement(each.value) if each.star else cst.Element(each.value) for each in given
    ]
    return cst.List(elements)


def get_model(call: cst.Call, packages: set[str]) -> cst.Call:
    """Rewrite ``get_model("actstream", "Action")`` and its other forms."""
    parts = [text(each.value) for each in call.args[:2]]
    label = ".".join(part for part in parts if part).lower()
    new = names.MODELS.get(label)
    if new is None or label.partition(".")[0] not in packages:
        return call
    if "." in parts[0]:
        return with_first(call, ".".join(new))
    given = [
        each.with_changes(value=quoted(each.value, word))
        for each, word in zip(call.args, new, strict=False)
    ]
    return call.with_changes(args=[*given, *call.args[2:]])


def apps(elements: Sequence[Any], known: dict[str, Any], between: Any) -> list[Any]:
    """Return a list of apps with those of this package in the place of old ones."""
    present = {text(each.value) for each in elements}
    found: list[Any] = []
    comma = cst.Comma(
        whitespace_after=between if isinstance(between, cst.ParenthesizedWhitespace) else SAME_LINE
    )
    for each in elements:
        new = known.get(text(each.value))
        if new is None:
            found.append(each)
            continue
        wanted = [name for name in new if name not in present]
        present.update(wanted)
        for name in wanted:
            is_last = name == wanted[-1]
            value = quoted(each.value, name)
            found.append(each.with_changes(value=value, comma=each.comma if is_last else comma))
    if found and known.get(text(elements[-1].value)):
        found[-1] = found[-1].with_changes(comma=elements[-1].comma)
    return found
