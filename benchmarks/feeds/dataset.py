"""The data of a site with the very much followed: that of ``benchmarks.dataset``, and stars."""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.dataset import END, ActionRow, Dataset, FollowRow

SECOND = dt.timedelta(seconds=1)
RECIPIENTS = 1000
NOTIFICATIONS_EACH = 100  # of the recipients
ENTRIES_EACH = 10  # on the stored timeline of everybody else


@dataclass(frozen=True)
class FeedsDataset(Dataset):
    """A star for each number of followers, who are the users from 1 on; and who is notified."""

    followers: tuple[int, ...] = ()

    @property
    def users(self) -> int:
        return max(super().users, *self.followers)

    @property
    def counts(self) -> dict[str, int]:
        counts = super().counts
        return {**counts, "user": counts["user"] + len(self.followers) + 1}

    @property
    def stars(self) -> dict[int, int]:
        """The key of the user with so many followers."""
        first = super().counts["user"] + 1
        return {count: first + number for number, count in enumerate(self.followers)}

    @property
    def recipients(self) -> int:
        """The number of users, from 1 on, whom one action is notified to."""
        return min(RECIPIENTS, self.users)

    @property
    def recipient(self) -> int:
        """The key of the user with so very many unread notifications."""
        return self.counts["user"]

    @property
    def notified(self) -> int:
        """The number of these: as many as the greatest star has followers."""
        return max(self.followers)

    def notifications(self) -> list[ActionRow]:
        """What that user is notified of, oldest first: the newest public actions."""
        return list(deque((row for row in self.action_rows() if row.public), self.notified))

    def follow_rows(self) -> Iterator[FollowRow]:
        number = 0
        for row in super().follow_rows():
            number = row.id
            yield row
        for count, star in self.stars.items():
            for user in range(1, count + 1):
                number += 1
                # Not one time for all: who fans out in chunks takes them in the order of the times.
                time = (END + number * SECOND).isoformat(" ", "microseconds")
                yield FollowRow(number, user, ("user", star), 1, time)
