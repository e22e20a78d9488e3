"""What is measured, as plain records that go to JSON and come back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

OURS, OURS_PAGE = "django-stream", "django-stream, page()"
OURS_REDIS, OURS_JOIN = "django-stream, RedisTimeline", "django-stream, JoinTimeline"
PEER, STREAM_FRAMEWORK = "django-activity-stream", "Stream-Framework"
HQ, FLOOR = "django-notifications-hq", "SQL by hand"
PLAIN = "plain page"
GUARDED, HALF_HIDDEN = "two models guarded", "half of them hidden"
PEERS = (PEER, STREAM_FRAMEWORK, HQ)
CONTENDERS = (OURS, OURS_PAGE, OURS_REDIS, OURS_JOIN, *PEERS, FLOOR, PLAIN, GUARDED, HALF_HIDDEN)

ENGINES = {"postgresql": "PostgreSQL", "sqlite": "SQLite", "mariadb": "MariaDB"}
TIMES = "\N{MULTIPLICATION SIGN}"

# The suites, each with data of its own, and with what the names of its cases begin.
STREAMS, MODELS, FEEDS = "streams", "models", "feeds"
PAGES = ("home", "guarded", "deep", "actor", "target", "action_object", "any", "actors", "verb")
KINDS = {
    STREAMS: (*PAGES, "disk", "send"),
    MODELS: ("models",),
    FEEDS: ("fanout", "timeline", "groups", "notify"),
}
ORDER = [kind for kinds in KINDS.values() for kind in kinds]


@dataclass
class Result:
    """One case, with a median and a 90th percentile for each contender."""

    engine: str
    actions: int
    case: str
    title: str
    unit: str = "ms"
    median: dict[str, float] = field(default_factory=dict)
    p90: dict[str, float] = field(default_factory=dict)
    queries: dict[str, int] = field(default_factory=dict)  # of one page
    rounds: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def kind(self) -> str:
        return self.case.split("-")[0]

    @property
    def place(self) -> tuple[int, list[str], list[int]]:
        """Where it comes in tables: by kind, words and numbers."""
        words = self.case.split("-")[1:]
        numbers = [int(each) for each in words if each.isdigit()]
        return ORDER.index(self.kind), [each for each in words if not each.isdigit()], numbers

    def peer(self) -> str:
        """Return the peer that was measured beside this project, or nothing."""
        return next((name for name in PEERS if name in self.median), "")

    def ratio(self, over: str, under: str = OURS) -> float | None:
        """Return one contender's median as a multiple of another's, if both were measured."""
        if over in self.median and self.median.get(under):
            return self.median[over] / self.median[under]
        return None


@dataclass
class Results:
    """All results, by engine, size and case; and what they were measured on."""

    machine: dict[str, dict[str, Any]] = field(default_factory=dict)
    by_key: dict[tuple[str, int, str], Result] = field(default_factory=dict)

    def add(self, other: Results) -> None:
        self.machine |= other.machine
        self.by_key |= other.by_key

    def put(self, results: Iterable[Result]) -> None:
        self.by_key |= {(each.engine, each.actions, each.case): each for each in results}

    def runs(self, *suites: str) -> list[tuple[str, int]]:
        """The engines and sizes at which suites were measured."""
        kinds = [kind for suite in suites for kind in KINDS[suite]]
        found = {key[:2] for key, each in self.by_key.items() if each.kind in kinds}
        return sorted(found, key=lambda run: ([*ENGINES].index(run[0]), run[1]))

    def cases(self, engine: str, actions: int, *kinds: str) -> list[Result]:
        """The results of an engine at a size, in the same order whenever they were measured."""
        found = (each for key, each in self.by_key.items() if key[:2] == (engine, actions))
        return sorted((each for each in found if each.kind in kinds), key=lambda each: each.place)

    def write(self, path: Path) -> None:
        results = [asdict(each) for each in self.by_key.values()]
        content = {"machine": self.machine, "results": results}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Results:
        """Return the results of a file; none where there is no file yet."""
        results = cls()
        if path.exists():
            content = json.loads(path.read_text(encoding="utf-8"))
            results.machine = content["machine"]
            results.put(Result(**each) for each in content["results"])
        return results
