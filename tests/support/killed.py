"""``python -m tests.support.killed``: a process that is killed wherever a job is to be written.

The settings are those of ``tests.scale.settings``. It prints what was written without its job.
"""

import json
import os
import signal

import django

if __name__ == "__main__":
    django.setup()

from django.contrib.auth.models import User
from django.db import connections

from follow.models import Follow
from follow.utils import follow
from stream.models import Action
from stream.timelines import outbox
from stream.timelines.models import Job
from stream.utils import action


def save(row, **values):
    for name, value in values.items():
        setattr(row, name, value)
    row.save()


# What Python writes that stored timelines must hear of. ``ann`` follows ``bob``, who acted.
WRITES = {
    "send": lambda ann, bob: action.send(bob, "sang"),
    "send_many": lambda ann, bob: action.send_many([{"actor": bob, "verb": "sang"}]),
    "Action.save": lambda ann, bob: save(Action.objects.get(), public=True),
    "Action.update": lambda ann, bob: Action.objects.update(public=True),
    "Action.bulk_create": lambda ann, bob: Action.objects.bulk_create([Action(actor=bob)]),
    "Follow.create": lambda ann, bob: Follow.objects.create(ann, bob, flag="x"),
    "Follow.save": lambda ann, bob: Follow(user=ann, target=bob, flag="x").save(),
    "Follow.bulk_create": lambda ann, bob: Follow.objects.bulk_create(
        [Follow(user=ann, target=bob, flag="x")]
    ),
    "Follow.update": lambda ann, bob: Follow.objects.update(actor_only=False),
    "follow": lambda ann, bob: follow(ann, bob, "x"),
    "follow of what is followed": lambda ann, bob: follow(ann, bob, actor_only=False),
    "Follow.delete": lambda ann, bob: Follow.objects.get().delete(),
}


def set_scene(ann, bob):
    follow(ann, bob)
    action.send(bob, "played", public=False)
    Job.objects.all().delete()


def written():
    actions = Action.objects.order_by("pk").values_list("verb", "public")
    follows = Follow.objects.order_by("pk").values_list("user", "flag", "actor_only")
    return [list(actions), list(follows), Job.objects.count()]


def kill(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)


def main():
    ann, bob = User.objects.create(username="ann"), User.objects.create(username="bob")
    set_scene(ann, bob)
    before, lost = written(), []
    for name, write in WRITES.items():
        connections.close_all()  # a fork would share them
        if (child := os.fork()) == 0:
            outbox.enqueue = kill
            write(ann, bob)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert os.WIFSIGNALED(status), f"{name} wrote no job"
        if written() != before:
            lost.append(name)
    print(json.dumps(lost))


if __name__ == "__main__":
    main()
