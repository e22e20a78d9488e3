"""Models that publish themselves, loaded before ``stream``."""

import uuid

from django.conf import settings
from django.db import models

from stream.activity import Activity, ActivityManager
from stream.utils import register_action_object

USER = settings.AUTH_USER_MODEL


class Photo(Activity):
    """By convention alone."""

    user = models.ForeignKey(USER, models.CASCADE, null=True, related_name="+")
    title = models.CharField(max_length=50, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    activity_related_models = ["user"]

    def __str__(self):
        return self.title


class Like(Activity):
    """Of which the action is about something else, as its hooks say by the names of fields."""

    author = models.ForeignKey(USER, models.CASCADE, related_name="+")
    photo = models.ForeignKey(Photo, models.CASCADE, related_name="likes")

    activity_actor = "author"
    activity_verb = "liked"
    activity_action_object = "photo"
    activity_target = "photo__user"


class Note(Activity):
    """Of which the action is as public as the note."""

    user = models.ForeignKey(USER, models.CASCADE, related_name="+")
    text = models.CharField(max_length=50)
    is_public = models.BooleanField(default=True)

    activity_public = "is_public"


@register_action_object(field_name="action_object_article", related_name="told")
class Article(Activity):
    """Of which the action changes with the article, by hooks in code."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    author = models.ForeignKey(USER, models.CASCADE, related_name="+")
    title = models.CharField(max_length=50)
    is_draft = models.BooleanField(default=False)
    is_secret = models.BooleanField(default=False)
    edited_at = models.DateTimeField(null=True)
    views = models.IntegerField(default=0)
    tags = models.ManyToManyField("testapp.Tag")

    activity_refresh = ["title", "is_draft", "is_secret", "edited_at"]
    activity_time = "edited_at"
    activity_related_models = ["author", "tags"]

    @property
    def activity_actor(self):
        return None if self.is_draft else self.author

    @property
    def activity_data(self):
        return {"title": self.title}

    @property
    def activity_public(self):
        return not self.is_secret


class Timed(Activity):
    """An abstract class between."""

    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        abstract = True


class Medium(Timed):
    """The parent of another model that publishes itself; its actor does not register itself."""

    actor = models.ForeignKey("testapp.Venue", models.CASCADE, related_name="+")
    activity_refresh = True


class Clip(Medium):
    length = models.IntegerField(default=0)


class MediumProxy(Medium):
    class Meta:
        proxy = True


class Badge(models.Model):
    """Publishes nothing itself."""

    user = models.ForeignKey(USER, models.CASCADE, related_name="+")


class GoldBadge(Activity, Badge):
    """A child that publishes itself, of a parent that does not."""

    objects = ActivityManager()
