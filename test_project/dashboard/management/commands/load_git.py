"""Loads real git histories."""

import os
from time import monotonic

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from test_project.dashboard.git import GitError, GitMissingError, GitRepository
from test_project.dashboard.loading import People, get_repository, store_commits, store_tags


class Command(BaseCommand):
    help = (
        "Load git histories: authors become people, commits and tags become actions, with their "
        "real dates. Running it again adds what is new."
    )

    def add_arguments(self, parser):
        parser.add_argument("paths", nargs="+", metavar="PATH", help="A git repository.")

    def handle(self, paths, **options):
        for path in paths:
            self.load(path)

    def load(self, path):
        """Load the history of a repository; tell whether it has one."""
        call = f"load_git {path}"
        if not os.path.isdir(path):
            raise CommandError(
                f"{call}: there is no such directory; pass that of a git repository."
            )
        try:
            git = GitRepository(path)
            return self.store(git)
        except GitMissingError as error:
            raise CommandError(f"{call}: {error}; install it, or run load_sample.") from None
        except GitError as error:
            raise CommandError(
                f"{call}: cannot read a git repository there. Git says: {error}"
            ) from None

    def store(self, git):
        head = git.head
        if not head:
            self.stderr.write(f"{git.root}: HEAD has no commits yet; nothing to load.")
            return False
        source = os.fsencode(git.root).decode(errors="backslashreplace")
        repository = get_repository(source, [git.name, f"{git.root.parent.name}/{git.name}"])
        since = repository.head if repository.head and git.has(repository.head) else ""
        start, people = monotonic(), People()
        with tqdm(
            desc=git.name,
            total=git.count(since),
            unit=" commits",
            leave=False,
            disable=None,  # where there is no terminal
        ) as bar:
            commits = store_commits(repository, git.commits(since), people, bar.update)
        tags = store_tags(repository, git.tags(), people)
        if not git.is_shallow:  # else older commits may come
            repository.head = head
            repository.save(update_fields=["head"])
        took = monotonic() - start
        self.stdout.write(
            f"{repository.name}: {commits:,} new commits and {tags:,} new tags in {took:.1f} s"
            + (f" ({commits / took:,.0f} commits a second)" if commits else "")
        )
        return True
