"""The command: which files, what changes, and what is left to do."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from stream.contrib.codemod import lookups, names, templates
from stream.contrib.codemod.notes import KEEP, Note
from stream.contrib.codemod.python import rewrite

SKIPPED = {"__pycache__", "build", "dist", "env", "node_modules", "site-packages", "venv"}
TEMPLATES = (".html", ".txt")
MIGRATION = "a migration names an old package: put stream.contrib.moving.old_{} in INSTALLED_APPS"


def main(arguments: list[str] | None = None) -> int:
    """Print what would change as a diff, or ``--write`` it, and what is left to do by hand."""
    parser = argparse.ArgumentParser(
        prog="python -m stream.contrib.codemod",
        description="Rewrite a site's code from django-activity-stream and "
        "django-notifications-hq to django-stream. What it cannot rewrite it lists.",
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file or a folder")
    parser.add_argument("--write", action="store_true", help="change the files")
    options = parser.parse_args(arguments)
    if missing := [str(path) for path in options.paths if not path.exists()]:
        parser.error(f"{', '.join(missing)}: no such file or folder")
    files = list(find(options.paths))
    texts = {path: text for path in files if (text := read(path)) is not None}
    own = [path / "notifications/__init__.py" for path in options.paths]
    uses_notifications = not any(path.exists() for path in own) and any(
        names.NOTIFICATIONS_USED.search(text) for text in texts.values()
    )
    site = Site(
        uses_notifications=uses_notifications,
        has_notifications=uses_notifications
        or any(names.NOTIFICATIONS_NEW.search(text) for text in texts.values()),
        is_old=any(names.HINTS.search(text) for text in texts.values()),
        keys=lookups.keys_of(text for path, text in texts.items() if path.suffix == ".py"),
    )
    left = []
    for path, text in texts.items():
        changed, notes = change(path, text, site)
        # What is the same in one line is said once.
        once = {(note.line, note.instead): note for note in reversed(notes)}
        moved = now_at(text, changed) if options.write else {}
        placed = [note._replace(line=moved.get(note.line, note.line)) for note in once.values()]
        left += [f"{path}:{note}" for note in sorted(placed)]
        if changed == text:
            continue
        if options.write:
            path.write_text(changed, encoding="utf-8", newline="")
            print(f"changed {path}")
        else:
            sys.stdout.writelines(diff(path, text, changed))
    if left:
        print("\nLeft to do by hand:")
        print("\n".join(left))
        if options.write:
            print(f"\n{KEEP}")
    return 0


def find(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the files of Python and templates in these paths, each folder in the order of names."""
    for path in paths:
        if path.is_file():
            yield path
            continue
        for each in sorted(path.iterdir()):
            is_hidden = each.name.startswith(".") or each.name in SKIPPED or each.is_symlink()
            if each.is_dir() and not is_hidden:
                yield from find([each])
            elif each.suffix in (".py", *TEMPLATES) and not is_hidden:
                yield each


def read(path: Path) -> str | None:
    """Return the text of a file, with its line ends; None where it is no text."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return file.read()
    except UnicodeDecodeError:
        return None


class Site(NamedTuple):
    """What the files of a site say together."""

    uses_notifications: bool  # by their old names
    has_notifications: bool  # by old or new names
    is_old: bool  # something in it has an old name
    keys: dict[str, str]  # what its keys point to: lookups may go across them


def change(path: Path, text: str, site: Site) -> tuple[str, list[Note]]:
    """Return the new text of a file, and what is left to do in it."""
    if path.suffix != ".py" and (site.is_old or site.has_notifications):
        return templates.rewrite(
            text,
            uses_notifications=site.uses_notifications,
            lists_notifications=site.has_notifications,
        )
    hints = (names.HINTS, names.NEW, lookups.HINTS)
    if path.suffix != ".py" or not any(each.search(text) for each in hints):
        return text, []
    if path.parent.name == "migrations":
        return text, list(_migration(text))
    return rewrite(
        text,
        uses_notifications=site.uses_notifications,
        has_notifications=site.has_notifications,
        keys=site.keys,
    )


def _migration(text: str) -> Iterator[Note]:
    for number, line in enumerate(text.splitlines(), 1):
        for app in ("actstream", "notifications"):
            if f'"{app}"' in line or f"'{app}'" in line or f"{app}.models" in line:
                yield Note(number, line.strip(), MIGRATION.format(app))


def now_at(old: str, new: str) -> dict[int, int]:
    """Return where each line of a file is after the change."""
    lines = (old.splitlines(), new.splitlines())
    return {  # where two lines became eight, the second is the fifth
        i + 1: j1 + (i - i1) * (j2 - j1) // (i2 - i1) + 1
        for _how, i1, i2, j1, j2 in difflib.SequenceMatcher(None, *lines).get_opcodes()
        for i in range(i1, i2)
    }


def diff(path: Path, old: str, new: str) -> Iterator[str]:
    name = str(path).lstrip("/")
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    for line in difflib.unified_diff(before, after, f"a/{name}", f"b/{name}"):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
