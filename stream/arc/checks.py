"""System checks of a model with arcs: migrations that belong to the project, columns, keys."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from importlib.metadata import files as files_of, packages_distributions
from importlib.util import find_spec
from pkgutil import iter_modules
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, router
from django.db.migrations.loader import MigrationLoader
from django.db.models import EmailField, UniqueConstraint

from stream.arc.database_checks import check_columns, check_routers
from stream.arc.row import Row

MARIADB_KEYS = 64  # that MariaDB allows a table
# The warning leaves room for two more models in three roles.
KEYS_TO_WARN_AT = MARIADB_KEYS - 2 * 3


def refuse_own_migrations(app_label: str) -> None:
    """Raise ImproperlyConfigured with the setting to write: the columns depend on the project."""
    raise ImproperlyConfigured(
        f"'{app_label}' has no migrations of its own, since its columns depend on your project. "
        f"{_setting_to_write()}"
    )


def _setting_to_write() -> str:
    models = (model for model in apps.get_models() if getattr(model, "arcs", None))
    labels = sorted({model._meta.app_label for model in models}, reverse=True)
    project, _, module = (getattr(settings, "SETTINGS_MODULE", None) or "").partition(".")
    project = project if module else "mysite"  # settings.py alone is no package
    lines = "".join(f'        "{each}": "{project}.migrations_{each}",\n' for each in labels)
    return (
        f"Add to your settings:\n\n    MIGRATION_MODULES = {{\n{lines}    }}\n\n"
        f"then run: python manage.py makemigrations {' '.join(labels)}; python manage.py migrate"
    )


def check(model: type[Row], databases: Sequence[str] | None) -> list[CheckMessage]:
    """Return what is wrong with the set-up of a model with arcs.

    The ids begin with the app's label: E001, E002, E060, W001, W003, and W002 and W005 with
    ``databases``.
    """
    of_migrations = list(_check_migrations(model))
    return [
        *of_migrations,
        *_check_keys(model),
        *check_routers(model),
        *check_columns(model, databases or ()),
        *(() if of_migrations else _check_dependencies(model, databases or ())),
    ]


def _check_migrations(model: type[Row]) -> Iterator[CheckMessage]:
    app_label = model._meta.app_label
    module, _ = MigrationLoader.migrations_module(app_label)
    if module is None:  # no migrations at all, as in tests
        return
    package = model._meta.app_config.name
    if module == package or module.startswith(f"{package}."):
        yield Error(
            f"The migrations of '{app_label}' must live in your project.",
            hint=_setting_to_write(),
            obj=model,
            id=f"{app_label}.E001",
        )
    elif reason := _why_impossible(module, app_label):
        yield Error(
            f"MIGRATION_MODULES['{app_label}'] = '{module}': {reason}",
            hint=_setting_to_write(),
            obj=model,
            id=f"{app_label}.E002",
        )
    elif not _migrations_in(module):
        yield Warning(
            f"The package '{module}' has no migrations for '{app_label}' yet.",
            hint=f"Run: python manage.py makemigrations {app_label} (until then, migrate and "
            f"runserver fail).",
            obj=model,
            id=f"{app_label}.W001",
        )


def _why_impossible(module: str, app_label: str) -> str:
    """Return why makemigrations cannot write there, or "" where it can."""
    for config in apps.get_app_configs():
        is_other = config.label != app_label
        if is_other and MigrationLoader.migrations_module(config.label)[0] == module:
            return f"'{config.label}' has the same; each app needs a package of its own."
    parent = module.rpartition(".")[0]
    try:
        is_there = bool(parent and find_spec(parent) and re.fullmatch(r"[\w.]+", module))
    except ModuleNotFoundError:
        is_there = False
    return "" if is_there else f"there is no package '{parent or module}' to make it in."


def _migrations_in(module: str) -> list[str]:
    """Return the names of the migrations in a package, as Django finds them."""
    if not find_spec(module):
        return []
    path: Iterable[str] = getattr(import_module(module), "__path__", ())
    found = iter_modules(path)
    return [name for _, name, is_package in found if not is_package and name[0] not in "_~"]


def _check_keys(model: type[Row]) -> Iterator[CheckMessage]:
    meta = model._meta
    uniques = [each for each in meta.constraints if isinstance(each, UniqueConstraint)]
    first = {each.fields[0] for each in uniques}  # MariaDB makes no further key for these
    keyed = [
        field
        for field in meta.local_fields
        if field.unique or (getattr(field, "db_index", False) and field.name not in first)
    ]
    keys = len(meta.indexes) + len(uniques) + len(keyed)
    for alias in connections:
        is_here = router.allow_migrate_model(alias, model)
        if is_here and connections[alias].vendor == "mysql" and keys > KEYS_TO_WARN_AT:
            yield Warning(
                f"{meta.label} has {keys} keys of the {MARIADB_KEYS} that MariaDB allows a table.",
                hint="Register fewer models, or move to PostgreSQL before you register more.",
                obj=model,
                id=f"{meta.app_label}.W003",
            )


def _check_dependencies(model: type[Row], databases: Sequence[str]) -> Iterator[CheckMessage]:
    """Warn of migrations on which ours depend and which the installed app does not ship."""
    app_label = model._meta.app_label
    module, _ = MigrationLoader.migrations_module(app_label)
    if not databases or module is None:
        return
    for label, name in sorted(_dependencies(module)):
        config = apps.app_configs.get(label)
        package = config and MigrationLoader.migrations_module(label)[0]
        if not (config and package) or name == "__first__":
            continue
        if not package.startswith(f"{config.name}."):  # MIGRATION_MODULES gives it to the project
            continue
        if distribution := _not_distributed(config, package, name):
            yield Warning(
                f"The migrations of '{app_label}' depend on {label}.{name}, which is not part of "
                f"{distribution}: other installations do not have it.",
                hint=f"Delete the file {name}.py in {package}, and make the migrations of "
                f"'{app_label}' anew once makemigrations {label} --dry-run finds no changes.",
                obj=model,
                id=f"{app_label}.W005",
            )


def _dependencies(module: str) -> set[tuple[str, str]]:
    """Return the migrations on which those of a package depend."""
    found: set[tuple[str, str]] = set()
    for name in _migrations_in(module):
        migration = getattr(import_module(f"{module}.{name}"), "Migration", None)
        found.update(getattr(migration, "dependencies", ()))
    return found


def _not_distributed(config: AppConfig, package: str, name: str) -> str:
    """Return the distribution of an app if a migration is not one of its files, else ""."""
    top, _, _ = config.name.partition(".")
    for distribution in packages_distributions().get(top, ()):
        files = {str(file) for file in files_of(distribution) or ()}
        app, migrations = config.name.replace(".", "/"), package.replace(".", "/")
        # An editable install does not list the files of its apps.
        if f"{app}/__init__.py" in files and f"{migrations}/{name}.py" not in files:
            return distribution
    return ""


def check_user_names(**kwargs: Any) -> list[CheckMessage]:
    """Warn where ``str()`` of a user who has only an e-mail address shows the address."""
    model: Any = get_user_model()
    address = "somebody@example.com"
    try:
        user = model()
        for name in {getattr(model, "EMAIL_FIELD", "email"), model.USERNAME_FIELD}:
            setattr(user, name, address if _holds_addresses(model, name) else "somebody")
        is_shown = address in str(user)
    except Exception:  # __str__ needs more than an address, and nothing can be said
        is_shown = False
    if not is_shown:
        return []
    return [
        Warning(
            f"{model._meta.label}.__str__ returns e-mail addresses, which stream shows to nobody: "
            f"users without get_full_name() are shown as '{model._meta.verbose_name} 17'.",
            hint="Write a __str__ that returns a name for all to see, such as a nickname.",
            obj=model,
            id="stream.W050",
        )
    ]


def _holds_addresses(model: Any, name: str) -> bool:
    is_named = name == getattr(model, "EMAIL_FIELD", "email")
    return is_named or isinstance(model._meta.get_field(name), EmailField)
