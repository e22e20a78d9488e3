"""A site about code: users push commits to repositories and comment on them."""

from django.conf import settings
from django.contrib.auth.models import User
from django.db import models

from follow.utils import register
from stream.utils import register_action_object, register_actor, register_target


@register(actor_only=False)
@register_actor
@register_target
class Repository(models.Model):
    name = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.name


@register_action_object
class Commit(models.Model):
    message = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.message


@register_action_object
class Comment(models.Model):
    text = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.text


register(User)
register_actor(User)
register_target(User)

if settings.PEER:
    from benchmarks.app import peer_models  # noqa: F401
