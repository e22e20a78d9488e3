"""Reading git repositories with the git program."""

import datetime as dt
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from test_project.dashboard.text import decode, possible_date

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

# Variables that point git at another repository, set for example while a git hook runs.
ELSEWHERE = {
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_WORK_TREE",
}
COMMIT_FIELDS = ("%H", "%aN", "%aE", "%at", "%ct", "%s")
TAG_FIELDS = (
    "%(refname:strip=2)",
    # The tagger; of the rest one is set: the commit of an annotated tag, or of a plain one.
    *("%(taggername)", "%(*authorname)", "%(authorname)"),
    *("%(taggeremail)", "%(*authoremail)", "%(authoremail)"),
    *("%(taggerdate:unix)", "%(*committerdate:unix)", "%(committerdate:unix)"),
)


class GitError(Exception):
    """Git could not do what was asked, in git's words."""


class GitMissingError(GitError):
    """The git program is not installed."""


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class CommitRecord:
    sha: str
    author: Person
    summary: str
    date: dt.datetime


@dataclass(frozen=True, slots=True)
class TagRecord:
    name: str
    sha: str
    tagger: Person
    date: dt.datetime


class GitRepository:
    """A repository, found from any directory inside it. Raises GitError where there is none."""

    def __init__(self, path):
        self.path = Path(path).resolve()
        git_dir = Path(self._line("rev-parse", "--absolute-git-dir"))
        if self._line("rev-parse", "--is-inside-work-tree") == "true":
            self.root = Path(self._line("rev-parse", "--show-toplevel"))
        else:  # bare, or the .git directory itself
            self.root = git_dir.parent if git_dir.name == ".git" else git_dir
        self.path = self.root
        self.name = decode(os.fsencode(self.root.name)).removesuffix(".git") or "repository"

    @property
    def head(self):
        """The commit of HEAD, or "" where there is none yet."""
        try:
            return self._line("rev-parse", "--verify", "--quiet", "HEAD^{commit}")
        except GitError:
            return ""

    @property
    def is_shallow(self):
        return self._line("rev-parse", "--is-shallow-repository") == "true"

    def has(self, sha):
        """Tell whether a commit is still there: rewriting history may have removed it."""
        try:
            self._run("cat-file", "-e", f"{sha}^{{commit}}")
        except GitError:
            return False
        return True

    def count(self, since=""):
        """Count the commits of HEAD that ``commits`` returns."""
        return int(self._line("rev-list", "--count", *_range(since)))

    def commits(self, since=""):
        """Yield the commits of HEAD, oldest first, without those that lead to ``since``."""
        fields = "%x00".join(COMMIT_FIELDS)
        log = ["-c", "log.showSignature=false", "log", "-z", "--topo-order", "--reverse"]
        log += ["--encoding=UTF-8", "--no-color", f"--format={fields}", *_range(since)]
        date = EPOCH
        for sha, name, email, authored, committed, summary in self._records(log):
            date = possible_date(authored, committed) or date  # else that of the commit before
            yield CommitRecord(sha.decode(), _person(name, email), decode(summary), date)

    def tags(self):
        """Return the tags on commits, oldest first."""
        fields = "%00".join(TAG_FIELDS)
        refs = self._run("for-each-ref", "--sort=creatordate", f"--format={fields}", "refs/tags")
        rows = [line.split(b"\0") for line in refs.splitlines()]
        commits = self._peel([row[0] for row in rows])
        found = []
        for name, *columns in rows:
            names, emails, dates = columns[:3], columns[3:6], columns[6:]
            # A tag without tagger, as git made them long ago, is its commit's author's.
            by, email = next(
                (pair for pair in zip(names, emails, strict=True) if any(pair)), (b"", b"")
            )
            if sha := commits[name]:
                found.append((name, sha, by + b" <" + email.strip(b"<>") + b">", dates))
        people = self._mapped([person for _, _, person, _ in found])
        return [
            TagRecord(decode(name), sha, people[person], possible_date(*dates) or EPOCH)
            for name, sha, person, dates in found
        ]

    def _peel(self, names):
        """Return the commit that each tag leads to, or None where it tags something else."""
        asked = b"".join(b"refs/tags/" + name + b"^{commit}\n" for name in names)
        answers = self._run("cat-file", "--batch-check=%(objectname)", given=asked).splitlines()
        commits = [None if answer.endswith(b" missing") else answer.decode() for answer in answers]
        return dict(zip(names, commits, strict=True))

    def _mapped(self, people):
        """Return the Person for each "name <email>", by the repository's mailmap."""
        people = list(dict.fromkeys(people))
        asked = b"".join(person + b"\n" for person in people)
        answers = self._run("check-mailmap", "--stdin", given=asked).splitlines()
        mapped = {}
        for person, answer in zip(people, answers, strict=True):
            name, _, email = answer.rpartition(b"<")
            mapped[person] = _person(name, email.strip(b">"))
        return mapped

    def _line(self, *arguments):
        return os.fsdecode(self._run(*arguments)).removesuffix("\n")

    def _run(self, *arguments, given=b""):
        with self._git(arguments, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as git:
            out, words = git.communicate(given)
        if git.returncode:
            raise GitError(decode(words))
        return out

    def _records(self, arguments):
        """Yield lists of NUL-separated fields while git writes them, so that memory stays small."""
        with tempfile.TemporaryFile() as words:
            with self._git(arguments, stdin=subprocess.DEVNULL, stderr=words) as git:
                try:
                    yield from _chunked(_split(git.stdout), len(COMMIT_FIELDS))
                except GeneratorExit:
                    git.kill()
                    raise
            if git.returncode:
                words.seek(0)
                raise GitError(decode(words.read()))

    def _git(self, arguments, **pipes):
        env = {name: value for name, value in os.environ.items() if name not in ELSEWHERE}
        # English words, no questions, and nothing fetched from elsewhere.
        env |= {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1"}
        command = ["git", "-C", self.path, *arguments]
        try:
            return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, **pipes)
        except FileNotFoundError:
            raise GitMissingError("the program git is not installed") from None


def _range(since):
    return ["HEAD", f"^{since}", "--"] if since else ["HEAD", "--"]


def _person(name, email):
    return Person(decode(name), decode(email).replace(" ", "").lower())


def _split(stream):
    """Yield the NUL-terminated parts of a stream."""
    rest = b""
    while chunk := stream.read1(1 << 16):
        *parts, rest = (rest + chunk).split(b"\0")
        yield from parts


def _chunked(parts, size):
    return zip(*[iter(parts)] * size, strict=True)
