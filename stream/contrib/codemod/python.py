"""Python: imports, calls, filters and settings, by names that libcst resolves."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import libcst as cst
from libcst.metadata import (
    GlobalScope,
    MetadataWrapper,
    ParentNodeProvider,
    PositionProvider,
    QualifiedNameProvider,
)

from stream.contrib.codemod import calls, lookups, names, notes
from stream.contrib.codemod.imports import Import, Imports, is_reference, old_name
from stream.contrib.codemod.notes import Note

SEND, NOTIFY = "actstream.signals.action.send", "notifications.signals.notify.send"
REGISTER = "actstream.registry.register"
STREAM_CALLS = re.compile(r"actstream\.models\.(\w+_stream|followers|following)$")
FOLLOWS = "actstream.models.Follow.objects"
CHECKS = ("actstream.actions.is_following", f"{FOLLOWS}.is_following")
FOLLOWERS = ("actstream.models.followers", "actstream.models.following")
ROOTS = {
    "actstream.models.Action.objects": "action",
    FOLLOWS: "follow",
    "notifications.models.Notification.objects": "notification",
}
RELATED = ("ForeignKey", "OneToOneField", "ManyToManyField", "GenericRelation")
LOADERS = ("reverse", "reverse_lazy", "redirect", "resolve_url")


def rewrite(
    text: str,
    *,
    uses_notifications: bool,
    has_notifications: bool = False,
    keys: Mapping[str, str] = lookups.USUAL,
) -> tuple[str, list[Note]]:
    """Return code with the names of this package, and what is left to do.

    ``has_notifications`` says whether the site has notifications, by old or new names, and ``keys``
    what its own keys point to, by their names: "action", "follow" or "notification".
    """
    try:
        wrapper = MetadataWrapper(cst.parse_module(text))
    except cst.ParserSyntaxError as error:
        return text, [Note(error.raw_line, "this is not read", str(error.message))]
    rewriter = Rewriter(wrapper, uses_notifications, has_notifications, keys)
    wrapper.module.visit(rewriter)  # finds which imports are needed
    rewriter.notes.clear()
    rewriter.writes_imports = True
    changed = wrapper.module.visit(rewriter)
    return changed.code, sorted(set(rewriter.notes))


class Rewriter(cst.CSTTransformer):
    """Rewrites a module. Imports are written by the second visit, when their uses are known."""

    def __init__(
        self,
        wrapper: MetadataWrapper,
        uses_notifications: bool,
        has_notifications: bool,
        keys: Mapping[str, str],
    ) -> None:
        super().__init__()
        self.packages = {"actstream", *(("notifications",) if uses_notifications else ())}
        self.config = wrapper.module.config_for_parsing
        self.positions: Any = wrapper.resolve(PositionProvider)
        self.parents: Any = wrapper.resolve(ParentNodeProvider)
        self.qualified: Any = wrapper.resolve(QualifiedNameProvider)
        self.imports = Imports(wrapper, packages=self.packages)
        self.used = {
            node.value
            for node in self.parents
            if isinstance(node, cst.Name) and is_reference(node, self.parents)
        }
        self.uses_notifications = uses_notifications
        self.has_notifications = has_notifications
        self.keys = keys
        self.writes_imports = False
        self.notes: list[Note] = []
        self.in_apps: list[bool] = []
        code = wrapper.module.code
        self.is_new = bool(names.NEW.search(code))  # a run before this one may have changed it
        self.included_urls = set(INCLUDED.findall(code))
        self.migrated = set(MIGRATED.findall(code)) if "MIGRATION_MODULES" in code else set()
        package = ROOT_URLCONF.search(code)
        self.package = package[1] if package else "mysite"
        self.code = code
        self.looked_up: list[str] = []  # names whose assignments are being read

    # Names

    def name_of(self, node: cst.CSTNode) -> str:
        """Return the old dotted name of an expression; "" where it has none."""
        if isinstance(node, cst.Name) and not is_reference(node, self.parents):
            return ""
        found = self.qualified.get(node, ())
        return old_name(found() if callable(found) else found, self.packages)

    def new_name_of(self, node: cst.CSTNode) -> str:
        """Return the dotted name of an expression that is imported from this package."""
        found = self.qualified.get(node, ())
        for each in found() if callable(found) else found:
            if each.source.name == "IMPORT" and each.name.startswith(("stream.", "follow.")):
                return "" if names.dotted(each.name) else str(each.name)
        return ""

    def note(self, node: cst.CSTNode, instead: str) -> None:
        start = self.positions[node].start
        code = cst.Module([]).code_for_node(node).strip().splitlines()[0]
        self.notes.append(Note(start.line, code[:60], instead))

    def keep(self, node: cst.BaseExpression, instead: str) -> None:
        """Leave an expression as it is, with its import."""
        self.note(node, instead)
        if found := self.imports.import_of(node):
            self.imports.keep(found, node)

    def want(self, node: cst.BaseExpression, module: str, name: str) -> str | None:
        """Return what a new name is called here, imported where the old one was."""
        found = self.imports.import_of(node)
        return self.imports.want(found, module, name) if found else None

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> Any:  # noqa: N802
        return self._renamed(original_node, updated_node)

    def leave_Attribute(  # noqa: N802
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> Any:
        attribute = updated_node.attr.value
        if self.has_notifications:
            self.note_messages(original_node)
        if self.is_own_notifications(original_node):
            return updated_node.with_changes(attr=cst.Name("stream_notifications"))
        if kind := self.kind_of(original_node.value):
            if (new := self.method(original_node, kind, attribute)) != attribute:
                return updated_node.with_changes(attr=cst.Name(new))
        elif row := self.kind_of_row(original_node.value):
            new_node = self.of_row(original_node, updated_node, row)
            if new_node is not updated_node:
                return new_node
        elif attribute == "timestamp" and self.is_of_site and not self.is_called(original_node):
            self.note(original_node, notes.TIMESTAMP)
        elif instead := notes.generic(attribute):
            self.note(original_node, instead)
        elif attribute in ("mark_as_read", "mark_as_unread") and self.uses_notifications:
            self.note(original_node, f"of a notification, write {attribute.replace('_as', '')}()")
        elif attribute in notes.OF_NOTIFICATION and self.is_called_notification(original_node):
            self.note(original_node, self.instead_of_attribute(original_node))
        elif attribute == "notifications" and self.is_perhaps_own(original_node):
            self.note(original_node, notes.OWN_NOTIFICATIONS)
        return self._renamed(original_node, updated_node)

    def of_row(self, original: cst.Attribute, updated: cst.Attribute, kind: str) -> Any:
        """Rewrite an attribute of an action, a follow or a notification."""
        name = updated.attr.value
        if instead := notes.generic(name):
            self.note(original, instead)
        if kind != "notification":
            if name == "timesince":
                self.note(original, notes.OF_NOTIFICATION[name].replace("notification", "action"))
            new = names.COLUMNS[kind].get(name, name)
            return updated if new == name else updated.with_changes(attr=cst.Name(new))
        is_stored = self.is_stored(original)
        if name in names.OF_NOTIFICATION:
            return updated.with_changes(attr=cst.Name(names.OF_NOTIFICATION[name]))
        if name in names.OF_ACTION and not is_stored:
            return updated.with_changes(value=cst.Attribute(updated.value, cst.Name("action")))
        if name == "unread" and not is_stored:
            return self.unread(original, updated)
        if name in names.OF_ACTION:
            self.note(original, notes.STORED)
        elif name in notes.OF_NOTIFICATION:
            self.note(original, self.instead_of_attribute(original))
        return updated

    def instead_of_attribute(self, node: cst.Attribute) -> str:
        """Return what to write for an attribute of a notification that no one name stands for."""
        name = node.attr.value
        if name == "unread" and not self.is_stored(node):
            return "of a notification, write not notification.is_read"
        return notes.OF_NOTIFICATION[name]

    def is_called_notification(self, node: cst.Attribute) -> bool:
        """Tell whether an attribute is of something whose name says that it is a notification."""
        owner = calls.attribute(node.value)
        is_name = bool(names.NOTIFICATION.fullmatch(owner)) and not self.new_name_of(node)
        return is_name and self.has_notifications and not self.is_inside_import(node)

    def unread(self, original: cst.Attribute, updated: cst.Attribute) -> Any:
        """Return ``not notification.is_read``, in parentheses where they may be needed."""
        is_read = updated.with_changes(attr=cst.Name("is_read"))
        new = cst.UnaryOperation(cst.Not(), is_read)
        if isinstance(self.parents.get(original), NEEDS_NONE):
            return new
        return new.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])

    def leave_UnaryOperation(  # noqa: N802
        self, original_node: cst.UnaryOperation, updated_node: cst.UnaryOperation
    ) -> Any:
        inner, old = updated_node.expression, original_node.expression
        is_new = isinstance(old, cst.Attribute) and isinstance(inner, cst.UnaryOperation)
        if is_new and isinstance(updated_node.operator, cst.Not):
            return inner.expression.with_changes(  # type: ignore[attr-defined]
                lpar=updated_node.lpar, rpar=updated_node.rpar
            )
        return updated_node

    def is_stored(self, node: cst.Attribute) -> bool:
        """Tell whether an attribute is set or deleted, and not read."""
        parent = self.parents.get(node)
        if isinstance(parent, cst.AugAssign | cst.AnnAssign | cst.For | cst.CompFor):
            return parent.target is node
        return isinstance(parent, cst.AssignTarget | cst.Del)

    @property
    def is_of_site(self) -> bool:
        """Whether the file has to do with this package or an old one."""
        return bool(self.imports.old) or self.is_new or bool(RELATION.search(self.code))

    def is_perhaps_own(self, node: cst.Attribute) -> bool:
        """Tell whether this may be ``user.notifications``: it is no module."""
        if not self.uses_notifications:
            return False
        is_import = self.is_inside_import(node)
        found = self.qualified.get(node, ())
        found = found() if callable(found) else found
        return not is_import and not any(each.source.name == "IMPORT" for each in found)

    def _renamed(self, original: Any, updated: Any) -> Any:
        name = self.name_of(original)
        if not name or self.is_inside_a_name(original):
            return updated
        found = self.imports.import_of(original)
        if found is None:
            return updated
        if name in names.NAMES:
            module, new = names.NAMES[name]
            local = ""
            if isinstance(original, cst.Name) and original.value != name.rpartition(".")[2]:
                local = original.value  # its alias
            return _as_name(self.imports.want(found, module, new, local), updated)
        if self.is_rewritten(original, name):
            return updated
        if any(name.startswith(f"{each}.") for each in names.NAMES):  # of something with a new name
            if name in notes.NAMES:
                self.note(original, notes.NAMES[name])
            return updated
        self.keep(original, notes.note_of(name))
        return updated

    def is_inside_a_name(self, node: cst.CSTNode) -> bool:
        """Tell whether a longer name is looked at: only the longest that says something counts."""
        parent = self.parents.get(node)
        if not isinstance(parent, cst.Attribute) or parent.value is not node:
            return False
        return self.name_of(node) not in names.NAMES and bool(self.name_of(parent))

    def is_rewritten(self, node: cst.CSTNode, name: str) -> bool:
        """Tell whether a call or statement takes care of a name."""
        parent = self.parents.get(node)
        is_called = isinstance(parent, cst.Call) and parent.func is node
        if name in (NOTIFY, *CHECKS, *FOLLOWERS):
            return is_called
        if name == REGISTER:
            return is_called and isinstance(self.parents.get(parent), cst.Expr)
        if isinstance(parent, cst.Element):  # of ``include((urls, "app"))``
            parent = self.parents.get(self.parents.get(parent))
        is_path = isinstance(parent, cst.Arg) and self._is_include(self.parents.get(parent))
        return name in names.URLCONFS and is_path

    def is_called(self, node: cst.CSTNode) -> bool:
        parent = self.parents.get(node)
        return isinstance(parent, cst.Call) and parent.func is node

    # Which rows an expression finds

    def kind_of(self, node: cst.BaseExpression) -> str:
        """Return "action", "follow" or "notification" for a manager or queryset; "" otherwise."""
        while True:
            name = self.name_of(node)
            if name in ROOTS:
                return ROOTS[name]
            if isinstance(node, cst.Call):
                if STREAM_CALLS.match(self.name_of(node.func)):
                    return "action"
                if isinstance(node.func, cst.Attribute) and node.func.attr.value in ONE_ROW:
                    return ""
                node = node.func
            elif isinstance(node, cst.Attribute):
                if node.attr.value in names.RELATIONS and self.imports.old:
                    return "action"
                if node.attr.value == "stream_notifications" or self.is_own_notifications(node):
                    return "notification"
                node = node.value
            elif isinstance(node, cst.Name):
                return self.kind_of_name(node, self.kind_of)
            elif isinstance(node, cst.Subscript) and _is_slice(node):
                node = node.value
            else:
                return ""

    def kind_of_name(self, name: cst.Name, kind_of: Callable[[Any], str]) -> str:
        """Return the kind of what a name is given; "" where its assignments do not agree."""
        scope = self.imports.scopes.get(name)
        if name.value in self.looked_up or scope is None:
            return ""
        self.looked_up.append(name.value)
        kinds = set()
        for each in scope[name.value]:
            target = self.parents.get(getattr(each, "node", None))
            statement = self.parents.get(target)
            is_plain = isinstance(target, cst.AssignTarget) and isinstance(statement, cst.Assign)
            if is_plain and name.value in _first_names(statement.value):
                continue  # ``rows = rows.filter(…)``
            kinds.add(kind_of(statement.value) if is_plain else "")
        self.looked_up.pop()
        return kinds.pop() if len(kinds) == 1 else ""

    def kind_of_row(self, node: cst.BaseExpression) -> str:
        """Return the kind of a single row, as ``Action.objects.get(…)`` gives; "" otherwise."""
        if isinstance(node, cst.Name):
            return self.kind_in_loop(node) or self.kind_of_name(node, self.kind_of_row)
        if isinstance(node, cst.Call):
            if self.name_of(node.func) == SEND:
                return ""
            if calls.attribute(node.func) == "get_object_or_404" and node.args:
                first = node.args[0].value
                return ROOTS.get(f"{self.name_of(first)}.objects", "") or self.kind_of(first)
            if isinstance(node.func, cst.Attribute) and node.func.attr.value in ONE_ROW:
                return self.kind_of(node.func.value)
        if isinstance(node, cst.Subscript) and not _is_slice(node):
            if self.is_sent(node):
                return "action"
            return self.kind_of_rows(node.value)
        return ""

    def kind_of_rows(self, node: cst.BaseExpression) -> str:
        """Return the kind of the rows that an expression gives, if it gives whole rows."""
        if isinstance(node, cst.Name):
            return self.kind_of_name(node, self.kind_of_rows)
        inner: Any = node
        while isinstance(inner, cst.Call | cst.Attribute | cst.Subscript):
            if isinstance(inner, cst.Attribute) and inner.attr.value in NO_ROWS:
                return ""
            inner = inner.func if isinstance(inner, cst.Call) else inner.value
        return self.kind_of(node)

    def kind_in_loop(self, name: cst.Name) -> str:
        """Return the kind of the rows that a loop gives this name to; "" without such a loop."""
        node: Any = name
        while not isinstance(node, cst.FunctionDef | cst.ClassDef | cst.Module | None):
            loop = node if isinstance(node, cst.For) else getattr(node, "for_in", None)
            while loop is not None:
                target, rows = _loop(loop)
                if isinstance(target, cst.Name) and target.value == name.value:
                    return self.kind_of_rows(rows)
                loop = getattr(loop, "inner_for_in", None)
            node = self.parents.get(node)
        return ""

    def is_own_notifications(self, node: cst.Attribute) -> bool:
        """Tell whether this is ``user.notifications``."""
        if node.attr.value != "notifications" or not self.uses_notifications:
            return False
        owner = node.value.attr if isinstance(node.value, cst.Attribute) else node.value
        if isinstance(owner, cst.Name) and re.search(r"(^|_)user$", owner.value):
            return True
        parent = self.parents.get(node)
        return isinstance(parent, cst.Attribute) and parent.attr.value in DISTINCT

    def method(self, node: cst.Attribute, kind: str, attribute: str) -> str:
        """Return a method of a manager or queryset by its name here."""
        if kind == "notification":
            if attribute in names.MAILED:
                self.note(node, "a channel of STREAM_CHANNELS mails, and notes it")
            return names.OF_NOTIFICATIONS.get(attribute, attribute)
        name = self.name_of(node.value)
        if name == FOLLOWS and attribute in ("followers_qs", "following_qs"):
            self.note(node, "write get_follows(obj), or filter(user=user).with_objects()")
        if name == FOLLOWS and attribute == "following":
            self.note(node, "of one model it is a queryset here")
        return names.METHODS.get(name, {}).get(attribute, attribute)

    # Calls

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> Any:  # noqa: N802
        name = self.name_of(original_node.func)
        for arg in original_node.args:
            if arg.keyword and (instead := self.instead_of_lookup(arg.keyword.value)):
                self.note(arg, instead)
        if name == SEND:
            return self.sent(original_node, updated_node)
        if name == NOTIFY:
            return self.notified(original_node, updated_node)
        if name == "actstream.actions.follow":
            return self.checked(original_node, calls.follow(updated_node))
        if name == "actstream.actions.unfollow":
            if not calls.has_flag(updated_node, 3):
                self.note(original_node, notes.UNFOLLOW)
            return self.checked(original_node, calls.unfollow(updated_node))
        if name in (*CHECKS, *FOLLOWERS):
            return self.asked(original_node, updated_node, name)
        self.again(original_node)
        if calls.attribute(original_node.func) in SHORTCUTS and self.has_notifications:
            first = original_node.args[0].value if original_node.args else original_node
            if self.is_action(first):
                self.note(original_node, notes.MESSAGES_FOUND)
        if STREAM_CALLS.match(name):
            return calls.with_keywords(
                updated_node, lambda each: STREAM_KEYWORDS.get(each, names.column("action", each))
            )
        updated_node = self.strings(original_node, updated_node)
        if isinstance(original_node.func, cst.Attribute):
            if kind := self.kind_of(original_node.func.value):
                return self.queried(original_node, updated_node, kind)
            self.note_columns(original_node)
        return updated_node

    def instead_of_lookup(self, lookup: str) -> str:
        """Return what to write for a lookup across a key of the site; "" for any other."""
        if not lookups.PATH.fullmatch(lookup) and not lookup.startswith(lookups.OF_ACTIONS):
            return ""
        return lookups.instead_of(lookup, self.keys, uses_notifications=self.uses_notifications)

    def again(self, original: cst.Call) -> None:
        """Note what an earlier run has left, as far as new names show it."""
        name = self.new_name_of(original.func)
        parent = self.parents.get(original)
        if name == "follow.utils.unfollow" and not calls.has_flag(original, 2):
            self.note(original, notes.UNFOLLOW)
        elif name == "stream.utils.register_actor" and self.is_in_function(original):
            self.note(original, notes.REGISTER)
        elif name in SENDERS and isinstance(parent, cst.Assign | cst.Subscript):
            targets = [each.target for each in getattr(parent, "targets", ())]
            if not targets or any(isinstance(each, cst.List | cst.Tuple) for each in targets):
                self.note(original, SENDERS[name])

    def is_in_function(self, node: Any) -> bool:
        while node is not None and not isinstance(node, cst.FunctionDef):
            node = self.parents.get(node)
        return node is not None

    def note_messages(self, node: cst.Attribute) -> None:
        """Note a plain query of actions: it finds those of notifications, too.

        ``ann.actor_actions`` is one whatever is done with it, ``Action.objects`` with a method of
        querysets. What is looked at is the attribute after which the rows are chosen.
        """
        if node.attr.value in names.RELATIONS:
            is_plain = not self.is_stored(node) and not self.is_inside_import(node)
        else:
            root = self.name_of(node.value) or self.new_name_of(node.value)
            is_plain = root in ("actstream.models.Action.objects", NEW_ACTIONS)
            is_plain = is_plain and node.attr.value in PLAIN
        whole = self.chain_of(node)
        if is_plain and not NO_MESSAGES.search(cst.Module([]).code_for_node(whole)):
            self.note(whole, notes.MESSAGES)

    def chain_of(self, node: Any) -> Any:
        """Return the chain of calls and attributes that begins with an expression."""
        parent = self.parents.get(node)
        while (isinstance(parent, cst.Attribute | cst.Subscript) and parent.value is node) or (
            isinstance(parent, cst.Call) and parent.func is node
        ):
            node, parent = parent, self.parents.get(parent)
        return node

    def is_action(self, node: cst.BaseExpression) -> bool:
        return self.name_of(node) == "actstream.models.Action" or (
            self.new_name_of(node) == NEW_ACTIONS.removesuffix(".objects")
        )

    def is_inside_import(self, node: Any) -> bool:
        while isinstance(node, cst.Attribute):
            node = self.parents.get(node)
        return isinstance(node, cst.ImportAlias | cst.ImportFrom)

    def checked(self, original: cst.Call, new: cst.Call | str) -> cst.Call:
        """Return the new call, or the old one with what is to be done by hand."""
        if isinstance(new, str):
            self.note(original, new)
            return original
        return new

    def sent(self, original: cst.Call, updated: cst.Call) -> cst.Call:
        parent = self.parents.get(original)
        is_used = not isinstance(parent, cst.Expr) and not self.is_sent(self.parents.get(parent))
        if is_used:
            self.note(original, notes.RETURNS)
        return self.checked(original, calls.send(updated))

    def is_sent(self, node: Any) -> bool:
        """Tell whether this is ``action.send(…)[0][1]``."""
        inner = node.value if isinstance(node, cst.Subscript) else None
        if not isinstance(inner, cst.Subscript) or not isinstance(inner.value, cst.Call):
            return False
        return (
            self.name_of(inner.value.func) == SEND and _index(inner) == "0" and _index(node) == "1"
        )

    def leave_Subscript(  # noqa: N802
        self, original_node: cst.Subscript, updated_node: cst.Subscript
    ) -> Any:
        if self.is_sent(original_node) and isinstance(updated_node.value, cst.Subscript):
            return updated_node.value.value
        return updated_node

    def notified(self, original: cst.Call, updated: cst.Call) -> Any:
        if not isinstance(self.parents.get(original), cst.Expr):
            self.note(original, notes.SENT)
        new = calls.notify(updated, lambda: self._level(original.func))
        if isinstance(new, str):
            self.keep(original.func, new)
            return updated
        local = self.want(original.func, "stream.notifications", "send_notification")
        return new.with_changes(func=cst.Name(local or "send_notification"))

    def _level(self, func: cst.BaseExpression) -> str:
        return self.want(func, "stream.notifications", "Level") or "Level"

    def asked(self, original: cst.Call, updated: cst.Call, name: str) -> Any:
        """Rewrite ``is_following``, ``followers`` and ``following`` as methods of ``Follow``."""
        method = name.rpartition(".")[2]
        if method == "is_following":
            updated = calls.is_following(updated)
        if name.startswith(FOLLOWS):
            return updated
        if method == "following":
            self.note(original, "of one model it is a queryset here")
        local = self.want(original.func, "follow.models", "Follow") or "Follow"
        return updated.with_changes(func=calls.path(f"{local}.objects.{method}"))

    def queried(self, original: cst.Call, updated: cst.Call, kind: str) -> Any:
        method = calls.attribute(original.func)
        is_notification = kind == "notification"
        self.note_columns(original)
        is_stream = calls.attribute(updated.func).endswith("_stream")
        if method in names.FILTERS or is_stream:
            updated = calls.with_keywords(
                updated, lambda each: STREAM_KEYWORDS.get(each, names.column(kind, each))
            )
            updated = calls.in_conditions(updated, lambda each: names.column(kind, each))
        elif method in names.STRINGS:
            updated = calls.with_strings(updated, lambda each: names.column(kind, each))
        if method == "public" and updated.args and kind == "action":
            public = updated.with_changes(args=[])
            return calls.method_of(public, "filter", updated.args)
        if not is_notification:
            return updated
        if method == "unread":  # what is put away is read
            return updated.with_changes(args=[])
        if method == "read" and not self.is_new_rows(original.func):
            return self.read(original, updated)
        if method in names.OF_NOTIFICATIONS and updated.args:
            rows: Any = updated.func
            one = [calls.keyword("recipient", updated.args[0].value)]
            filtered = calls.method_of(rows.value, "filter", one)
            return calls.method_of(filtered, rows.attr.value)
        if method == "active":
            return calls.method_of(updated.func.value, "filter", calls.args("archived=0"))  # type: ignore[attr-defined]
        if method in names.FILTERS:
            return self.notifications_found(original, updated, method)
        return updated

    def is_new_rows(self, node: Any) -> bool:
        """Tell whether an expression finds notifications by new names: an earlier run has them."""
        while isinstance(node, cst.Attribute | cst.Call | cst.Subscript):
            if isinstance(node, cst.Attribute) and node.attr.value == "stream_notifications":
                return True
            node = node.func if isinstance(node, cst.Call) else node.value
        if not isinstance(node, cst.Name) or self.name_of(node):
            return False
        return bool(self.kind_of_name(node, lambda value: "new" if self.is_new_rows(value) else ""))

    def read(self, original: cst.Call, updated: cst.Call) -> cst.Call:
        """Rewrite ``read()``, which held what was put away only where it was asked to."""
        plain, named, has_stars = calls.split(updated)
        given = [*plain, *(named[each] for each in ("include_deleted",) if each in named)]
        value = given[0].value if given else cst.Name("False")
        asked = value.value if isinstance(value, cst.Name) else ""
        new = updated.with_changes(args=[])
        if asked == "True":
            return new
        if asked != "False" or has_stars:
            self.note(original, notes.READ)
            return updated
        return calls.method_of(new, "filter", calls.args("archived=0"))

    def notifications_found(self, original: cst.Call, updated: cst.Call, method: str) -> Any:
        new, left = calls.states(updated, method, lambda: self._level_in(original))
        for each in left:
            self.note(original, each)
        return new

    def _level_in(self, original: cst.Call) -> str | None:
        """Return what ``Level`` is called; an old import of the module brings it."""
        for node, old in self.imports.old.items():
            if isinstance(old.scope, GlobalScope):
                return self.imports.want(node, "stream.notifications", "Level")
        return None

    def note_columns(self, call: cst.Call) -> None:
        """Note what people must say of generic columns and times in a call."""
        is_known = isinstance(call.func, cst.Attribute) and self.kind_of(call.func.value)
        method = calls.attribute(call.func)
        for arg in call.args:
            name = arg.keyword.value if arg.keyword else ""
            if instead := notes.generic(name):
                self.note(arg, instead)
            is_time = re.match(r"timestamp(__|$)", name)
            if is_time and not is_known and self.is_of_site and method in names.FILTERS:
                self.note(arg, "of actions or notifications, write datetime")

    def leave_SimpleString(  # noqa: N802
        self, original_node: cst.SimpleString, updated_node: cst.SimpleString
    ) -> Any:
        value = original_node.evaluated_value
        if not isinstance(value, str):
            return updated_node
        if RELATED_ROWS.match(value) and self.loads_messages(original_node):
            self.note(original_node, notes.RELATED_MESSAGES)
        elif value.startswith("actions_with_"):
            self.note(original_node, "write a related name such as actions_post")
        elif instead := notes.generic(value) or self.instead_of_lookup(value):
            self.note(original_node, instead)
        elif (
            value == "notifications" and self.uses_notifications and self.is_loading(original_node)
        ):
            self.note(original_node, "of users, write stream_notifications")
        elif names.bare(value) in names.OLD_MANAGERS and self.is_setting(original_node):
            self.note(original_node, notes.MANAGER)
            return calls.quoted(updated_node, names.MANAGER)
        elif names.PATH.match(value) and self.is_left(original_node, names.bare(value)):
            self.note(original_node, notes.note_of(names.dotted(value)))
        return updated_node

    def loads_messages(self, node: cst.CSTNode) -> bool:
        """Tell whether a text names the rows that a call loads or counts, messages as well."""
        if not self.has_notifications or not self.is_loading(node):
            return False
        call = self.parents[self.parents[node]]
        return not NO_MESSAGES.search(cst.Module([]).code_for_node(call))

    def is_loading(self, node: cst.CSTNode) -> bool:
        """Tell whether a text stands in a call that loads or counts the rows that it names."""
        call = self.parents.get(self.parents.get(node))
        return isinstance(call, cst.Call) and calls.attribute(call.func) in LOADING

    def is_setting(self, node: cst.SimpleString) -> bool:
        parent = self.parents.get(node)
        targets = parent.targets if isinstance(parent, cst.Assign) else ()
        return any(calls.attribute(each.target) == "STREAM_ACTION_MANAGER" for each in targets)

    def is_left(self, node: cst.SimpleString, name: str) -> bool:
        """Tell whether nothing else takes care of a text that names something old."""
        if name.partition(".")[0] not in self.packages or isinstance(
            self.parents.get(node), cst.Expr
        ):
            return False
        known = (*names.URLCONFS, *names.APPS)
        is_model = name.lower().replace(".models.", ".") in names.MODELS
        return not is_model and name not in known

    # Strings that name models, addresses and modules

    def strings(self, original: cst.Call, updated: cst.Call) -> cst.Call:
        called = calls.attribute(original.func)
        if called == "get_model":
            return self.checked(original, calls.get_model(updated, self.packages))
        if called == "include":
            return self.included(original, updated)
        first = calls.text(original.args[0].value) if original.args else None
        if called in LOADERS and first in names.ADDRESSES:
            return calls.with_first(updated, names.ADDRESSES[first])
        is_old = bool(first) and re.match(r"actstream(_|$)|notifications:", first or "")
        if called in LOADERS and is_old:
            self.note(original, "see the addresses in docs/coming-from.md")
        if called in RELATED:
            self.related(original)
        return updated

    def included(self, original: cst.Call, updated: cst.Call) -> cst.Call:
        if not original.args:
            return updated
        first = original.args[0].value
        if isinstance(first, cst.Tuple) and first.elements:  # with the name of an app
            first = first.elements[0].value
        written = calls.text(first)
        old = names.bare(written) or self.name_of(first)
        needs_follow = "follow.urls" not in self.included_urls
        if old == "stream.urls" and needs_follow:
            self.note(original, notes.FOLLOW_URLS)
        if old not in names.URLCONFS or old.partition(".")[0] not in self.packages:
            return updated
        shim = f"stream.contrib.{old}"
        others = {names.URLCONFS[old], *({old} if written == shim else ())}
        if others & self.included_urls:  # the new addresses are elsewhere
            self.note(original, notes.KEPT_LINKS[old])
            return updated if written == shim else calls.with_first(updated, shim, alone=True)
        if old == "actstream.urls" and needs_follow:
            self.note(original, notes.FOLLOW_URLS)
        self.note(original, notes.OLD_LINKS[old])
        return calls.with_first(updated, names.URLCONFS[old], alone=True)

    def _is_include(self, node: Any) -> bool:
        return isinstance(node, cst.Call) and calls.attribute(node.func) == "include"

    def related(self, original: cst.Call) -> None:
        """Note a key of the site to an old table."""
        for arg in original.args:
            label = (calls.text(arg.value) or self.name_of(arg.value)).replace(".models.", ".")
            app, name = names.MODELS.get(label.lower(), ("", ""))
            if not app or label.partition(".")[0] not in self.packages:
                continue
            if calls.attribute(original.func) == "GenericRelation":
                self.note(original, "delete it: registered models have actor_actions and the like")
            else:
                self.note(original, notes.REPOINT.format(new=f"{app}.{name}"))

    # Statements

    def leave_SimpleStatementLine(  # noqa: N802
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> Any:
        statement = original_node.body[0]
        if isinstance(statement, Import) and statement in self.imports.old:
            return self.imported(original_node, updated_node)
        call = statement.value if isinstance(statement, cst.Expr) else None
        if isinstance(call, cst.Call) and self.name_of(call.func) == REGISTER:
            return self.registered(call, updated_node)
        return updated_node

    def imported(self, original: cst.SimpleStatementLine, updated: cst.SimpleStatementLine) -> Any:
        node: Any = original.body[0]
        if isinstance(node.names, cst.ImportStar) or len(original.body) > 1:
            self.note(node, "write the names that are needed, one import a line")
            return updated
        self._bring_unused(node)
        if not self.writes_imports:
            return updated
        lines = self.imports.lines(node, self.config)
        if not lines:
            return cst.RemoveFromParent()
        lines[0] = lines[0].with_changes(leading_lines=updated.leading_lines)
        whitespace = updated.trailing_whitespace
        lines[-1] = lines[-1].with_changes(trailing_whitespace=whitespace)
        return cst.FlattenSentinel(lines)

    def _bring_unused(self, node: Any) -> None:
        """Import what nothing in the file uses by its new name, too: others may import it here."""
        for local, full in self.imports.bindings(node).items():
            name = names.dotted(full)
            if local.partition(".")[0] in self.used:
                continue
            if name in names.NAMES:
                module, new = names.NAMES[name]
                alias = local if local != name.rpartition(".")[2] else ""
                self.imports.want(node, module, new, alias)
            else:
                self.note(node, notes.note_of(name))
                self.imports.old[node].kept.add(local)

    def registered(self, call: cst.Call, updated: cst.SimpleStatementLine) -> Any:
        self.note(call, notes.REGISTER)
        statement: Any = updated.body[0]
        models = calls.as_one(statement.value.args)
        lines = []
        for module, name in calls.REGISTRATIONS:
            local = self.want(call.func, module, name) or name
            new = cst.Call(cst.Name(local), [cst.Arg(models)])
            lines.append(cst.SimpleStatementLine([cst.Expr(new)]))
        lines[0] = lines[0].with_changes(leading_lines=updated.leading_lines)
        lines[-1] = lines[-1].with_changes(trailing_whitespace=updated.trailing_whitespace)
        return cst.FlattenSentinel(lines)

    # Settings

    def visit_Assign(self, node: cst.Assign) -> None:  # noqa: N802
        self._enter([each.target for each in node.targets], node)

    def leave_Assign(self, original_node: cst.Assign, updated_node: cst.Assign) -> Any:  # noqa: N802
        if self.in_apps.pop():
            self.installed(original_node, updated_node.value)
        return updated_node

    def visit_AugAssign(self, node: cst.AugAssign) -> None:  # noqa: N802
        self._enter([node.target], node)

    def leave_AugAssign(  # noqa: N802
        self, original_node: cst.AugAssign, updated_node: cst.AugAssign
    ) -> Any:
        if self.in_apps.pop():
            self.installed(original_node, updated_node.value)
        return updated_node

    def installed(self, node: cst.CSTNode, value: cst.BaseExpression) -> None:
        """Note the settings that apps need, and that the file does not have."""
        elements: Any = getattr(value, "elements", ())
        apps = [calls.text(each.value) for each in elements]
        missing = [each for each in ("stream", "follow") if each in apps]
        missing = [each for each in missing if each not in self.migrated]
        if missing:
            pairs = [f'"{each}": "{self.package}.migrations_{each}"' for each in missing]
            self.note(node, notes.MIGRATIONS.format(", ".join(pairs)))
        if "stream.notifications" in apps and not NAMES_STREAM.search(self.code):
            self.note(node, notes.NEEDS_STREAM)

    def _enter(self, targets: Sequence[cst.CSTNode], node: cst.CSTNode) -> None:
        called = [each.value for each in targets if isinstance(each, cst.Name)]
        if called == ["model"] and self.has_notifications and self.is_action(node.value):  # type: ignore[attr-defined]
            self.note(node, notes.MESSAGES_FOUND)
        self.in_apps.append(any(name.endswith("_APPS") for name in called))
        for name in called:
            if name in notes.SETTINGS:
                self.note(node, notes.SETTINGS[name])

    def leave_List(self, original_node: cst.List, updated_node: cst.List) -> Any:  # noqa: N802
        return self._apps(updated_node, updated_node.lbracket.whitespace_after)

    def leave_Tuple(self, original_node: cst.Tuple, updated_node: cst.Tuple) -> Any:  # noqa: N802
        between = updated_node.lpar[0].whitespace_after if updated_node.lpar else None
        return self._apps(updated_node, between)

    def _apps(self, node: Any, between: Any) -> Any:
        if not any(self.in_apps[-1:]):
            return node
        known = {
            name: new
            for name, new in names.APPS.items()
            if names.bare(name).partition(".")[0] in self.packages
        }
        return node.with_changes(elements=calls.apps(node.elements, known, between))


INCLUDED = re.compile(r"""\binclude\(\s*\(?\s*["']([\w.]+)["']""")
MIGRATED = re.compile(r"""["'](stream|follow)["']\s*(?::|\]\s*=)""")
ROOT_URLCONF = re.compile(r"""^ROOT_URLCONF\s*=\s*["'](\w+)\.""", re.M)
NAMES_STREAM = re.compile(r"""["'](?:stream|actstream|stream\.contrib\.actstream)["']""")
RELATION = re.compile(rf"\.(?:{'|'.join(names.RELATIONS)})\b")
#: Queries that find actions of all kinds, and what leaves messages out.
PLAIN = (
    *("all", "filter", "exclude", "get", "count", "exists", "first", "last", "latest", "earliest"),
    *("values", "values_list", "order_by", "iterator", "aggregate", "annotate", "update", "delete"),
    *("select_related", "prefetch_related", "fetch_generic_relations", "with_objects", "in_bulk"),
    *("only", "defer", "distinct", "reverse", "dates", "datetimes", "complex_filter"),
)
NO_MESSAGES = re.compile(
    r"\.(?:public|visible_to|add|create|set)\(|_actions\.\w+_stream\(|\bis_message\b"
)
#: Texts that name the rows of a related manager: ``prefetch_related("actor_actions")``.
LOADING = ("prefetch_related", "prefetch_related_objects", "Prefetch", "Count", "Max", "Min", "Sum")
SHORTCUTS = ("get_object_or_404", "get_list_or_404", "aget_object_or_404", "aget_list_or_404")
RELATED_ROWS = re.compile(rf"(?:\w+__)?(?:{'|'.join(names.RELATIONS)})$")
NEW_ACTIONS = "stream.models.Action.objects"
#: What returned receivers and answers once.
SENDERS = {
    "stream.utils.action.send": notes.RETURNS,
    "stream.notifications.send_notification": notes.SENT,
}
ONE_ROW = ("get", "first", "last", "latest", "earliest")
#: Methods that give no rows of a model.
NO_ROWS = (
    *("values", "values_list", "dates", "datetimes", "count", "exists", "aggregate", "update"),
    *("delete", "in_bulk", "get_or_create", "explain"),
)
#: Where ``not x`` stands as well as ``x`` does.
NEEDS_NONE = (
    *(cst.If, cst.While, cst.BooleanOperation, cst.Arg, cst.Assign, cst.Return, cst.CompIf),
    *(cst.Element, cst.DictElement, cst.Expr, cst.UnaryOperation, cst.IfExp),
)
DISTINCT = (*names.OF_NOTIFICATIONS, *names.MAILED, "unread", "read", "active")
STREAM_KEYWORDS = {"follow_flag": "flag"}


def _as_name(local: str, old: Any) -> Any:
    if isinstance(old, cst.Name):
        return old if old.value == local else old.with_changes(value=local)
    return cst.Name(local, lpar=old.lpar, rpar=old.rpar)


def _is_slice(node: cst.Subscript) -> bool:
    return any(isinstance(each.slice, cst.Slice) for each in node.slice)


def _index(node: cst.Subscript) -> str:
    part = node.slice[0].slice
    if isinstance(part, cst.Index) and isinstance(part.value, cst.Integer):
        return part.value.value
    return ""


def _loop(loop: Any) -> tuple[Any, Any]:
    """Return the name and the rows of a loop, also of one that counts."""
    target, rows = loop.target, loop.iter
    if isinstance(rows, cst.Call) and calls.attribute(rows.func) == "enumerate" and rows.args:
        rows = rows.args[0].value
        target = target.elements[-1].value if isinstance(target, cst.Tuple) else None
    return target, rows


def _first_names(node: Any) -> set[str]:
    """Return the name that a chain of calls and attributes begins with."""
    while isinstance(node, cst.Call | cst.Attribute | cst.Subscript):
        node = node.func if isinstance(node, cst.Call) else node.value
    return {node.value} if isinstance(node, cst.Name) else set()
