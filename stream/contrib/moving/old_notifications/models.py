"""The columns that old migrations may name. ``import_notifications`` reads the rows."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from stream.contrib.moving.stand_ins import NoRows, content_type_key


class Notification(models.Model):
    """A notification of django-notifications-hq."""

    id = models.AutoField(primary_key=True)
    level = models.CharField(max_length=20, default="info")
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, related_name="+", db_constraint=False
    )
    unread = models.BooleanField(default=True)
    actor_content_type = content_type_key()
    actor_object_id = models.CharField(max_length=255)
    verb = models.CharField(max_length=255)
    description = models.TextField(null=True)  # noqa: DJ001 - as there
    target_content_type = content_type_key(null=True)
    target_object_id = models.CharField(max_length=255, null=True)  # noqa: DJ001
    action_object_content_type = content_type_key(null=True)
    action_object_object_id = models.CharField(max_length=255, null=True)  # noqa: DJ001
    timestamp = models.DateTimeField(default=timezone.now)
    public = models.BooleanField(default=True)
    deleted = models.BooleanField(default=False)
    emailed = models.BooleanField(default=False)
    data = models.JSONField(null=True)

    objects: ClassVar[Any] = NoRows()

    class Meta:
        managed = False
        base_manager_name = "objects"
        db_table = "notifications_notification"
        default_permissions = ()

    def __str__(self) -> str:
        return self.verb
