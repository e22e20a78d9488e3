"""``python -m benchmarks.soak.notifications``: eight processes deliver, mark and delete at once.

In the end all counts must be those of the rows, and nothing may be read that was not there when it
was marked. It returns 1 where something is wrong or where a call failed that may not. What may: raw
SQL, Django's deletion of users and objects, and two calls in one transaction, which all lock in an
order of their own; and so in a transaction each call that meets them. Without these, by ``--own``,
no call may fail, but in a transaction under REPEATABLE READ by what came after its snapshot.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from multiprocessing import get_context

from benchmarks.soak import configure

PROCESSES = 8


def parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m benchmarks.soak.notifications", description=__doc__)
    add = parser.add_argument
    add("--engine", choices=["postgresql", "mariadb", "sqlite"], default="postgresql")
    add("--operations", type=int, default=5000, help="of all processes; default: 5000")
    add("--reference", action="store_true", help="with a foreign key of the site to Notification")
    add("--own", action="store_true", help="none but this project's calls, one in a transaction")
    add("--isolation", default="", choices=["", "repeatable read"])
    add("--prefix", default="bench_soak", help="of the database's name")
    add("--seed", type=int, default=1)
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    options = parse(arguments)
    configure(options, "notifications")
    import django

    django.setup()
    from benchmarks.database import temporary
    from benchmarks.soak import inboxes

    with temporary():
        inboxes.populate()
        begin, each = time.monotonic(), options.operations // PROCESSES
        counters, marked = [Counter[str]() for _ in range(3)], set[int]()
        with get_context("spawn").Pool(PROCESSES) as pool:
            seeds = [(options.seed * 1000 + n, each, options.own) for n in range(PROCESSES)]
            for its_counters, its_marked in pool.starmap(inboxes.work, seeds):
                counters = [one + other for one, other in zip(counters, its_counters, strict=True)]
                marked |= its_marked
        wrong = inboxes.faults(marked)
    done, failed, begun_again = counters
    what = ["with a reference"] * options.reference + ["own calls alone"] * options.own
    print(options.engine, options.isolation, *what)
    print(f"{sum(done.values())} operations in {time.monotonic() - begin:.0f} s: {dict(done)}")
    print(f"wrong: {len(wrong)}", *wrong[:20], sep="\n  ")
    for title, counts in (("failed", failed), ("for the caller to begin again", begun_again)):
        lines = (f"{number} {what}" for what, number in counts.most_common())
        print(f"{title}: {sum(counts.values())}", *lines, sep="\n  ")
    return 1 if wrong or failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
