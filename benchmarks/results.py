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
RECORDED = "Stream-Framework, recorded elsewhere"
HQ, FLOOR = "django-notifications-hq", "SQL by hand"
PLAIN = "plain page"
CONTENDERS = (
    *(OURS, OURS_PAGE, OURS_REDIS, OURS_JOIN),
    *(PEER, STREAM_FRAMEWORK, RECORDED, HQ, FLOOR, PLAIN),
)
PEERS = (PEER, STREAM_FRAMEWORK, RECORDED, HQ)

STREAMS, FEEDS = "streams", "feeds"
KINDS = {
    STREAMS: (
        *("home", "deep", "actor", "target", "action_object"),
        *("disk", "send", "models", "explain"),
    ),
    FEEDS: ("fanout", "timeline", "groups", "notify"),
}
SUITES = tuple(KINDS)


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

    def peer(self) -> str | None:
        """Return the peer that was measured beside this project."""
        return next((name for name in PEERS if name in self.median), None)

    def ratio(self, over: str, under: str = OURS) -> float | None:
        """Return one contender's median as a multiple of another's, if both were measured."""
        if over in self.median and self.median.get(under):
            return self.median[over] / self.median[under]
        return None


@dataclass
class Results:
    """All results, by engine, size and case; and what they were measured on."""

    machine: dict[str, Any] = field(default_factory=dict)
    by_key: dict[tuple[str, int, str], Result] = field(default_factory=dict)

    def add(self, results: Iterable[Result]) -> None:
        for each in results:
            self.by_key[each.engine, each.actions, each.case] = each

    def of(self, suite: str) -> Results:
        """Return the results of a suite, which has data of its own."""
        results = Results(self.machine)
        results.add(each for each in self.by_key.values() if each.kind in KINDS[suite])
        return results

    def get(self, engine: str, actions: int, case: str) -> Result | None:
        return self.by_key.get((engine, actions, case))

    def runs(self) -> list[tuple[str, int]]:
        """The engines and sizes that were measured."""
        order = ["postgresql", "sqlite", "mariadb"]
        return sorted({key[:2] for key in self.by_key}, key=lambda run: (order.index(run[0]), run))

    def cases(self, engine: str, actions: int) -> list[Result]:
        """The results of an engine at a size, in the same order whenever they were measured."""
        found = [each for key, each in self.by_key.items() if key[:2] == (engine, actions)]
        return sorted(found, key=lambda each: _place(each.case))

    def write(self, path: Path) -> None:
        content = {
            "machine": self.machine,
            "results": [asdict(each) for each in self.by_key.values()],
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Results:
        """Return the results of a file; none where there is no file yet."""
        results = cls()
        if path.exists():
            content = json.loads(path.read_text(encoding="utf-8"))
            results.machine = content["machine"]
            results.add(Result(**each) for each in content["results"])
        return results


def _place(case: str) -> tuple[int, list[str], list[int]]:
    kind, *rest = case.split("-")
    words = [each for each in rest if not each.isdigit()]
    place = [each for kinds in KINDS.values() for each in kinds].index(kind)
    return place, words, [int(each) for each in rest if each.isdigit()]
