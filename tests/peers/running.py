"""Fetching a source distribution, and running its tests against our names."""

import ast
import contextlib
import importlib
import io
import os
import pkgutil
import subprocess
import sys
import tarfile
import tempfile
import unittest
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path


@dataclass(frozen=True)
class Peer:
    """A package, and what its tests need here."""

    requirement: str  # with its exact version
    package: str  # its import name
    names: str  # our package with its old names
    modules: tuple[str, ...]  # of tests, in its package "tests"
    settings: dict  # of the site in which they run
    reasons: dict = field(default_factory=dict)  # why a test does not pass, by module or test
    prepare: Callable = lambda source: None  # for its tests, which are there


def fetch(requirement: str, folder: str) -> Path:
    """Unpack a source distribution into a folder; return where it is."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
    pip += ["--no-build-isolation", "--dest", folder, requirement]
    subprocess.run(pip, check=True)
    [archive] = Path(folder).glob("*.tar.gz")
    with tarfile.open(archive) as file:
        file.extractall(folder, filter="data")
    [found] = (each for each in Path(folder).iterdir() if each.is_dir())
    return found


def stand_in(peer: Peer, source: Path) -> None:
    """Let the import name of the package, its tests apart, stand for our names."""
    package = importlib.import_module(peer.names)
    sys.modules[peer.package] = package
    for each in pkgutil.walk_packages(
        package.__path__, f"{peer.names}.", onerror=lambda name: None
    ):
        with contextlib.suppress(ImportError):  # of what has no counterpart
            module = importlib.import_module(each.name)
            sys.modules[each.name.replace(peer.names, peer.package, 1)] = module
    name, folder = f"{peer.package}.tests", source / peer.package / "tests"
    file = folder / "__init__.py"
    spec = spec_from_file_location(name, file, submodule_search_locations=[str(folder)])
    sys.modules[name] = package.tests = module_from_spec(spec)


class Outcomes(unittest.TestResult):
    """Which tests passed, and the last line of what the others say."""

    def __init__(self):
        super().__init__()
        self.outcomes = {}

    def addSuccess(self, test):  # noqa: N802
        self.outcomes.setdefault(test.id(), "")

    def addSkip(self, test, reason):  # noqa: N802
        super().addSkip(test, reason)
        self.outcomes[test.id()] = f"skipped: {reason}"

    def addFailure(self, test, err):  # noqa: N802
        super().addFailure(test, err)
        self.outcomes[test.id()] = f"{err[0].__name__}: {err[1]}".strip().splitlines()[0][:200]

    addError = addFailure  # noqa: N815


def run(peer: Peer) -> dict[str, str]:
    """Run the tests; return what each says, "" where it passes."""
    import django
    from django.conf import settings
    from django.test.runner import DiscoverRunner

    settings.configure(**peer.settings)
    django.setup()
    with tempfile.TemporaryDirectory() as folder:
        with contextlib.redirect_stdout(io.StringIO()):
            source = fetch(peer.requirement, folder)
        stand_in(peer, source)
        peer.prepare(source)
        result, loader = Outcomes(), unittest.TestLoader()
        names = [f"{peer.package}.tests.{name}" for name in peer.modules]
        suite = loader.loadTestsFromNames(names)
        unloaded = {
            f"{peer.package}.tests.{name}.{test}": error.strip().splitlines()[-1]
            for name, error in zip(
                [n for n in peer.modules if any(f"module: {n}\n" in e for e in loader.errors)],
                loader.errors,
                strict=True,
            )
            for test in tests_in(source / peer.package / "tests" / f"{name}.py")
        }
        runner = DiscoverRunner(verbosity=0, interactive=False)
        runner.setup_test_environment()
        databases = runner.setup_databases()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they use the old names
            suite.run(result)
        runner.teardown_databases(databases)
    found = {id: each for id, each in result.outcomes.items() if "_FailedTest" not in id}
    return found | unloaded


def tests_in(file: Path) -> list[str]:
    """Return the tests of a module that cannot be loaded, by class."""
    return [
        f"{each.name}.{test.name}"
        for each in ast.parse(file.read_text()).body
        if isinstance(each, ast.ClassDef)
        for test in each.body
        if isinstance(test, ast.FunctionDef) and test.name.startswith("test_")
    ]


def reason(peer: Peer, test: str) -> str:
    """Return why a test does not pass: what is said of it, its class or its module."""
    parts = test.split(".")
    named = (".".join(parts[at:to]) for to in range(len(parts), 0, -1) for at in range(to))
    return next((peer.reasons[each] for each in named if each in peer.reasons), "")


def report(peer: Peer, outcomes: dict[str, str]) -> str:
    """Return the table of the documentation, and each test that does not pass."""
    rows: dict[str, list[str]] = {}
    for test in outcomes:
        module = next((name for name in peer.modules if name in test.split(".")), test)
        rows.setdefault(module, []).append(test)
    lines = ["| module | passed | of |", "|---|--:|--:|"]
    lines += [
        f"| `{module}` | {sum(not outcomes[test] for test in tests)} | {len(tests)} |"
        for module, tests in rows.items()
    ]
    whys: dict[str, list[str]] = {}
    for test, said in outcomes.items():
        if said:
            why = reason(peer, test) or f"UNKNOWN: {said}"
            whys.setdefault(why, []).append(test.rpartition(".")[2])
    lines += ["", "| does not pass | why |", "|---|---|"]
    lines += [f"| {', '.join(f'`{t}`' for t in tests)} | {why} |" for why, tests in whys.items()]
    return "\n".join(lines)


def main(peer: Peer) -> int:
    """Run and print; return 1 where a test does not pass for a reason that is not known."""
    outcomes = run(peer)
    print(report(peer, outcomes))
    if os.environ.get("PEERS_VERBOSE"):
        for test, said in outcomes.items():
            print("ok  " if not said else "    ", test, said)
    return int(any(said and not reason(peer, test) for test, said in outcomes.items()))
