"""Loads made-up data."""

import datetime as dt
import hashlib
import random

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
COMMITS = 270
DAYS = 360


class Command(BaseCommand):
    help = (
        "Load sample data: made-up people, three repositories and some hundred commits over the "
        "last year, labelled as sample on the pages. Running it again adds nothing."
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
    """Yield commits over the last year, oldest first, lately more of them."""
    team = chance.sample(NAMES, 8)
    ages = sorted((chance.random() ** 1.2 * DAYS for _ in range(COMMITS)), reverse=True)
    for number, age in enumerate(ages):
        author = team[min(int(chance.expovariate(0.45)), len(team) - 1)]  # some do most of it
        yield CommitRecord(
            sha=hashlib.sha1(f"sample {name} {number}".encode()).hexdigest(),
            author=sample_person(author),
            summary=chance.choice(CHANGES).format(chance.choice(parts)),
            date=timezone.now() - dt.timedelta(days=age),
        )


def made_up_tags(commits):
    """Yield a release for every fortieth commit, an hour later at most."""
    for number, commit in enumerate(commits[39::40], start=1):
        date = min(commit.date + dt.timedelta(hours=1), timezone.now())
        yield TagRecord(name=f"v0.{number}", sha=commit.sha, tagger=commit.author, date=date)
