"""User models of a project's own, registered by an app that is loaded before theirs."""

import pytest

from tests.support import projects

engine_project = pytest.fixture(projects.engine_project)

REGISTRATIONS = """
from django.conf import settings
from django.db import models

from follow.utils import register
from stream.utils import register_action_object, register_actor, register_target

class Post(models.Model):
    title = models.CharField(max_length=50)

register_actor(settings.AUTH_USER_MODEL)
register_target([settings.AUTH_USER_MODEL, Post])
register_action_object([Post, settings.AUTH_USER_MODEL])
register([settings.AUTH_USER_MODEL, Post])
"""
UUID_KEY_AND_EMAIL_LOGIN = """
import uuid

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models

class MemberManager(BaseUserManager):
    def create_user(self, email):
        return self.create(email=email)

class Member(AbstractBaseUser):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)

    USERNAME_FIELD = "email"
    objects = MemberManager()
"""
STRING_KEY = """
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models

class MemberManager(BaseUserManager):
    def create_user(self, email):
        return self.create(handle=email)

class Member(AbstractBaseUser):
    handle = models.CharField(max_length=50, primary_key=True)
    following = models.ManyToManyField("self", symmetrical=False)
    stream_inbox = models.TextField()

    USERNAME_FIELD = "handle"
    objects = MemberManager()
"""
IDS = ["uuid", "string"]
EVERYTHING = """
from django.contrib.auth import get_user_model
from blog.models import Post
from follow.models import Follow
from follow.utils import follow
from stream.models import Action
from stream.streams import user_stream
from stream.utils import action

create_user = get_user_model().objects.create_user
ann, bob = create_user("ann@example.com"), create_user("bob@example.com")
post = Post.objects.create(title="Hello")
follow(ann, bob)
follow(ann, post)
action.send(bob, "wrote", action_object=post)
action.send(bob, "greeted", target=ann)
action.send(ann, "thanked", target=bob)

print(*[each.verb for each in user_stream(ann)])
print(*[each.verb for each in ann.actions_member.all()])
print(*[each.verb for each in ann.targetted_member.all()])
print(Follow.objects.is_following(ann, bob), Follow.objects.is_following(bob, ann))
greeting = Action.objects.get(verb="greeted")
print(greeting.actor == bob, greeting.target == ann, "@" in str(greeting))
bob.delete()
print(Action.objects.count(), Follow.objects.count())
"""
ITS_OWN_FOLLOWING = """
follow(ann, post)
action.send(ann, "waved")
print(ann.following.count(), ann.followed_things.count(), ann.deeds.get().verb)
print(get_user_model().objects.get(followed_things__target_post__title="Hello") == ann)
"""


@pytest.mark.parametrize("user_model", [UUID_KEY_AND_EMAIL_LOGIN, STRING_KEY], ids=IDS)
def test_own_user_model_acts_and_follows(engine_project, user_model):
    engine_project.app("blog", REGISTRATIONS)
    engine_project.app("people", user_model)
    engine_project.settings("AUTH_USER_MODEL = 'people.Member'")
    has_following = user_model is STRING_KEY
    if has_following:
        refused = engine_project.manage("check", fails=True)
        assert "(stream.E062) Reverse accessor 'Member.following'" in refused
        line = "STREAM_RELATED_NAMES = {'following': 'stream_following'}"
        assert f"HINT: Write {line} in the settings." in refused
        engine_project.settings(f"\n{line}\n")

    output = engine_project.manage(
        "makemigrations blog people stream follow",
        "migrate --verbosity 0",
        "makemigrations --check",
        "check --database default",
    )

    # No address is shown to others, which a check says where it is the name.
    is_called_by_address = user_model is UUID_KEY_AND_EMAIL_LOGIN
    checked = output.partition("No changes detected\n")[2]
    assert ("(stream.W050)" in checked) is is_called_by_address
    assert f"identified {'1 issue' if is_called_by_address else 'no issues'} (" in checked
    assert "settings.AUTH_USER_MODEL" in engine_project.read_migration("stream", "0001_initial")
    if has_following:  # now with others, which need no migration
        names = "{'following': 'followed_things', 'actor_actions': 'deeds'}"
        engine_project.settings(f"STREAM_RELATED_NAMES = {names}")
    code = EVERYTHING + (ITS_OWN_FOLLOWING if has_following else "")
    output = engine_project.manage(projects.CHECK, projects.shell(code))
    assert output.endswith(
        "No changes detected\n"
        "greeted wrote\nthanked\ngreeted\nTrue False\nTrue True False\n0 1\n"
        + ("0 1 waved\nTrue\n" if has_following else "")
    )


NOTIFICATIONS = """
from django.contrib.auth import get_user_model
from blog.models import Post
from stream.notifications import NotificationFeed, mute, notify
from stream.utils import action

people = [get_user_model().objects.create_user(f"{name}@example.com") for name in "abcde"]
post = Post.objects.create(title="Hello")
wrote = action.send(people[0], "wrote", action_object=post)
mute(people[4], people[0])
import stream.notifications.recipients as recipients
recipients.RECIPIENTS_PER_TRANSACTION = 2
print(notify(get_user_model().objects.all(), wrote), notify(people, wrote))
feed = NotificationFeed(people[1])
print(feed.unread_count, [str(each) for each in feed.groups()])
wrote.delete()
feed.refresh()
print(feed.unread_count)
people[1].delete()
"""
DIGESTS = """
from django.test import override_settings
from stream.notifications.digests import send_digests

notify(people[2:], action.send(people[0], "waved"))
with override_settings(STREAM_CHANNELS={"email": "stream.notifications.channels.EmailChannel"}):
    print(send_digests())  # nobody has an address
"""


@pytest.mark.parametrize("user_model", [UUID_KEY_AND_EMAIL_LOGIN, STRING_KEY], ids=IDS)
def test_own_user_model_is_notified(engine_project, user_model):
    engine_project.app("blog", REGISTRATIONS)
    engine_project.app("people", user_model)
    engine_project.settings(
        "AUTH_USER_MODEL = 'people.Member'\nINSTALLED_APPS += ['stream.notifications']\n"
    )
    has_inbox = user_model is STRING_KEY  # a field of this name
    if has_inbox:
        names = "{'following': 'followed', 'stream_inbox': 'inbox'}"
        engine_project.settings(f"STREAM_RELATED_NAMES = {names}")
    engine_project.manage(
        "makemigrations blog people stream follow",
        "migrate --verbosity 0",
        "makemigrations --check",
    )
    code = NOTIFICATIONS + (DIGESTS if has_inbox else "")
    shown = engine_project.python(code).splitlines()
    assert shown[0] == "3 0"
    assert shown[1].startswith("1 [")
    assert shown[2:] == ["0", "Digests(sent=0, failed=0)"][: 1 + has_inbox]
