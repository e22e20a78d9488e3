"""Writing people, commits and tags, each together with its action."""

from itertools import count, islice

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.text import slugify

from stream.utils import action
from test_project.dashboard.models import Commit, Repository, Tag
from test_project.dashboard.text import shortened

BATCH_SIZE = 1000
RESERVED_USERNAMES = {"admin", "demo"}


class People:
    """The people of the site by e-mail address, all in memory."""

    def __init__(self):
        known = User.objects.exclude(email="").order_by("-pk")  # of equal ones the oldest stays
        self.by_email = {user.email.lower(): user for user in known}
        self.usernames = set(User.objects.values_list("username", flat=True)) | RESERVED_USERNAMES

    def add(self, persons):
        """Write those who are new."""
        new = {}
        for person in persons:
            email = identity(person)
            if email not in self.by_email and email not in new:
                new[email] = self._build(person, email)
        for user in User.objects.bulk_create(new.values()):
            self.by_email[user.email] = user

    def __getitem__(self, person):
        return self.by_email[identity(person)]

    def _build(self, person, email):
        first, _, last = person.name.partition(" ")
        name = slugify(person.name) or slugify(email.partition("@")[0]) or "person"
        username = unique(name[:140], self.usernames)
        self.usernames.add(username)
        return User(
            username=username,
            first_name=first[:150],
            last_name=last[:150],
            email=email,
            password=make_password(None),
        )


def identity(person):
    """Return the address that tells people apart, one made from the name where there is none."""
    return person.email[:254] or f"{slugify(person.name)[:200] or 'nobody'}@unknown.invalid"


def unique(name, taken):
    """Return the name, with a number where it is taken."""
    if name not in taken:
        return name
    return next(each for number in count(2) if (each := f"{name}-{number}") not in taken)


def get_repository(source, names):
    """Return the repository of a source; a new one gets the first of these names that is free."""
    try:
        return Repository.objects.get(source=source)
    except Repository.DoesNotExist:
        pass
    taken = set(Repository.objects.values_list("name", flat=True))
    name = next((name for name in names if name not in taken), None) or unique(names[-1], taken)
    slugs = set(Repository.objects.values_list("slug", flat=True))
    slug = unique(slugify(name.replace("/", "-"))[:90] or "repository", slugs)
    return Repository.objects.create(source=source, name=name[:200], slug=slug)


def store_commits(repository, records, people, progress=None):
    """Write the commits that are new, in batches of one transaction each; return how many."""
    return _store(repository, records, people, Commit, "sha", _write_commits, progress)


def store_tags(repository, records, people):
    """Write the tags that are new, in batches of one transaction each; return how many.

    A tag that has moved stays where it was: its action has happened.
    """
    return _store(repository, records, people, Tag, "name", _write_tags, None)


def _store(repository, records, people, model, key, write, progress):
    total = 0
    records = iter(records)
    while batch := list(islice(records, BATCH_SIZE)):
        with transaction.atomic():
            rows = model.objects.filter(repository=repository)
            keys = [getattr(record, key) for record in batch]
            known = set(rows.filter(**{f"{key}__in": keys}).values_list(key, flat=True))
            new = [record for record in batch if getattr(record, key) not in known]
            write(repository, new, people)
        total += len(new)
        if progress:
            progress(len(batch))
    return total


def _write_commits(repository, records, people):
    people.add(record.author for record in records)
    commits = Commit.objects.bulk_create(
        Commit(
            repository=repository,
            author=people[record.author],
            sha=record.sha,
            summary=shortened(record.summary, 300),
            committed_at=record.date,
        )
        for record in records
    )
    action.send_many(
        {
            "actor": commit.author,
            "verb": "committed",
            "target": repository,
            "action_object": commit,
            "datetime": commit.committed_at,
        }
        for commit in commits
    )


def _write_tags(repository, records, people):
    people.add(record.tagger for record in records)
    tags = Tag.objects.bulk_create(
        Tag(
            repository=repository,
            name=record.name[:255],
            tagger=people[record.tagger],
            sha=record.sha,
            tagged_at=record.date,
        )
        for record in records
    )
    action.send_many(
        {
            "actor": tag.tagger,
            "verb": "tagged",
            "target": repository,
            "action_object": tag,
            "datetime": tag.tagged_at,
        }
        for tag in tags
    )
