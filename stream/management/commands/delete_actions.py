"""Delete the actions of an object in batches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Model, ProtectedError, Q, RestrictedError
from django.db.models.signals import post_delete, pre_delete
from django.db.utils import DEFAULT_DB_ALIAS

from stream.models import Action


class Command(BaseCommand):
    help = (
        "Delete all actions in which an object has a role, in batches, each a transaction: before "
        "the object is deleted, which would delete them all in one. A run that was broken off can "
        "be started again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--of",
            required=True,
            metavar="APP.MODEL:KEY",
            help="the object, such as blog.post:1; it may be gone",
        )
        parser.add_argument(
            "--batch", type=int, default=2000, help="actions that are deleted at once; default 2000"
        )
        parser.add_argument("--database", default=DEFAULT_DB_ALIAS)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["batch"] < 1:
            raise CommandError(f"--batch {options['batch']}: a batch has one action at least")
        model, key = parse_object(options["of"])
        fields = [field for arc in Action.arcs.values() if (field := arc.find_field(model))]
        if not fields:
            raise CommandError(f"--of {options['of']}: {model._meta.label} has no role in actions")
        # One column after the other, since each has an index.
        found = [
            Action._base_manager.using(options["database"]).filter(Q((field.name, key)))
            for field in fields
        ]
        total, deleted = sum(each.count() for each in found), 0
        try:
            for rows in found:
                for count in delete_in_batches(rows, options["batch"]):
                    deleted += count
                    if options["verbosity"]:
                        self.stdout.write(f"{deleted} of {total}")
        except (ProtectedError, RestrictedError) as error:
            raise CommandError(error.args[0]) from error
        if options["verbosity"]:
            self.stdout.write(f"Actions deleted: {deleted}.")


def parse_object(text: str) -> tuple[type[Model], Any]:
    """Return a model and a key. Raises CommandError."""
    label, _, key = text.partition(":")
    call = f"--of {text}: write APP.MODEL:KEY, such as blog.post:1"
    if not key:
        raise CommandError(call)
    try:
        model = apps.get_model(label)
        return model, model._meta.pk.to_python(key)
    except (LookupError, ValueError) as error:
        raise CommandError(f"{call} ({error})") from None
    except ValidationError as error:
        raise CommandError(f"{call} ({error.messages[0]})") from None


def delete_in_batches(rows: Any, size: int) -> Iterator[int]:
    """Delete rows, the oldest first; yield how many actions of each batch."""
    keys = rows.order_by("datetime", "pk").values_list("pk", flat=True)
    is_heard = any(each.has_listeners(rows.model) for each in (pre_delete, post_delete))
    while some := list(keys[:size]):
        batch = rows.model._base_manager.using(rows.db).filter(pk__in=some)
        # Django loads what it deletes, hundreds of columns wide.
        _, by_model = (batch if is_heard else batch.only("pk")).delete()
        yield by_model.get(rows.model._meta.label, 0)
