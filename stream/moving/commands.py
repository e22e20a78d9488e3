"""What the commands that take over rows have in common: plan, run, verify, reserve."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.utils import DEFAULT_DB_ALIAS

from stream.moving.moves import DROP, KEEP, Move
from stream.moving.old_tables import OldTable, drop_table, references
from stream.moving.planning import described, plan
from stream.moving.running import Run, mark_timelines, write_report
from stream.moving.verifying import Verification

BATCH = 20_000
MARGIN = 1_000_000  # keys between old rows and those that a site writes while it moves


class MovingCommand(BaseCommand):
    """A command that takes over rows of another package."""

    #: What is done with orphans if nobody says it; None asks for it.
    orphans: str | None = None
    has_timelines = True  # whether the rows are in streams

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group()
        add = what.add_argument
        add("--plan", action="store_true", help="say what would come; this is the default")
        add("--run", action="store_true", help="take the rows over, then verify")
        add("--verify", action="store_true", help="compare both sides; exit 1 where they differ")
        add("--drop", action="store_true", help="verify, ask, and drop the old tables")
        add(
            "--reserve",
            type=int,
            nargs="?",
            const=MARGIN,
            metavar="KEYS",
            help=f"keep this many keys free for old rows ({MARGIN} by default), before a site "
            "writes rows of both packages",
        )
        parser.add_argument("--database", default=DEFAULT_DB_ALIAS)
        parser.add_argument(
            "--orphans",
            metavar="keep|drop|FILE.csv",
            help="what to do with rows whose objects are gone or of models that are not "
            "registered: keep what is left of them, drop them, or drop and list them in a file",
        )
        parser.add_argument(
            "--batch", type=int, default=BATCH, help=f"rows of a transaction; default {BATCH}"
        )
        parser.add_argument(
            "--from-start",
            action="store_true",
            help="look at all rows, not only those above the highest that has come: for orphans "
            "that were dropped. What was deleted since comes again",
        )
        parser.add_argument(
            "--no-input", action="store_false", dest="interactive", help="do not ask before --drop"
        )
        parser.add_argument("--up-to", type=int, metavar="ID", help="only rows up to this key")

    def find_moves(self, options: dict[str, Any]) -> list[Move]:
        raise NotImplementedError

    def handle(self, *args: Any, **options: Any) -> None:
        if options["batch"] < 1:
            raise CommandError(f"--batch {options['batch']}: a batch has one row at least")
        moves = self.find_moves(options)
        compares = options["run"] or options["verify"] or options["drop"]
        for move in moves if compares or options["reserve"] is not None else ():
            self.check_new_table(move)
        if compares:
            self.check_first(options)
        if options["run"]:
            self.run(moves, options)
        elif options["verify"]:
            self.verify(moves)
        elif options["drop"]:
            self.drop(moves, options)
        elif options["reserve"] is not None:
            self.reserve(moves, options["reserve"])
        else:
            for line in plan(moves):
                self.stdout.write(line)
            if self.orphans is None and any(move.orphans for move in moves):
                ways = "--orphans keep, --orphans drop or --orphans FILE.csv"
                self.stdout.write(f"Orphans: pass {ways} to --run.")

    def check_first(self, options: dict[str, Any]) -> None:
        """Raise CommandError where other rows have to come before these."""

    def check_new_table(self, move: Move) -> None:
        """Raise CommandError where the database of the old table has not the new one."""
        meta, using = move.model._meta, move.using
        if OldTable.find(meta.db_table, using):
            return
        if using == DEFAULT_DB_ALIAS:
            raise CommandError(
                f"{meta.db_table}: there is no such table yet; run manage.py migrate "
                f"{meta.app_label}, and migrate the rest once the rows have come."
            )
        raise CommandError(
            f"--database {using}: it has {move.table.name}, but no {meta.db_table}, and rows come "
            f"within one database. Load {move.table.name} into that of {meta.db_table}, as "
            f"docs/moving.md says; or run manage.py migrate {meta.app_label} --database {using}."
        )

    def reserve(self, moves: list[Move], margin: int) -> None:
        """Let new rows have keys that no old row will have."""
        for move in moves:
            last = move.number(f"SELECT MAX({move.old('id')}) FROM {move.source}") + margin
            move.engine.reserve(move.model, last)
            self.stdout.write(f"{move.model._meta.db_table}: new rows have keys above {last}.")

    def run(self, moves: list[Move], options: dict[str, Any]) -> None:
        orphans, using = options["orphans"] or self.orphans, options["database"]
        self.check_orphans(moves, orphans)
        how: Any = {"is_kept": orphans == KEEP, "from_start": options["from_start"]}
        runs = [self.make_run(move, options["batch"], **how) for move in moves]
        for run in runs:
            run.refuse_others()
        if orphans not in (None, KEEP, DROP):
            count = write_report(moves, orphans)
            self.stdout.write(f"{orphans}: {count} orphans, which do not come.")
        if self.has_timelines:
            mark_timelines(using)
        for run in runs:
            run.prepare()
            for line in self.progress(run):
                if options["verbosity"]:
                    self.stdout.write(line)
                    self.stdout.flush()
        if self.has_timelines and mark_timelines(using):
            self.stdout.write("Stored timelines: run manage.py rebuild_timelines --resume.")
        self.verify(moves)

    def make_run(self, move: Any, batch: int, **how: Any) -> Run:
        return Run(move, batch, **how)

    def make_verification(self, move: Any) -> Verification:
        return Verification(move)

    def check_orphans(self, moves: list[Move], orphans: str | None) -> None:
        """Raise CommandError where there are orphans, and nobody said what to do with them."""
        found = [(move, each) for move in moves for each in move.orphans]
        if found and orphans is None:
            listed = "".join(f"\n  {move.name}: {described(each)}" for move, each in found)
            raise CommandError(
                "some rows have no place here; register their models (see --plan), or pass "
                f"--orphans keep, --orphans drop or --orphans FILE.csv:{listed}"
            )
        if orphans not in (None, KEEP, DROP) and not str(orphans).endswith(".csv"):
            raise CommandError(f"--orphans {orphans}: write keep, drop or a file such as gone.csv")

    def progress(self, run: Run) -> Iterator[str]:
        name, total, last = run.move.name, 0, run.last()
        started = monotonic()
        for up_to, count in run:
            total += count
            speed = total / max(monotonic() - started, 0.001)
            yield f"{name}: {total} came, up to id {up_to} of {last}; {speed:.0f} a second"
        if not total:
            yield f"{name}: nothing new"

    def verify(self, moves: list[Move]) -> None:
        """Print both sides. Raises CommandError where they differ."""
        different = 0
        for move in moves:
            verification = self.make_verification(move)
            for comparison in verification:
                self.stdout.write(str(comparison))
                different += not comparison.is_same
            if lost := verification.lost():
                self.stdout.write(lost)
        if different:
            raise CommandError(f"{different} of these are different.")
        self.stdout.write("Both sides are equal.")

    def drop(self, moves: list[Move], options: dict[str, Any]) -> None:
        """Drop the old tables, if both sides are equal and nothing points to them."""
        tables = [move.table for move in moves]
        if options["up_to"] is not None:
            raise CommandError("--drop takes no --up-to: a table is dropped with all of its rows")
        for table in tables:
            if found := ", ".join(references(table.name, table.using)):
                raise CommandError(
                    f"{table.name}: {found} points to it; move this key by RepointForeignKey, or "
                    "drop it, before --drop"
                )
        self.verify(moves)
        for move in moves:
            if others := move.others():
                names = ", ".join(others)
                self.stdout.write(f"{move.table.name}: these columns are not here: {names}")
        names = ", ".join(table.name for table in tables)
        if options["interactive"] and input(f"Drop {names}? Type yes: ") != "yes":
            raise CommandError(f"{names}: nothing was dropped; type yes, or pass --no-input")
        for table in tables:
            drop_table(table)
            self.stdout.write(f"{table.name}: dropped.")
