from typing import ClassVar

from django.db import models

from stream.notifications.models import Notification


class Reminder(models.Model):
    notification = models.ForeignKey(Notification, models.CASCADE, related_name="reminders")

    objects: ClassVar[models.Manager["Reminder"]] = models.Manager()

    def __str__(self) -> str:
        return f"of {self.notification}"
