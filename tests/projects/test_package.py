"""The wheel: what is in it, and that it works where nothing else of the repository is."""

import shutil
import subprocess
import sys
import sysconfig
import tarfile
import venv
from pathlib import Path
from zipfile import ZipFile

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]

SETTINGS = """
SECRET_KEY = "only for tests"
USE_TZ = True
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "follow",
    "stream",
    "music",
]
MIGRATION_MODULES = {"stream": None, "follow": None}
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
"""

MODELS = """
from stream.utils import register_actor, register_target

register_actor("auth.User")
register_target("auth.User")
"""

PROGRAM = """
import django

django.setup()

from django.contrib.auth.models import User
from django.core.management import call_command
from django.template import Context, Template

import follow, stream
from stream.utils import action

call_command("migrate", run_syncdb=True, verbosity=0)
lennon = User.objects.create(username="lennon")
hendrix = User.objects.create(username="hendrix")
context = Context({"action": action.send(lennon, "default", target=hendrix)})
print(stream.__file__)
print(follow.__file__)
print(Template("{% load stream_tags %}{% render_action action %}").render(context))
"""


def run(*command, **kwargs):
    result = subprocess.run(command, capture_output=True, text=True, **kwargs)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A copy of the repository: setuptools would take up stale files of an old ``build/``."""
    source = tmp_path_factory.mktemp("package") / "source"
    ignored = shutil.ignore_patterns(".*", "*.egg-info", "__pycache__", "build", "*.sqlite3")
    return shutil.copytree(REPOSITORY, source, ignore=ignored)


@pytest.fixture(scope="module")
def wheel(source):
    folder = source.parent
    run(
        *(sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index"),
        *("--wheel-dir", folder, source),
    )
    return next(folder.glob("*.whl"))


def test_sdist_builds_a_wheel_and_says_how_to_contribute(source):
    build = "from setuptools.build_meta import build_sdist; print(build_sdist('..'))"
    name = run(sys.executable, "-c", build, cwd=source).splitlines()[-1]
    with tarfile.open(source.parent / name) as archive:
        files = {each.name.partition("/")[2] for each in archive.getmembers() if each.isfile()}
    assert {"setup.py", "pyproject.toml", "README.md", "LICENSE"} <= files
    assert {"CHANGELOG.md", "CONTRIBUTING.md", "RELEASING.md", "SECURITY.md"} <= files
    assert "stream/py.typed" in files
    assert "stream/templates/stream/pages/base.html" in files
    folders = {each.partition("/")[0] for each in files if "/" in each}
    assert folders == {"stream", "follow", "django_stream.egg-info"}


def test_wheel_holds_both_packages_and_nothing_else(wheel):
    names = {name for name in ZipFile(wheel).namelist() if ".dist-info/" not in name}
    packages = [REPOSITORY / "stream", REPOSITORY / "follow"]
    kept = {".py", ".typed", ".html", ".txt", ".mo", ".css", ".js", ".svg"}
    files = [path for package in packages for path in package.rglob("*") if path.suffix in kept]
    assert names == {path.relative_to(REPOSITORY).as_posix() for path in files} | {
        "stream/py.typed",
        "follow/py.typed",
    }


def test_metadata_names_licence_and_requirements(wheel):
    with ZipFile(wheel) as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        assert name.replace("METADATA", "licenses/LICENSE") in archive.namelist()
        lines = archive.read(name).decode().splitlines()
    assert {"Name: django-stream", "License-Expression: BSD-3-Clause"} <= set(lines)
    assert "Requires-Python: >=3.11" in lines
    requirements = [line for line in lines if line.startswith("Requires-Dist: ")]
    assert [line for line in requirements if "extra ==" not in line] == [
        "Requires-Dist: Django>=5.2"
    ]


def test_installed_wheel_renders_an_action(wheel, tmp_path):
    home = tmp_path / "venv"
    venv.create(home, symlinks=True)
    python = home / "bin" / "python"
    scheme = {"base": str(home), "platbase": str(home)}
    site_packages = Path(sysconfig.get_path("purelib", "venv", vars=scheme))
    run(
        *(sys.executable, "-m", "pip", "--python", python),
        *("install", "--no-index", "--no-deps", wheel),
    )
    # Django from here. The .pth files there, such as that of an editable install, have no effect.
    (site_packages / "django.pth").write_text(sysconfig.get_path("purelib"))
    (tmp_path / "music").mkdir()
    (tmp_path / "music" / "models.py").write_text(MODELS)
    (tmp_path / "mysite.py").write_text(SETTINGS)
    (tmp_path / "program.py").write_text(PROGRAM)

    output = run(python, "program.py", cwd=tmp_path, env={"DJANGO_SETTINGS_MODULE": "mysite"})

    assert output.splitlines() == [
        str(site_packages / "stream" / "__init__.py"),
        str(site_packages / "follow" / "__init__.py"),
        "lennon did Stream Item hendrix.",
    ]
