"""Run the Makefile on each supported Python and Django: ``nox --list`` says on which.

``nox -s 'test(3.13-6.1)' -- -k arc`` runs some tests on one of them.
"""

import nox

PYTHONS = {
    "5.2": ["3.11", "3.12", "3.13"],
    "6.0": ["3.12", "3.13"],
    "6.1": ["3.12", "3.13", "3.14", "3.15"],
}
MATRIX = [(python, django) for django, pythons in PYTHONS.items() for python in pythons]

nox.options.default_venv_backend = "none"  # the Makefile makes them


def make(session, target, python="3.11", django="5.2"):
    session.run(
        *("make", target, f"PYTHON=python{python}", f"VENV=.venv-{python}-{django}"),
        *(f"DJANGO=Django~={django}.0", f"ARGS={' '.join(session.posargs)}"),
        external=True,
    )


@nox.session
def lint(session):
    make(session, "lint")


@nox.session
def docs(session):
    make(session, "docs")


@nox.session
@nox.parametrize(["interpreter", "django"], MATRIX, ids=[f"{p}-{d}" for p, d in MATRIX])
def test(session, interpreter, django):
    make(session, "test", interpreter, django)
