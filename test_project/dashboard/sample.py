"""What made-up people do with a repository, so that stars, comments and notifications are there.

They are marked as samples on the pages, whether the repository is one or real.
"""

import datetime as dt
import random

from django.utils import timezone

from test_project.dashboard.git import Person
from test_project.dashboard.loading import People
from test_project.dashboard.models import SAMPLE_EMAIL, Comment, Star

NAMES = [
    *("Ada Moreno", "Bruno Okafor", "Chiara Lindqvist", "Dmitri Aydin", "Elif Santos"),
    *("Farah Novak", "Goran Whitfield", "Hana Kobayashi", "Ines Duarte", "Jonas Eriksen"),
    *("Kavya Raman", "Liam O'Connor"),
]
REMARKS = [
    "Nice, this makes the code much easier to follow.",
    "Does this need a line in the changelog?",
    "I tried it on last week's data and it works well. Thank you!",
    "Could we have a test for the empty case, too?",
    "That was bothering me for months.",
    "Good catch. I had looked in quite another place.",
    "Shall we release this with the next version?",
]
# Minutes ago: stars, and comments of each commit that is talked about.
STARS = [4000, 2900, 95, 70, 44, 21, 4]
THREADS = [(3000, 2800), (300, 180), (52, 33, 11)]


def sample_person(name):
    """Return the author of a made-up commit."""
    return Person(name, name.lower().replace(" ", ".").replace("'", "") + SAMPLE_EMAIL)


def react(repository):
    """Let made-up people star a repository and talk about its newest commits, until just now.

    The models publish it, and notify who follows the repository.
    """
    chance, known = random.Random(repository.name), People()
    records = [sample_person(name) for name in NAMES]
    known.add(records)
    people = [known[record] for record in records]
    now, deeds, used = timezone.now(), [], []
    for person, minutes in zip(chance.sample(people, len(STARS)), STARS, strict=True):
        star = Star(user=person, repository=repository)
        deeds.append((now - dt.timedelta(minutes=minutes), star))
    remarks = iter(chance.sample(REMARKS, len(REMARKS)))
    for thread in THREADS:
        moments = [now - dt.timedelta(minutes=minutes) for minutes in thread]
        older = repository.commits.filter(committed_at__lt=moments[0]).exclude(pk__in=used)
        if commit := older.first():
            used.append(commit.pk)
            others = [person for person in people if person.pk != commit.author_id]
            for author, moment in zip(chance.sample(others, len(moments)), moments, strict=True):
                deeds.append((moment, Comment(author=author, commit=commit, text=next(remarks))))
    for moment, deed in sorted(deeds, key=lambda each: each[0]):
        deed.created_at = moment
        deed.save()
