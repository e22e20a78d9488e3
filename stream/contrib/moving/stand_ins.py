"""What apps that stand in for old packages have in common: models without rows or tables."""

from __future__ import annotations

from typing import Any, TypeVar

from django.apps import AppConfig
from django.db import models
from django.db.models.signals import class_prepared

_Model = TypeVar("_Model", bound=models.Model)


class NoRows(models.Manager[_Model]):
    """Finds nothing: in a new database, there is no table to read from."""

    use_in_migrations = True

    def get_queryset(self) -> models.QuerySet[_Model]:
        return super().get_queryset().none()


def content_type_key(**options: Any) -> Any:
    """Return a foreign key to content types by which nothing is deleted."""
    return models.ForeignKey(
        "contenttypes.ContentType",
        models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        **options,
    )


class StandIn(AppConfig):
    """An app with the label and the names of migrations of an old package."""

    default_auto_field = "django.db.models.AutoField"

    def ready(self) -> None:
        class_prepared.connect(self.take_constraints, dispatch_uid=f"stand-in {self.label}")

    def take_constraints(self, sender: Any, **kwargs: Any) -> None:
        """Let old migrations make no constraint to a table that a new database does not have."""
        if sender.__module__ != "__fake__":  # the name that Django gives to models of migrations
            return
        for field in sender._meta.local_fields:
            if field.remote_field and _app_label(field.remote_field.model) == self.label:
                field.db_constraint = False


def _app_label(model: Any) -> str:
    """Return the label of the app of a model or of its name."""
    meta = getattr(model, "_meta", None)
    return meta.app_label if meta else str(model).partition(".")[0]
