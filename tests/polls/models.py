"""Models of an app whose label has a capital."""

from django.conf import settings
from django.db import models

from stream.activity import Activity
from stream.publishing.hooks import itself
from stream.utils import register_target


@register_target
class Question(Activity):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    text = models.CharField(max_length=50)

    activity_verb = "asked"
    activity_action_object = None
    activity_target = itself

    def __str__(self):
        return self.text
