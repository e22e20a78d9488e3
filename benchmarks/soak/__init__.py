"""Many people at once: do counts of notifications, stored timelines and deletion stay right?"""

import argparse
import json
import os


def configure(options: argparse.Namespace, name: str) -> None:
    """Let Django, here and in processes started from here, have a soak's settings and database."""
    told = {"prefix": "bench_soak", **vars(options), "name": name}
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "benchmarks.soak.settings",
        "BENCH_OPTIONS": json.dumps(told),
        "PYTHONPATH": os.getcwd(),
    }
