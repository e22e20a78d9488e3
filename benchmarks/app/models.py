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

MODELS = {"user": User, "repository": Repository, "commit": Commit, "comment": Comment}


def _proxy(model: type[models.Model]) -> type[models.Model]:
    meta = type("Meta", (), {"proxy": True})
    return type(f"Peer{model.__name__}", (model,), {"__module__": __name__, "Meta": meta})


if settings.PEER:
    # Both projects put ``actor_actions`` and its like on what is registered: proxies have the same
    # tables and content types, under attributes of their own.
    PEER_MODELS = {name: _proxy(model) for name, model in MODELS.items()}

if settings.FEEDS:

    class FloorEntry(models.Model):
        """An action on a timeline by hand: as narrow as can be, with the index of a page."""

        pk = models.CompositePrimaryKey("user_id", "datetime", "action_id")
        user_id = models.BigIntegerField()
        datetime = models.DateTimeField()
        action_id = models.BigIntegerField()

        class Meta:
            db_table = "bench_entry"

        def __str__(self) -> str:
            return f"{self.user_id}: {self.action_id}"
