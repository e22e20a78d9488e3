"""What would come, in words, and the lines to write before it does."""

from __future__ import annotations

from collections.abc import Iterator

from stream.moving.moves import Move, Orphans
from stream.moving.old_tables import references


def register_lines(moves: list[Move]) -> Iterator[str]:
    """Yield the calls that register the models that occur, for the roles in which they do."""
    models: dict[str, set[str]] = {}
    for move in moves:
        by_role = {role.name: role for role in move.roles if role.arc}
        for each in move.orphans:
            if not each.is_registered and each.model:
                models.setdefault(by_role[each.role].register, set()).add(each.model._meta.label)
    for function, labels in sorted(models.items()):
        module, _, name = function.rpartition(".")
        yield f"from {module} import {name}"
        written = ", ".join(f'"{label}"' for label in sorted(labels))
        yield f"{name}([{written}])"


def described(orphan: Orphans) -> str:
    """Return a line about orphans."""
    role = orphan.role.replace("_", " ")
    if not orphan.label:
        return f"{orphan.count} whose {role} is too long"
    if orphan.is_registered:
        return f"{orphan.count} whose {role} is gone: {orphan.label}"
    if orphan.model:
        return f"{orphan.count} whose {role} is of a model that is not registered: {orphan.label}"
    return f"{orphan.count} whose {role} is of a model that the site does not have: {orphan.label}"


def plan(moves: list[Move]) -> Iterator[str]:
    """Yield the lines of a plan. It reads the old tables alone."""
    for move in moves:
        move.counts  # noqa: B018 - which counts the rows, too
        yield f"{move.table.name}: {move.total} rows"
        for role in move.roles:
            for key, count in sorted(move.counts[role.name].items()):
                yield f"  {role.name.replace('_', ' ')} {move.types.label(key)}: {count}"
        if move.orphans:
            yield "  orphans, rows whose objects have no place here:"
            yield from (f"    {described(each)}" for each in move.orphans)
        if others := move.others():
            yield f"  columns that do not come: {', '.join(others)}"
        if found := list(references(move.table.name, move.using)):
            yield f"  columns that point here (see RepointForeignKey): {', '.join(found)}"
    if lines := list(register_lines(moves)):
        yield "Write into a models.py, then run manage.py makemigrations and migrate:"
        yield from (f"    {line}" for line in lines)
