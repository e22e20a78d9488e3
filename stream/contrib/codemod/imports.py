"""Imports of old names, and those that stand in their place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import libcst as cst
from libcst.metadata import (
    Assignment,
    GlobalScope,
    ImportAssignment,
    MetadataWrapper,
    ParentNodeProvider,
    ScopeProvider,
)

from stream.contrib.codemod import names

WIDTH = 88  # of an import that is written on one line

Import = cst.Import | cst.ImportFrom


class New(NamedTuple):
    """A name that is imported here."""

    module: str
    name: str
    local: str

    def __str__(self) -> str:
        return self.name if self.name == self.local else f"{self.name} as {self.local}"


@dataclass
class Old:
    """An import of old names: which of them are still needed, and what comes instead."""

    scope: Any
    kept: set[str] = field(default_factory=set)  # by their names in the file
    needed: dict[tuple[str, str], New] = field(default_factory=dict)


class Imports:
    """The imports of old packages in a file."""

    def __init__(self, wrapper: MetadataWrapper, *, packages: Iterable[str]) -> None:
        self.packages = set(packages)
        self.scopes: Mapping[Any, Any] = wrapper.resolve(ScopeProvider)
        parents = wrapper.resolve(ParentNodeProvider)
        self.old: dict[Import, Old] = {}
        self.bound: dict[Any, dict[str, Import]] = defaultdict(dict)  # by scope, then first name
        for node in list(self.scopes):
            if isinstance(node, Import) and self.is_old(node):
                self.old[node] = Old(self.scopes[node])
                for name in self.bindings(node):
                    self.bound[self.scopes[node]][name.partition(".")[0]] = node
        #: Names that something else in the file has: an import must not take them.
        self.taken: set[str] = set()
        self.present: set[tuple[Any, New]] = set()  # imported already
        for scope in {each for each in self.scopes.values() if each}:
            for each in scope.assignments:
                if isinstance(each, ImportAssignment):
                    self._note_import(scope, each)
                elif isinstance(each, Assignment) and not _is_attribute(each.node, parents):
                    self.taken.add(each.name)

    def _note_import(self, scope: Any, assignment: ImportAssignment) -> None:
        if assignment.node in self.old:
            return
        node = assignment.node
        if isinstance(node, cst.ImportFrom) and not isinstance(node.names, cst.ImportStar):
            module = _module(node)
            for alias in node.names:
                new = New(module, str(alias.evaluated_name), local_name(alias))
                self.present.add((scope, new))
                if module.partition(".")[0] not in ("stream", "follow"):
                    self.taken.add(new.local)
        else:
            self.taken.add(assignment.name.partition(".")[0])

    def is_old(self, node: Import) -> bool:
        if isinstance(node, cst.Import):
            return any(self.is_of(alias.evaluated_name) for alias in node.names)
        return not node.relative and self.is_of(_module(node))

    def is_of(self, name: str) -> bool:
        return names.bare(name).partition(".")[0] in self.packages

    def bindings(self, node: Import) -> dict[str, str]:
        """Return the old names that an import binds, by their names in the file."""
        if isinstance(node.names, cst.ImportStar):
            return {}
        module = f"{_module(node)}." if isinstance(node, cst.ImportFrom) else ""
        return {
            local_name(alias): f"{module}{alias.evaluated_name}"
            for alias in node.names
            if module or self.is_of(str(alias.evaluated_name))
        }

    def import_of(self, expression: cst.BaseExpression) -> Import | None:
        """Return the old import that the first name of an expression comes from."""
        while isinstance(expression, cst.Attribute):
            expression = expression.value
        if not isinstance(expression, cst.Name):
            return None
        scope = self.scopes.get(expression)
        while scope is not None:
            if expression.value in scope.assignments:
                return self.bound.get(scope, {}).get(expression.value)
            if isinstance(scope, GlobalScope):
                return self.bound.get(scope, {}).get(expression.value)
            if found := self.bound.get(scope, {}).get(expression.value):
                return found
            scope = scope.parent
        return None

    def want(self, node: Import, module: str, name: str, local: str = "") -> str:
        """Let an import bring a new name; return what it is called in the file."""
        needed = self.old[node].needed
        if (module, name) not in needed:
            local = local or name
            if local in self.taken and local not in self.bindings(node):
                local = f"{module.partition('.')[0]}_{name}"
            needed[module, name] = New(module, name, local)
        return needed[module, name].local

    def keep(self, node: Import, expression: cst.BaseExpression) -> None:
        """Let an import stay for an expression that is not rewritten."""
        text = cst.Module([]).code_for_node(expression)
        for name in self.bindings(node):
            if text == name or text.startswith(f"{name}."):
                self.old[node].kept.add(name)

    def lines(self, node: Import, config: Any) -> list[cst.SimpleStatementLine]:
        """Return the imports in the place of an old one."""
        old, lines = self.old[node], []
        others: dict[str, str] = {}
        if isinstance(node, cst.Import):
            others = {
                local_name(alias): str(alias.evaluated_name)
                for alias in node.names
                if not self.is_of(str(alias.evaluated_name))
            }
        kept = {name: full for name, full in self.bindings(node).items() if name in old.kept}
        if isinstance(node.names, cst.ImportStar):
            return [cst.SimpleStatementLine([node])]
        if isinstance(node, cst.Import) and kept | others:
            lines.append("import " + ", ".join(_plain(*each) for each in (kept | others).items()))
        elif kept:
            module = _module(node)  # type: ignore[arg-type]
            aliases = [
                str(New(module, full.rpartition(".")[2], name)) for name, full in kept.items()
            ]
            lines.append(_from(module, aliases))
        modules = defaultdict(list)
        for new in sorted(old.needed.values()):
            if (old.scope, new) not in self.present:
                self.present.add((old.scope, new))
                modules[new.module].append(str(new))
        lines += [_from(module, aliases) for module, aliases in sorted(modules.items())]
        return [_statement(line, config) for line in lines]


def local_name(alias: cst.ImportAlias) -> str:
    return str(alias.evaluated_alias or alias.evaluated_name)


def _module(node: cst.ImportFrom) -> str:
    return cst.Module([]).code_for_node(node.module) if node.module else ""


def _plain(local: str, full: str) -> str:
    return full if local == full else f"{full} as {local}"


def _from(module: str, aliases: list[str]) -> str:
    line = f"from {module} import {', '.join(aliases)}"
    if len(line) <= WIDTH:
        return line
    return f"from {module} import (\n    " + ",\n    ".join(aliases) + ",\n)"


def _statement(line: str, config: Any) -> cst.SimpleStatementLine:
    statement = cst.parse_statement(line, config)
    assert isinstance(statement, cst.SimpleStatementLine)  # noqa: S101
    return statement


def _is_attribute(node: cst.CSTNode, parents: Mapping[Any, Any]) -> bool:
    parent = parents.get(node)
    return isinstance(parent, cst.Attribute) and parent.attr is node


def is_reference(node: cst.CSTNode, parents: Mapping[Any, Any]) -> bool:
    """Tell whether a name is one that is looked up, and not that of an attribute or argument."""
    parent = parents.get(node)
    if isinstance(parent, cst.Attribute):
        return parent.attr is not node
    if isinstance(parent, cst.Arg):
        return parent.keyword is not node
    names_it = cst.ImportAlias | cst.AsName | cst.AssignTarget | cst.Param | cst.FunctionDef
    return not isinstance(parent, names_it)


def old_name(qualified: Iterable[Any], packages: set[str]) -> str:
    """Return the old dotted name among qualified names; "" without one."""
    for each in qualified:
        name = names.dotted(each.name)
        if each.source.name == "IMPORT" and name.partition(".")[0] in packages:
            return name
    return ""
