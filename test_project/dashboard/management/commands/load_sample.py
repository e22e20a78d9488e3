"""Loads made-up data."""

import datetime as dt
import hashlib
import random
from itertools import islice

from django.core.management.base import BaseCommand
from django.utils import timezone

from test_project.dashboard.git import CommitRecord, TagRecord
from test_project.dashboard.loading import People, get_repository, store_commits, store_tags
from test_project.dashboard.models import SAMPLE_SOURCE
from test_project.dashboard.sample import NAMES, sample_person

REPOSITORIES = {
    "orchard": ["harvest planner", "tree map", "frost alert", "soil report"],
    "lighthouse": ["beacon timer", "fog sensor", "keeper log", "tide table"],
    "paper-boat": ["fold guide", "river simulator", "launch page", "wind model"],
}
CHANGES = [
    "Add the {}",
    "Fix a crash of the {} on empty input",
    "Make the {} twice as fast",
    "Document the {}",
    "Test the {} with real data",
    "Let people export the {}",
    "Remove an unused option of the {}",
    "Translate the {} into Portuguese",
]
COMMITS = 900
DAYS = 360


class Command(BaseCommand):
    help = (
        "Load sample data: made-up people, three repositories and some thousand commits over the "
        "last year. Running it again adds nothing."
    )

    def handle(self, **options):
        people, commits, tags = People(), 0, 0
        for number, (name, parts) in enumerate(REPOSITORIES.items()):
            # The same numbers each time and everywhere; only the dates count back from today.
            chance = random.Random(number)
            records = list(made_up_commits(name, parts, chance))
            repository = get_repository(SAMPLE_SOURCE + name, [name, f"sample/{name}"])
            commits += store_commits(repository, records, people)
            tags += store_tags(repository, made_up_tags(records), people)
        self.stdout.write(f"Sample data: {commits} new commits and {tags} new tags, all made up.")


def made_up_commits(name, parts, chance):
    """Yield commits over the last year, oldest first, as people make them.

    That is some in a row, mostly on weekdays and in the afternoon; lately more of them, and nothing
    in some months of a person.
    """
    team = chance.sample(NAMES, 8)
    away = {
        author: set(chance.sample(range(1, 12), number % 6)) for number, author in enumerate(team)
    }
    now, records = timezone.now(), []
    while len(records) < COMMITS:
        author = team[min(int(chance.expovariate(0.45)), len(team) - 1)]  # some do most of it
        age = int(chance.random() ** 1.2 * DAYS)
        day = now - dt.timedelta(days=age)
        if age // 30 in away[author] or (day.weekday() > 4 and chance.random() < 0.8):
            continue
        moment = day.replace(hour=int(chance.triangular(6, 23, 15)), minute=chance.randrange(60))
        for _ in range(chance.randint(1, 6)):
            if moment < now:
                records.append((moment, author))
            moment += dt.timedelta(minutes=chance.randint(9, 70))
    for number, (moment, author) in enumerate(islice(sorted(records), COMMITS)):
        yield CommitRecord(
            sha=hashlib.sha1(f"sample {name} {number}".encode()).hexdigest(),
            author=sample_person(author),
            summary=chance.choice(CHANGES).format(chance.choice(parts)),
            date=moment,
        )


def made_up_tags(commits):
    """Yield a release for every fortieth commit, an hour later at most."""
    for number, commit in enumerate(commits[39::40], start=1):
        date = min(commit.date + dt.timedelta(hours=1), timezone.now())
        yield TagRecord(name=f"v0.{number}", sha=commit.sha, tagger=commit.author, date=date)
