"""The command line."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, fields

TIMELINES = {
    "table": "stream.timelines.TableTimeline",
    "redis": "stream.timelines.RedisTimeline",
}


@dataclass
class Options:
    minutes: float = 10.0
    timeline: str = "table"
    engine: str = "postgresql"
    broker: str = "redis"
    users: int = 100
    follows: int = 20
    lag: float = 60.0
    seed: int = 1


HELP = {
    "minutes": "how long people are busy",
    "timeline": f"one of {', '.join(TIMELINES)}",
    "engine": "postgresql or mariadb",
    "broker": "redis or rabbitmq, started for it and killed now and then",
    "users": "how many people there are",
    "follows": "how many other people each follows at first",
    "lag": "seconds after which the end of a follow must be seen",
    "seed": "of what people do, and of the kills",
}


def parse(arguments: list[str]) -> Options:
    parser = argparse.ArgumentParser("python -m benchmarks.soak", description=__doc__)
    choices = {
        "timeline": list(TIMELINES),
        "engine": ["postgresql", "mariadb"],
        "broker": ["redis", "rabbitmq"],
    }
    for each in fields(Options):
        parser.add_argument(
            f"--{each.name}",
            type=type(each.default),
            default=each.default,
            choices=choices.get(each.name),
            help=f"{HELP[each.name]}; default: {each.default}",
        )
    return Options(**vars(parser.parse_args(arguments)))
