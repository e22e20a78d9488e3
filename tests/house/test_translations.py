"""Each language says everything, and what is compiled is what is written."""

import gettext
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.programs import program

ROOT = Path(__file__).resolve().parents[2]

LANGUAGES = {"de", "es", "fr", "ja", "nl", "pt_BR", "ru", "sv"}
PACKAGES = sorted(
    folder.parent.relative_to(ROOT).as_posix()
    for package in ("stream", "follow")
    for folder in (ROOT / package).rglob("locale")
)
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|\{\w+\}")

each_language = pytest.mark.parametrize("language", sorted(LANGUAGES))
each_package = pytest.mark.parametrize("package", PACKAGES)


@pytest.fixture(scope="module", autouse=True)
def tools():
    program("msgfmt")


def run(*command, cwd):
    plain = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    environment = {**plain, "LC_ALL": "C", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stderr


def catalogue(folder, package, language):
    return folder / package / "locale" / language / "LC_MESSAGES" / "django.po"


def compiled(path):
    with path.open("rb") as file:
        return gettext.GNUTranslations(file)


def messages(path):
    found = dict(compiled(path)._catalog)
    found.pop("")
    return found


def translated(package, language):
    return messages(catalogue(ROOT, package, language).with_suffix(".mo"))


@pytest.fixture(scope="module")
def remade(tmp_path_factory):
    """Return a copy of the packages whose messages were collected anew."""
    folder = tmp_path_factory.mktemp("remade")
    for package in ("stream", "follow"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, folder / package, ignore=ignored)
        make = ("makemessages", "--all", "--no-obsolete", "--verbosity", "0")
        run(sys.executable, "-m", "django", *make, cwd=folder / package)
    return folder


@each_package
def test_each_package_has_each_language(package):
    assert {path.name for path in (ROOT / package / "locale").iterdir()} == LANGUAGES


@each_package
@each_language
def test_no_message_is_missing_fuzzy_or_gone(remade, tmp_path, package, language):
    found = catalogue(remade, package, language)
    written = tmp_path / "django.mo"
    check = ("msgfmt", "--check", "--statistics", "--output-file", written, found)
    counts = run(*check, cwd=tmp_path)
    assert "untranslated" not in counts, found.read_text(encoding="utf-8")
    assert "fuzzy" not in counts, found.read_text(encoding="utf-8")
    assert messages(written).keys() == translated(package, language).keys()


@each_package
@each_language
def test_the_compiled_messages_are_those_written(tmp_path, package, language):
    written = tmp_path / "django.mo"
    run("msgfmt", "--output-file", written, catalogue(ROOT, package, language), cwd=tmp_path)
    assert translated(package, language) == messages(written)


@each_package
@each_language
def test_placeholders_are_those_of_the_original(package, language):
    for key, text in translated(package, language).items():
        original = key if isinstance(key, str) else key[0]
        assert set(PLACEHOLDER.findall(text)) == set(PLACEHOLDER.findall(original)), text


@each_package
@each_language
def test_each_plural_has_all_its_forms(package, language):
    path = catalogue(ROOT, package, language).with_suffix(".mo")
    count = int(re.match(r"nplurals=(\d);", compiled(path).info()["plural-forms"])[1])
    forms = {}
    for key, text in messages(path).items():
        if not isinstance(key, str):
            forms.setdefault(key[0], {})[key[1]] = text
    for original, texts in forms.items():
        assert texts.keys() == set(range(count)), original
        assert all(texts.values()), original


@each_language
def test_packages_agree(language):
    """Django merges all catalogues: of two translations of a message only one would be seen."""
    merged = {}
    for package in PACKAGES:
        for key, text in translated(package, language).items():
            assert merged.setdefault(key, text) == text, key


@each_language
def test_what_a_follow_button_is_called_holds_what_it_shows(language):
    found = translated("follow", language)
    assert found["Follow"].casefold() in found["Follow %(object)s"].casefold()
    for name in ("what a button says\x04Following", "Unfollow"):
        assert found[name].casefold() in found["Following %(object)s: unfollow"].casefold()
