"""As many models as ``BENCH_MODELS`` says, each registered in every role and for following."""

from django.conf import settings
from django.db import models

from follow.utils import register
from stream.utils import register_action_object, register_actor, register_target


class Thing(models.Model):
    name = models.CharField(max_length=50)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name


def _make(number: int) -> type[Thing]:
    return type(f"Thing{number}", (Thing,), {"__module__": __name__})


MODELS = [_make(number) for number in range(1, settings.MODELS + 1)]

for register_role in (register_actor, register_target, register_action_object):
    register_role(MODELS)
register(MODELS)
