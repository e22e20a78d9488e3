"""Loaded before ``stream`` and ``follow``; registers models that are not loaded yet by name."""

from django.conf import settings
from django.db import models

from follow.utils import register
from stream.utils import register_action_object, register_actor, register_target


@register
@register_actor
@register_target
@register_action_object
class Band(models.Model):
    name = models.CharField(max_length=50)

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return f"/bands/{self.pk}/"


register_actor([settings.AUTH_USER_MODEL, "auth.Group"])
register_target([settings.AUTH_USER_MODEL, "auth.Group"])
register_action_object([settings.AUTH_USER_MODEL, "auth.Group"])
register([settings.AUTH_USER_MODEL, "auth.Group"])
