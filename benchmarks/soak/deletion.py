"""``python -m benchmarks.soak.deletion``: how much memory it takes to delete a busy object.

By default one of 500,000 actions, each with a notification. Prints seconds and the growth of the
process at its peak, for ``object.delete()`` and for the command ``delete_actions``, and returns 1
where a row is left.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from itertools import islice
from typing import Any

from benchmarks.soak import configure

CHUNK = 10_000


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m benchmarks.soak.deletion", description=__doc__)
    add = parser.add_argument
    add("--engine", choices=["postgresql", "mariadb", "sqlite"], default="postgresql")
    add("--actions", type=int, default=500_000)
    add("--reference", action="store_true", help="with a foreign key of the site to Notification")
    add("--prefix", default="bench_soak", help="of the database's name")
    return parser.parse_args(arguments)


def fill(actor: Any, obj: Any, reader: Any, count: int) -> None:
    from stream.models import Action
    from stream.notifications.models import Notification
    from stream.utils import action

    action.send_many({"actor": actor, "verb": "starred", "target": obj} for _ in range(count))
    keys = Action._default_manager.order_by("pk").values_list("pk", flat=True).iterator(CHUNK)
    while some := list(islice(keys, CHUNK)):
        Notification.objects.bulk_create(
            Notification(action_id=key, recipient=reader, group=key % 50) for key in some
        )


def peak() -> int:
    """Return the most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    configure(options, "deletion")
    import django

    django.setup()
    from django.contrib.auth.models import User
    from django.core.management import call_command

    from benchmarks.app.models import Repository
    from benchmarks.database import temporary
    from stream.models import Action
    from stream.notifications.models import Notification

    left = 0
    with temporary():
        actor, reader = (User.objects.create(username=each) for each in ("actor", "reader"))
        for how in ("object.delete()", "delete_actions"):
            obj = Repository._default_manager.create(name=how)
            fill(actor, obj, reader, options.actions)
            before, begin = peak(), time.monotonic()
            if how == "delete_actions":
                call_command("delete_actions", of=f"{obj._meta.label}:{obj.pk}", verbosity=0)
            else:
                obj.delete()
            seconds = time.monotonic() - begin
            left += Action._default_manager.count() + Notification.objects.count()
            print(
                f"{options.engine} {how}: {options.actions:,} actions and notifications, "
                f"{seconds:.0f} s, memory {before} MB, at its peak {peak() - before} MB more"
            )
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
