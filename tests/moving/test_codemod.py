"""``python -m stream.contrib.codemod``: code of old packages becomes code of this one."""

import ast
import re
import subprocess
import sys
from importlib import import_module
from textwrap import dedent

import pytest
from django.contrib.auth.models import User
from django.template import Context, Template

pytest.importorskip("libcst")

from follow.utils import follow
from stream.contrib.codemod.lookups import keys_of
from stream.contrib.codemod.python import rewrite
from stream.contrib.codemod.running import main
from stream.contrib.codemod.templates import rewrite as rewrite_template
from stream.notifications import send_notification
from tests.support.guide import DOCS

#: Code before and after, and what is left: the line and words of it.
PAIRS = {
    "sending": (
        """
        from actstream import action

        action.send(ann, verb="liked", target=post, timestamp=when)  # now
        action.send(
            sender=ann,
            verb="rated",
            stars=5,
            data="x",
        )
        liked = action.send(ann, verb="liked")[0][1]
        """,
        """
        from stream.utils import action

        action.send(ann, verb="liked", target=post, datetime=when)  # now
        action.send(
            ann,
            verb="rated",
            data={"stars": 5, "data": "x"},
        )
        liked = action.send(ann, verb="liked")
        """,
        [],
    ),
    "sending what only people know": (
        """
        from actstream.signals import action

        action.send(ann, verb="liked", **more)
        answers = action.send(ann, verb="liked")
        action.connect(listen)
        """,
        """
        from stream.utils import action

        action.send(ann, verb="liked", **more)
        answers = action.send(ann, verb="liked")
        action.connect(listen)
        """,
        [(4, "data={…}"), (5, "returns the action"), (6, "stream.signals.action")],
    ),
    "aliases": (
        """
        # -*- coding: utf-8 -*-
        import os

        from actstream import action as act, registry
        import actstream.actions as aa
        import actstream.models

        act.send(ann, verb="read")
        aa.follow(ann, post)
        actstream.models.Action.objects.all()
        """,
        """
        # -*- coding: utf-8 -*-
        import os

        from actstream import registry
        from stream.utils import action as act
        from follow.utils import follow
        from stream.models import Action

        act.send(ann, verb="read")
        follow(ann, post, send_action=True)
        Action.objects.all()
        """,
        [(5, "Action.actor.models")],
    ),
    "names that the module has itself": (
        """
        from actstream import actions
        from actstream.actions import unfollow


        def follow(request):
            actions.follow(request.user, post, flag="liking")
            unfollow(request.user, post, True, "liking")


        def other(action):
            return action.send(1, timestamp=2)
        """,
        """
        from follow.utils import follow as follow_follow
        from follow.utils import unfollow


        def follow(request):
            follow_follow(request.user, post, flag="liking", send_action=True)
            unfollow(request.user, post, send_action=True, flag="liking")


        def other(action):
            return action.send(1, timestamp=2)
        """,
        [],
    ),
    "following": (
        """
        from actstream.actions import follow, is_following, unfollow
        from actstream.models import Follow, followers, following

        follow(ann, post, False, False, "liking")
        follow(ann, post, verb_suffix=1)
        unfollow(ann, post)
        is_following(ann, post)
        is_following(ann, post, "liking")
        is_following(ann, post, flag=f)
        Follow.objects.is_following(ann, post)
        Follow.objects.for_object(post).filter(started__gt=when).order_by("-started")
        followers(post), following(ann, User)
        """,
        """
        from follow.models import Follow
        from follow.utils import follow, unfollow

        follow(ann, post, send_action=False, actor_only=False, flag="liking")
        follow(ann, post, verb_suffix=1)
        unfollow(ann, post)
        Follow.objects.is_following(ann, post, flag=None)
        Follow.objects.is_following(ann, post, flag="liking")
        Follow.objects.is_following(ann, post, flag=f or None)
        Follow.objects.is_following(ann, post, flag=None)
        Follow.objects.get_follows(post).filter(datetime__gt=when).order_by("-datetime")
        Follow.objects.followers(post), Follow.objects.following(ann, User)
        """,
        [(6, "verb_suffix"), (7, "ends the plain one"), (13, "a queryset here")],
    ),
    "streams and filters": (
        """
        from actstream.models import Action, any_stream, user_stream

        user_stream(ann, follow_flag="liking", timestamp__gt=when).exclude(timestamp__lt=old)[:5]
        Action.objects.actor(ann).order_by("-timestamp").values("timestamp", "verb")
        Action.objects.model_actions(Post).filter(Q(timestamp=when) | Q(x=1), F("timestamp"))
        Action.objects.public(verb="liked").latest("timestamp").timestamp
        post.target_actions.filter(timestamp__gt=when)
        """,
        """
        from stream.models import Action
        from stream.streams import any_stream, user_stream

        user_stream(ann, flag="liking", datetime__gt=when).exclude(datetime__lt=old)[:5]
        Action.objects.actor_stream(ann).order_by("-datetime").values("datetime", "verb")
        Action.objects.model_stream(Post).filter(Q(datetime=when) | Q(x=1), F("datetime"))
        Action.objects.public().filter(verb="liked").latest("datetime").datetime
        post.target_actions.filter(datetime__gt=when)
        """,
        [],
    ),
    "rows of loops": (
        """
        from actstream.models import Action

        for each in Action.objects.all():
            print(each.timestamp)
        whens = [a.timestamp for a in user.actor_actions.all() if a.timestamp]
        for each in others:
            print(each.timestamp)
        """,
        """
        from stream.models import Action

        for each in Action.objects.all():
            print(each.datetime)
        whens = [a.datetime for a in user.actor_actions.all() if a.datetime]
        for each in others:
            print(each.timestamp)
        """,
        [(8, ".datetime")],
    ),
    "what only people know": (
        """
        from actstream.models import Action

        for each in rows.filter(timestamp__gt=when):
            print(each.timestamp, now().timestamp(), each.actor_object_id)
        Action.objects.filter(target_content_type=kind, target_object_id=5)
        rows.select_related("actor_content_type")
        relation = GenericRelation("actstream.Action", related_query_name="actions_with_x")
        """,
        """
        from stream.models import Action

        for each in rows.filter(timestamp__gt=when):
            print(each.timestamp, now().timestamp(), each.actor_object_id)
        Action.objects.filter(target_content_type=kind, target_object_id=5)
        rows.select_related("actor_content_type")
        relation = GenericRelation("actstream.Action", related_query_name="actions_with_x")
        """,
        [
            (4, "write datetime"),
            (5, ".datetime"),
            (5, "Action.actor.model_and_key"),
            (6, "target_post=post"),
            (6, "target_post=post"),
            (7, "one column for each model"),
            (8, "registered models have actor_actions"),
            (8, "actions_post"),
        ],
    ),
    "registering": (
        """
        from django.apps import AppConfig


        class BlogConfig(AppConfig):
            def ready(self):
                # all of them
                from actstream import registry

                registry.register(self.get_model("Post"), "auth.User")  # both
        """,
        """
        from django.apps import AppConfig


        class BlogConfig(AppConfig):
            def ready(self):
                # all of them
                from follow.utils import register
                from stream.utils import register_action_object, register_actor, register_target

                register_actor([self.get_model("Post"), "auth.User"])
                register_target([self.get_model("Post"), "auth.User"])
                register_action_object([self.get_model("Post"), "auth.User"])
                register([self.get_model("Post"), "auth.User"])  # both
        """,
        [(10, "keep those that occur")],
    ),
    "notifying": (
        """
        from notifications.signals import notify

        notify.send(ann, recipient=bob, verb="liked", target=post, level="warning", public=False)
        notify.send(sender=a, recipient=b, verb=v, timestamp=t, level=x, n=5)
        told = notify.send(ann, recipient=bob, verb="liked")
        """,
        """
        from stream.notifications import Level, send_notification

        send_notification(bob, ann, "liked", target=post, level=Level.WARNING, to_self=True)
        send_notification(b, a, v, datetime=t, level=Level[x.upper()], data={"n": 5}, to_self=True)
        told = send_notification(bob, ann, "liked", to_self=True)
        """,
        [(6, "returned notifications")],
    ),
    "notifications": (
        """
        from notifications.models import Notification

        request.user.notifications.unread().filter(timestamp__gt=when, verb="liked")
        request.user.notifications.mark_all_as_read()
        user.notifications.active().update(unread=False)
        Notification.objects.filter(recipient=ann, unread=True, level="info").order_by("-timestamp")
        Notification.objects.filter(unread=False).mark_all_as_deleted(recipient=ann)
        Notification.objects.unsent()
        each.mark_as_read()
        Notification.objects.read().count(), Notification.objects.read(include_deleted=True)
        rows = user.notifications.filter(verb="liked")
        rows.read(False), rows.read(True), rows.read(include_deleted=x), rows.unread(x)
        """,
        """
        from stream.notifications import Level
        from stream.notifications.models import Notification

        request.user.stream_notifications.unread().filter(datetime__gt=when, action__verb="liked")
        request.user.stream_notifications.mark_read()
        user.stream_notifications.filter(archived=0).mark_read()
        Notification.objects.filter(recipient=ann, level=Level.INFO).unread().order_by("-datetime")
        Notification.objects.read().filter(recipient=ann).archive()
        Notification.objects.unsent()
        each.mark_as_read()
        Notification.objects.read().filter(archived=0).count(), Notification.objects.read()
        rows = user.stream_notifications.filter(action__verb="liked")
        rows.read().filter(archived=0), rows.read(), rows.read(include_deleted=x), rows.unread()
        """,
        [(9, "STREAM_CHANNELS"), (10, "mark_read()"), (13, "unless include_deleted")],
    ),
    "rows of notifications": (
        """
        def inbox(request, member):
            for n in request.user.notifications.unread():
                print(n.actor, n.verb, n.data["x"], n.timestamp, n.recipient)
                if not n.unread and n.target == member:
                    print(n.unread == True, n.description)
                n.unread = False
                n.data = {}
                print(n.timesince(), n.level)
                n.mark_as_read()
                print(n.actor_object_id, 1 if n.unread else 0)
            rows = member.notifications.read()
            rows = rows.filter(verb="liked")
            shown = [(i, n.action_object) for i, n in enumerate(rows[:5]) if n.unread]
            one = request.user.notifications.get(pk=1)
            whens = [t.timestamp() for t in rows.values_list("timestamp", flat=True)]
            for n in member.notifications.all():
                print(n.actor)
            return one.verb, rows[0].actor, [n.verb for n in shown], whens
        """,
        """
        def inbox(request, member):
            for n in request.user.stream_notifications.unread():
                print(n.action.actor, n.action.verb, n.action.data["x"], n.datetime, n.recipient)
                if n.is_read and n.action.target == member:
                    print((not n.is_read) == True, n.action.description)
                n.unread = False
                n.data = {}
                print(n.timesince(), n.level)
                n.mark_read()
                print(n.actor_object_id, 1 if not n.is_read else 0)
            rows = member.stream_notifications.read().filter(archived=0)
            rows = rows.filter(action__verb="liked")
            shown = [(i, n.action.action_object) for i, n in enumerate(rows[:5]) if not n.is_read]
            one = request.user.stream_notifications.get(pk=1)
            whens = [t.timestamp() for t in rows.values_list("datetime", flat=True)]
            for n in member.notifications.all():
                print(n.actor)
            return one.action.verb, rows[0].action.actor, [n.verb for n in shown], whens
        """,
        [
            (7, "mark_read()"),
            (8, "save the action"),
            (9, "timesince(notification.datetime)"),
            (9, "level_name"),
            (11, "Action.actor.model_and_key"),
            (17, "stream_notifications"),
        ],
    ),
    "what has no name here": (
        """
        from actstream.managers import ActionManager
        from notifications.base.models import AbstractNotification
        from notifications.utils import slug2id


        class Manager(ActionManager):
            pass


        class Notification(AbstractNotification):
            key = slug2id(1)
        """,
        None,
        [(7, "STREAM_ACTION_MANAGER"), (11, "OneToOneField"), (12, "no slugs")],
    ),
    "models of a site": (
        """
        from django.db import models
        from actstream.models import Action

        Old = apps.get_model("actstream", "Follow"), get_model("actstream.Action")


        class Bookmark(models.Model):
            action = models.ForeignKey("actstream.Action", models.CASCADE)
            other = models.ForeignKey(Action, models.CASCADE)
        """,
        """
        from django.db import models
        from stream.models import Action

        Old = apps.get_model("follow", "Follow"), get_model("stream.Action")


        class Bookmark(models.Model):
            action = models.ForeignKey("actstream.Action", models.CASCADE)
            other = models.ForeignKey(Action, models.CASCADE)
        """,
        [(9, "RepointForeignKey"), (10, "RepointForeignKey")],
    ),
    "settings": (
        """
        INSTALLED_APPS = [
            "django.contrib.auth",
            'actstream',
            "notifications",
        ]
        INSTALLED_APPS += ("actstream",)
        ACTSTREAM_SETTINGS = {"MANAGER": "blog.Manager"}
        """,
        """
        INSTALLED_APPS = [
            "django.contrib.auth",
            'follow',
            'stream',
            "stream.notifications",
        ]
        INSTALLED_APPS += ("follow", "stream",)
        ACTSTREAM_SETTINGS = {"MANAGER": "blog.Manager"}
        """,
        [
            (2, '{"stream": "mysite.migrations_stream", "follow": "mysite.migrations_follow"}'),
            (7, "MIGRATION_MODULES"),
            (8, "STREAM_ACTION_MANAGER"),
        ],
    ),
    "addresses": (
        """
        import notifications.urls
        from django.urls import include, path, reverse

        urlpatterns = [
            path("activity/", include("actstream.urls")),
            path("inbox/", include(notifications.urls, namespace="notifications")),
        ]
        reverse("actstream"), reverse('notifications:all'), reverse("actstream_actor")
        """,
        """
        from django.urls import include, path, reverse

        urlpatterns = [
            path("activity/", include("stream.urls")),
            path("inbox/", include("stream.notifications.urls")),
        ]
        reverse("stream:feed"), reverse('stream_notifications:list'), reverse("actstream_actor")
        """,
        [
            (6, "include follow.urls"),
            (6, "stream.contrib.actstream.urls"),
            (7, 'with "stream.contrib.notifications" in INSTALLED_APPS'),
            (9, "coming-from"),
        ],
    ),
    "addresses that lead old links on": (
        """
        from django.urls import include, path

        urlpatterns = [
            path("stream/", include("stream.urls")),
            path("follow/", include("follow.urls")),
            path("activity/", include("actstream.urls")),
            path("inbox/", include("stream.notifications.urls")),
            path("old/", include("stream.contrib.notifications.urls")),
        ]
        """,
        """
        from django.urls import include, path

        urlpatterns = [
            path("stream/", include("stream.urls")),
            path("follow/", include("follow.urls")),
            path("activity/", include("stream.contrib.actstream.urls")),
            path("inbox/", include("stream.notifications.urls")),
            path("old/", include("stream.contrib.notifications.urls")),
        ]
        """,
        [(7, "keep it"), (9, "'stream.contrib.notifications' in INSTALLED_APPS")],
    ),
    "settings of the old names": (
        """
        ROOT_URLCONF = "shop.urls"
        INSTALLED_APPS = ["stream.contrib.actstream", "notifications"]
        STREAM_ACTION_MANAGER = "stream.contrib.actstream.managers.ActionManager"
        MIGRATION_MODULES = {"stream": "shop.migrations_stream"}
        BUILTINS = ["actstream.templatetags.activity_tags"]
        """,
        """
        ROOT_URLCONF = "shop.urls"
        INSTALLED_APPS = ["follow", "stream", "stream.notifications"]
        STREAM_ACTION_MANAGER = "stream.managers.ActionManager"
        MIGRATION_MODULES = {"stream": "shop.migrations_stream"}
        BUILTINS = ["actstream.templatetags.activity_tags"]
        """,
        [(3, '{"follow": "shop.migrations_follow"}'), (4, "delete it"), (6, "stream_tags")],
    ),
    "addresses with the name of an app": (
        """
        import actstream.urls

        a = include(("notifications.urls", "notifications"), namespace="n")
        b = include((actstream.urls, "activity")), include("follow.urls")
        """,
        """

        a = include("stream.notifications.urls")
        b = include("stream.urls"), include("follow.urls")
        """,
        [(4, "old links"), (5, "old links")],
    ),
    "an app that is taken out": (
        'INSTALLED_APPS = ["stream", "follow", "stream.contrib.actstream"]\n',
        'INSTALLED_APPS = ["stream", "follow"]\n',
        [(1, "MIGRATION_MODULES")],
    ),
    "notifications alone": (
        'INSTALLED_APPS = ["notifications"]\n',
        'INSTALLED_APPS = ["stream.notifications"]\n',
        [(1, "needs 'stream'")],
    ),
    "an import that is tried": (
        """
        try:
            from actstream import action
        except ImportError:
            action = None
        """,
        """
        try:
            from stream.utils import action
        except ImportError:
            action = None
        """,
        [],
    ),
    "old names of this package": (
        """
        from stream.contrib.actstream import action as act
        import stream.contrib.actstream.actions as aa
        from stream.contrib.notifications.signals import notify

        INSTALLED_APPS = ["stream", "stream.contrib.actstream", "stream.contrib.notifications"]
        act.send(ann, verb="liked", timestamp=when)
        aa.follow(ann, post)
        notify.send(ann, recipient=bob, verb="liked")
        include("stream.contrib.notifications.urls")
        """,
        """
        from stream.utils import action as act
        from follow.utils import follow
        from stream.notifications import send_notification

        INSTALLED_APPS = ["stream", "follow", "stream.notifications"]
        act.send(ann, verb="liked", datetime=when)
        follow(ann, post, send_action=True)
        send_notification(bob, ann, "liked", to_self=True)
        include("stream.notifications.urls")
        """,
        [
            (6, "MIGRATION_MODULES"),
            (10, 'with "stream.contrib.notifications" in INSTALLED_APPS'),
        ],
    ),
    "others": (
        """
        import actstreaming
        from mysite.notifications import notify
        from . import actstream

        notify.send(ann, recipient=bob, timestamp=when)
        actstream.action.send(ann, timestamp=when)
        """,
        None,
        [],
    ),
}
TEMPLATES = {
    "activities": (
        """
        {% load i18n activity_tags %}
        {% activity_stream "user" user follow_flag="liking" %}
        {% activity_stream 'actor' ann as='mine' %}
        {% for action in stream %}{%- display_action action -%}{% endfor %}
        {% actor_url ann %}{% is_following user post "liking" as yes %}
        {% is_following user post "" %}{% if user|is_following:post %}{% endif %}
        {% url 'actstream' %}{% url "actstream_detail" action.pk %}
        """,
        """
        {% load i18n stream_tags follow_tags %}
        {% stream "user" user flag="liking" as stream %}
        {% stream 'actor' ann as mine %}
        {% for action in stream %}{%- render_action action -%}{% endfor %}
        {% stream_url ann "actor" %}{% is_following user post flag="liking" as yes %}
        {% is_following user post flag=None %}{% if user|is_following:post %}{% endif %}
        {% url 'stream:feed' %}{% url "stream:action" action.pk %}
        """,
        [(7, "{% is_following user post flag=None as followed %}")],
    ),
    "kinds of following": (
        """
        {% load activity_tags %}{% is_following user post kind as yes %}
        {% is_following user post kind|lower as yes %}{% is_following user post '' as yes %}
        {{ request.user|is_following:page.author|yesno }}
        """,
        """
        {% load stream_tags follow_tags %}{% is_following user post flag=kind|default:None as yes %}
        {% is_following user post flag=kind|lower|default:None as yes %}\
{% is_following user post flag=None as yes %}
        {{ request.user|is_following:page.author|yesno }}
        """,
        [(4, "{% is_following request.user page.author flag=None as followed %}")],
    ),
    "a filter that is ours": (
        "{% load follow_tags %}{% if user|is_following:post %}{% endif %}",
        None,
        [],
    ),
    "actions of objects": (
        """
        {% for each in request.user.actor_actions.all %}{{ each.verb }}{% endfor %}
        {{ post.target_actions.count }}{{ post.action_object_actions.first }}
        {{ actor_actions }}{{ other_actor_actions.all }}{{ post.context_actions.all }}
        """,
        None,
        [
            (2, '{% stream "actor" request.user as actions %}'),
            (2, "if each is a notification"),
            (3, '{% stream "target" post as actions %}'),
            (3, '{% stream "action_object" post as actions %}'),
        ],
    ),
    "what only people know": (
        """
        {% load activity_tags %}{% load display_action from activity_tags %}
        {% follow_url post %}{% follow_url post "liking" %}
        {% follow_all_url post %}
        {{ action.timestamp|timesince }}
        {% url 'actstream_followers' kind post.pk %}
        """,
        """
        {% load stream_tags follow_tags activity_tags %}{% load display_action from activity_tags %}
        {% follow_url post %}{% follow_url post "liking" %}
        {% follow_all_url post %}
        {{ action.timestamp|timesince }}
        {% url 'actstream_followers' kind post.pk %}
        """,
        [
            (2, "load stream_tags"),
            (2, "take activity_tags out"),
            (3, "{% follow_form post %}"),
            (3, '{% follow_form post flag="liking" %}'),
            (4, "actor_only=False"),
            (5, "time_ago"),
            (6, "stream_url"),
        ],
    ),
    "notifications": (
        """
        {% load notifications_tags %}
        {% notifications_unread as n %}{{ user.notifications.unread.count }}
        {% url 'notifications:unread' %} {% url "notifications:all" %}
        """,
        """
        {% load stream_notifications %}
        {% unread_count as n %}{{ user.stream_notifications.unread.count }}
        {% url 'stream_notifications:list' %}?unread {% url "stream_notifications:list" %}
        """,
        [],
    ),
    "notifications for people": (
        """
        {% load notifications_tags %}
        {% register_notify_callbacks %}{% live_notify_badge %}{% live_notify_list %}
        {% if user|has_notification %}{% url "notifications:mark_all_as_read" %}{% endif %}
        """,
        """
        {% load stream_notifications notifications_tags %}
        {% register_notify_callbacks %}{% live_notify_badge %}{% live_notify_list %}
        {% if user|has_notification %}{% url "notifications:mark_all_as_read" %}{% endif %}
        """,
        [
            (2, "take notifications_tags out"),
            (3, "{% live %} in the head, with 'stream.live' in INSTALLED_APPS"),
            (3, "{% live_badge %}, with 'stream.live' in INSTALLED_APPS and include("),
            (3, "{% notifications size=5 as items %}"),
            (4, "unread_count user limit=1"),
            (4, "take POST"),
        ],
    ),
    "a name of a stream": (
        "{% load activity_tags %}{% activity_stream 'target' post as about %}",
        "{% load stream_tags follow_tags %}{% stream 'target' post as about %}",
        [],
    ),
    "loops over notifications": (
        """
        {% for n in user.notifications.unread %}
        {{ n.actor }} {{ n.verb|title }}
        {% url "x" n.target.pk %}{{ n.timestamp|date:"n.verb" }}
        <li class="{{ n.level }}">{{ n.timesince }}{% if n.unread %}{% endif %}</li>
        {% endfor %}
        {% with rows=member.notifications.read %}{% for each in rows|slice:":5" %}
        {{ each.actor.first }}{% for each in others %}{{ each.actor }}{% endfor %}
        {% endfor %}{% with one=rows.first %}{{ one.verb }}{% endwith %}{% endwith %}
        {{ user.notifications.deleted.count }}{{ user.notifications.active.count }}
        {% for n in member.notifications %}{% endfor %}
        """,
        """
        {% for n in user.stream_notifications.unread %}
        {{ n.action.actor }} {{ n.action.verb|title }}
        {% url "x" n.action.target.pk %}{{ n.datetime|date:"n.verb" }}
        <li class="{{ n.level_name }}">{{ n.timesince }}{% if n.unread %}{% endif %}</li>
        {% endfor %}
        {% with rows=member.stream_notifications.read %}{% for each in rows|slice:":5" %}
        {{ each.action.actor.first }}{% for each in others %}{{ each.actor }}{% endfor %}
        {% endfor %}{% with one=rows.first %}{{ one.action.verb }}{% endwith %}{% endwith %}
        {{ user.stream_notifications.archived.count }}{{ user.stream_notifications.active.count }}
        {% for n in member.notifications %}{% endfor %}
        """,
        [
            (5, "{{ n.datetime|time_ago }}"),
            (5, "{% if not n.is_read %}"),
            (7, ".read().filter(archived=0)"),
            (8, "each.action.actor"),
            (10, "{% notifications size=20"),
            (11, "write stream_notifications"),
        ],
    ),
    "notifications of a view": (
        """
        {% load notifications_tags %}{% for each in unread %}
        {{ each.actor }}{{ each.description }}{{ each.timestamp }}{{ each.action.actor }}
        {% endfor %}
        """,
        """
        {% load stream_notifications %}{% for each in unread %}
        {{ each.actor }}{{ each.description }}{{ each.timestamp }}{{ each.action.actor }}
        {% endfor %}
        """,
        [(3, "each.action.actor"), (3, "each.action.description"), (3, "each.datetime")],
    ),
    "a template that is included": (
        """
        {{ each.actor }} {{ each.verb }} {{ each.target }}
        {{ post.description }} {% if each.unread %}{% endif %}
        """,
        None,
        [(2, "each.action.actor"), (3, '{{ each.is_read|yesno:"False,True" }}')],
    ),
    "attributes with another value": (
        """
        {% load notifications_tags %}
        <a class="{{ note.level }}" href="{% url 'x' note.slug %}">{{ user.level }}</a>
        {% if each.level == "warning" %}{{ each.slug }}{{ each.timestamp }}{% endif %}
        {{ post.slug }}{{ post.level }}
        {% for n in user.notifications.all %}{% if n.level == "info" %}{{ n.slug }}{% endif %}
        {% endfor %}
        """,
        """
        {% load stream_notifications %}
        <a class="{{ note.level }}" href="{% url 'x' note.slug %}">{{ user.level }}</a>
        {% if each.level == "warning" %}{{ each.slug }}{{ each.timestamp }}{% endif %}
        {{ post.slug }}{{ post.level }}
        {% for n in user.stream_notifications.all %}{% if n.level_name == "info" %}{{ n.slug }}\
{% endif %}
        {% endfor %}
        """,
        [
            (3, "write note.level_name"),
            (3, "write note.pk"),
            (4, "write each.level_name"),
            (4, "write each.pk"),
            (4, "each.datetime"),
            (6, "write n.pk"),
        ],
    ),
    "actions beside notifications": (
        """
        {% load stream_tags stream_notifications %}{% stream "user" user as news %}
        {% for each in news %}{{ each.actor }}{% endfor %}
        {% for one in page %}{% render_action one %}{{ one.verb }}{% endfor %}
        """,
        None,
        [],
    ),
    "others": ("{% load blog %}{% display_action action %}{% is_following %}", None, []),
}

each_pair = pytest.mark.parametrize(("before", "after", "left"), PAIRS.values(), ids=PAIRS)
each_template = pytest.mark.parametrize(
    ("before", "after", "left"), TEMPLATES.values(), ids=TEMPLATES
)


def check(rewritten, before, after, left):
    text, notes = rewritten
    assert text == (before if after is None else dedent(after))
    notes = sorted(notes)
    assert [each.line for each in notes] == [line for line, _ in left], notes
    for line, words in left:
        assert any(each.line == line and words in each.instead for each in notes), (words, notes)


@each_pair
def test_python(before, after, left):
    before = dedent(before)
    check(rewrite(before, uses_notifications=True), before, after, left)


@each_pair
def test_python_that_is_rewritten_stays(before, after, left):
    text, _ = rewrite(dedent(before), uses_notifications=True)
    assert rewrite(text, uses_notifications=True)[0] == text


@each_pair
def test_what_is_written_compiles_and_its_names_exist(before, after, left):
    text, _ = rewrite(dedent(before), uses_notifications=True)
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom) and not node.level:
            package = node.module.partition(".")[0]
            for alias in node.names if package in ("follow", "stream") else ():
                assert hasattr(import_module(node.module), alias.name), alias.name


@each_template
def test_templates(before, after, left):
    before = dedent(before)
    check(rewrite_template(before, uses_notifications=True), before, after, left)


@each_template
def test_templates_that_are_rewritten_stay(before, after, left):
    text, _ = rewrite_template(dedent(before), uses_notifications=True)
    assert rewrite_template(text, uses_notifications=True)[0] == text


AGAIN = """
from actstream import action, registry
from actstream.actions import unfollow
from notifications.signals import notify
def ready(self):
    registry.register(self.get_model("Post"))
def view(rows):
    unfollow(ann, post)
    [(handler, sent)] = action.send(ann, verb="liked")
    [(handler, told)] = notify.send(ann, recipient=bob, verb="liked")
    print(rows[0].timestamp)
    rows.filter(timestamp__gt=when)
include("actstream.urls")
"""


def test_a_second_run_lists_what_new_names_show():
    text, first = rewrite(AGAIN, uses_notifications=True)
    _, second = rewrite(text, uses_notifications=False, has_notifications=True)
    links = {each for each in first if "old links" in each.instead}
    assert len(links) == 1
    left = sorted(each.instead for each in first if each not in links)
    assert sorted(each.instead for each in second) == left
    assert len(left) == 7


@pytest.mark.parametrize(
    ("code", "instead"),
    [
        ("X.objects.filter(action__timestamp__gt=t)", "write action__datetime"),
        ("X.objects.order_by('-action__timestamp')", "write action__datetime"),
        ("Q(mark__action__timestamp=t)", "write mark__action__datetime"),
        ("F('mark__timestamp')", "write mark__datetime"),
        ("date_hierarchy = 'mark__timestamp'", "write mark__datetime"),
        ("x.get(action__actor_object_id=1)", "action__actor_post=post"),
        ("x.get(mark__target_content_type__model='post')", "mark__target_post=post"),
        ("x.filter(**{'action__action_object_object_id': 1})", "action__action_object_post=post"),
        ("User.objects.filter(actions_with_auth_user_as_actor__verb='x')", "actions_post"),
        ("x.filter(actions_with_auth_user_as_actor__timestamp=t)", "write actions_post__datetime"),
        ("x.filter(follow__started=t)", "write follow__datetime"),
        ("x.exclude(follow__object_id=1)", "follow__target_post"),
        ("User.objects.filter(notifications__unread=True)", "stream_notifications__in=Notif"),
        ("x.filter(notifications__timestamp=t)", "write stream_notifications__datetime"),
        ("x.filter(a__notifications__verb=v)", "a__stream_notifications__action__verb"),
        ("x.filter(notifications__isnull=True)", "write stream_notifications__isnull"),
        ("x.values('notifications__deleted')", "stream_notifications__archived=1"),
        ("x.filter(note__target_object_id=1)", "note__action__target_post=post"),
        ("x.filter(note__emailed=1)", "deliveries of a channel"),
        ("x.annotate(n=Count('notifications'))", "write stream_notifications"),
        ("x.prefetch_related('notifications')", "write stream_notifications"),
    ],
)
def test_lookups_across_keys_are_listed(code, instead):
    keys = keys_of(
        [
            "class Mark(Model):\n    mark = models.ForeignKey('actstream.Action', CASCADE)\n"
            "    note = OneToOneField(to=Notification)\n    post = ForeignKey(Post)\n"
        ]
    )
    code += "\n"
    text, [note] = rewrite(code, uses_notifications=True, keys=keys)
    assert text == code
    assert note.line == 1
    assert instead in note.instead


@pytest.mark.parametrize(
    "code",
    [
        "x.filter(action__datetime__gt=t, action__verb='x', post__timestamp=t, timestamp__gt=t)",
        "x.filter(stream_notifications__action__verb='x', order__unread=True)",
        "x.order_by('order__timestamp', '__init__', 'a__b')",
        "x.filter(action__target_post=1, action__actor_user__username='ann')",
        "x = 'notifications'",
    ],
)
def test_other_lookups_are_not_listed(code):
    assert rewrite(f"{code}\n", uses_notifications=True) == (f"{code}\n", [])


def test_lookups_are_listed_where_nothing_old_is_imported(site, capsys):
    model = "from actstream.models import Action\n\n\nclass Mark(models.Model):\n"
    (site / "blog/models.py").write_text(f"{model}    of = models.ForeignKey(Action, CASCADE)\n")
    (site / "blog/views.py").write_text("Mark.objects.filter(of__timestamp__gt=when)\n")
    for _ in range(2):
        main([str(site), "--write"])
        listed = f"{site}/blog/views.py:1: of__timestamp__gt=when: write of__datetime"
        assert listed in capsys.readouterr().out


@pytest.mark.django_db
def test_rewritten_notifications_that_are_read_leave_out_what_is_put_away():
    ann, bob = (User.objects.create(username=name) for name in ("ann", "bob"))
    for verb in ("kept", "put away", "new"):
        send_notification(bob, ann, verb)
    rows = bob.stream_notifications
    rows.filter(action__verb="kept").mark_read()
    rows.filter(action__verb="put away").archive()
    old = "x = [[n.verb for n in user.notifications.read({})] for _ in [1]]\n"
    shown = []
    for given in ("", "include_deleted=True"):
        names = {"user": bob}
        exec(rewrite(old.format(given), uses_notifications=True)[0], names)
        shown.append({verb for verbs in names["x"] for verb in verbs})
    assert shown == [{"kept"}, {"kept", "put away"}]


def test_attributes_of_what_is_called_a_notification_are_listed():
    code = "def tell(notification):\n    return notification.{}\n"
    for name, words in (
        ("level == 'warning'", "level_name"),
        ("slug", "write pk"),
        ("unread", "not notification.is_read"),
    ):
        _, [note] = rewrite(code.format(name), uses_notifications=True, has_notifications=True)
        assert (note.line, words in note.instead) == (2, True)
    other = code.format("level").replace("notification", "user")
    assert rewrite(other, uses_notifications=True, has_notifications=True)[1] == []


OF_ACTIONS = "from actstream.models import Action, actor_stream\n"


@pytest.mark.parametrize(
    "query",
    [
        "Action.objects.filter(verb='x')[:5]",
        "Action.objects.get(pk=1)",
        "rows = Action.objects.all()",
        "Action.objects.exclude(verb='x').delete()",
        "get_object_or_404(Action, pk=1)",
        "get_list_or_404(Action.objects.all())",
        "ann.actor_actions.all()",
        "request.user.target_actions.filter(verb='x').count()",
        "post.action_object_actions.count()",
        "shown = {'actions': self.request.user.actor_actions}",
        "ann.actor_actions.order_by('-datetime')[:5]",
        "len(ann.actor_actions.all()) + x",
        "User.objects.prefetch_related('actor_actions')",
        "User.objects.prefetch_related(Prefetch('groups__target_actions'))",
        "User.objects.annotate(n=Count('actor_actions'))",
        "class Shown(ListView): model = Action",
    ],
)
def test_each_plain_query_is_listed_since_it_finds_messages(query):
    code = f"{OF_ACTIONS}1\n{query}\nx.actor_actions.get(verb='y')\n"
    assert rewrite(code, uses_notifications=False)[1] == []
    for _ in range(2):
        lines = code.splitlines()
        code, left = rewrite(code, uses_notifications=True, has_notifications=True)
        assert [lines[each.line - 1] for each in left] == lines[-2:]
        assert all("is_message" in each.instead for each in left)


@pytest.mark.parametrize(
    "query",
    [
        "Action.objects.public().count()",
        "Action.objects.filter(is_message=None)",
        "Action.objects.actor(ann)",
        "actor_stream(ann).filter(verb='x')",
        "ann.actor_actions.public()",
        "ann.actor_actions.filter(verb='x').visible_to(bob)",
        "ann.actor_actions.filter(verb='x', is_message=None)",
        "ann.actor_actions.create(verb='x')",
        "Prefetch('actor_actions', Action.objects.filter(is_message=None))",
        "shown = {'actor_actions': 1}",
        "Action.objects.create(ann, 'x')",
        "class Form(ModelForm): model = Post",
    ],
)
def test_what_finds_no_messages_is_not_listed(query):
    code = f"{OF_ACTIONS}{query}\n"
    assert rewrite(code, uses_notifications=True, has_notifications=True)[1] == []


def test_relations_are_listed_in_files_that_import_nothing_old(site, capsys):
    (site / "settings.py").write_text('INSTALLED_APPS = ["actstream", "notifications"]\n')
    (site / "blog/views.py").write_text(
        "def view(request):\n    return request.user.actor_actions\n"
    )
    main([str(site)])
    assert f"{site}/blog/views.py:2: request.user.actor_actions: plain" in capsys.readouterr().out


@pytest.mark.django_db
def test_rewritten_following_counts_as_before():
    ann, bob = (User.objects.create(username=name) for name in ("ann", "bob"))
    follow(ann, bob, flag="liking")
    old = (
        "{% load activity_tags %}{% is_following a b '' %} {% is_following a b none %} "
        "{% is_following a b kind %} {% is_following a b 'watching' %} {{ a|is_following:b }}"
    )
    text, [note] = rewrite_template(old, uses_notifications=False)
    context = {"a": ann, "b": bob, "none": "", "kind": "liking"}
    assert Template(text).render(Context(context)) == "True True True False False"
    [written] = re.findall(r"write (\{% .*? %\})", note.instead)
    text = "{% load follow_tags %}" + written + "{{ followed }}"
    assert Template(text).render(Context(context)) == "True"


@pytest.mark.django_db
def test_rewritten_notifications_are_read():
    ann, bob = (User.objects.create(username=name) for name in ("ann", "bob"))
    send_notification(bob, ann, "warned", description="once")
    old = (
        "{% for n in user.notifications.unread %}{{ n.actor }} {{ n.verb }} {{ n.description }}"
        "{% if n.timestamp %} {{ n.level }}{% endif %}{% endfor %}"
    )
    text, _ = rewrite_template(old, uses_notifications=True)
    assert Template(text).render(Context({"user": bob})) == "ann warned once info"
    code = "x = [(n.actor, n.verb, n.unread) for n in user.notifications.unread()]\n"
    names = {"user": bob}
    exec(rewrite(code, uses_notifications=True)[0], names)
    assert names["x"] == [(ann, "warned", True)]


def test_line_ends_and_what_python_cannot_read_stay():
    text = "from actstream import action\r\naction.send(a, verb='x')  \r\n"
    assert rewrite(text, uses_notifications=False)[0] == text.replace("actstream", "stream.utils")
    broken = "from actstream import action\nprint 5\n"
    changed, [note] = rewrite(broken, uses_notifications=False)
    assert (changed, note.line) == (broken, 2)


# The command


@pytest.fixture
def site(tmp_path):
    (tmp_path / "blog/migrations").mkdir(parents=True)
    (tmp_path / "venv").mkdir()
    code = 'from actstream import action\n\naction.send(ann, verb="liked", **more)\n'
    (tmp_path / "blog/views.py").write_text(code)
    (tmp_path / "venv/views.py").write_text(code)
    (tmp_path / "blog/bytes.py").write_bytes(b"# actstream \xff\n")
    (tmp_path / "blog/mail.txt").write_text("{% load activity_tags %}{% display_action a %}")
    (tmp_path / "blog/migrations/0002_x.py").write_text('needs = [("actstream", "0001_initial")]\n')
    return tmp_path


def test_the_command_shows_a_diff_and_writes_nothing(site, capsys):
    before = (site / "blog/views.py").read_text()
    assert main([str(site)]) == 0
    shown = capsys.readouterr().out
    assert "-from actstream import action\n+from stream.utils import action\n" in shown
    assert "+{% load stream_tags follow_tags %}{% render_action a %}\n\\ No newline" in shown
    assert f"\n{site}/blog/views.py:3: action.send(ann" in shown
    assert f"\n{site}/blog/migrations/0002_x.py:1: " in shown
    assert "venv" not in shown
    assert (site / "blog/views.py").read_text() == before


def test_the_command_writes_once(site, capsys):
    main([str(site), "--write"])
    assert f"changed {site}/blog/views.py\n" in capsys.readouterr().out
    written = {path: path.read_bytes() for path in site.rglob("*.*") if path.is_file()}
    assert written[site / "blog/views.py"].startswith(b"from stream.utils import action\n")
    assert written[site / "venv/views.py"].startswith(b"from actstream")
    main([str(site), "--write"])
    assert "changed" not in capsys.readouterr().out
    assert written == {path: path.read_bytes() for path in site.rglob("*.*") if path.is_file()}


def test_templates_of_a_site_are_listed_in_each_run(site, capsys):
    (site / "settings.py").write_text('INSTALLED_APPS = ["notifications"]\n')
    (site / "blog/row.html").write_text("{{ each.actor }} {{ each.verb }}\n")
    for _ in range(2):
        main([str(site), "--write"])
        assert f"{site}/blog/row.html:1: {{{{ each.actor }}}}: " in capsys.readouterr().out


def test_a_list_is_to_be_kept(site, capsys):
    kept = "\nKeep this list: a second run no longer recognises all of it.\n"
    main([str(site)])
    assert kept not in capsys.readouterr().out
    main([str(site), "--write"])
    assert capsys.readouterr().out.endswith(kept)


def test_the_list_is_the_same_with_and_without_write(site, capsys):
    code = (
        "from actstream import registry\n\n\ndef ready(self):\n"
        '    registry.register(self.get_model("Post"))\n    registry.register(User)\n'
        "    registry.register(Tag, Song)\n    Action.objects.filter(a__target_object_id=1)\n"
    )
    (site / "blog/apps.py").write_text(code)
    lists = []
    for options in ([], ["--write"]):
        main([str(site), *options])
        shown = capsys.readouterr().out.partition("Left to do by hand:\n")[2].partition("\n\n")[0]
        found = [re.fullmatch(r"(.+?):(\d+): (.+)", line) for line in shown.splitlines()]
        lists.append([(each[1], each[3]) for each in found])
    assert lists[0] == lists[1]
    assert sum("a column for each role" in text for _, text in lists[0]) == 3
    written = (site / "blog/apps.py").read_text().splitlines()
    for each in found:
        if "registry.register(" in each[0]:
            first = each[3].removeprefix("registry.register(").split(",")[0].split(")")[0]
            assert written[int(each[2]) - 1].startswith("    register_actor(")
            assert first in written[int(each[2]) - 1]


def test_lines_are_those_of_the_file_that_is_written(site, capsys):
    code = "import os\nfrom actstream import actions, action\n\nactions.follow(a, b, **c)\n"
    (site / "blog/views.py").write_text(code + "x = y.timestamp\n")
    main([str(site / "blog/views.py"), "--write"])
    shown = capsys.readouterr().out
    line = int(re.search(r"views\.py:(\d+): y\.timestamp", shown)[1])
    assert (site / "blog/views.py").read_text().splitlines()[line - 1] == "x = y.timestamp"


def test_a_package_of_the_site_called_notifications_is_its_own(site, capsys):
    (site / "notifications").mkdir()
    (site / "notifications/__init__.py").write_text("")
    code = "from notifications.signals import notify\n\nuser.notifications.mark_all_as_read()\n"
    (site / "blog/views.py").write_text(code)
    (site / "blog/row.html").write_text("{{ each.actor }} {{ each.verb }}")
    main([str(site), "--write"])
    assert (site / "blog/views.py").read_text() == code
    assert "row.html" not in capsys.readouterr().out


def test_a_path_that_is_not_there_is_refused(capsys):
    with pytest.raises(SystemExit):
        main(["nowhere"])
    assert "nowhere: no such file or folder" in capsys.readouterr().err


def test_without_libcst_the_command_says_what_to_install(tmp_path):
    (tmp_path / "libcst.py").write_text("raise ImportError('not there')")
    ran = subprocess.run(
        [sys.executable, "-m", "stream.contrib.codemod", "."],
        cwd=DOCS.parent,
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 1
    assert "pip install --pre 'django-stream[codemod]'" in ran.stderr


def test_the_example_of_the_page_runs(tmp_path, monkeypatch, capsys):
    text = (DOCS / "moving.md").read_text(encoding="utf-8")
    section = text.split("## Change the code by a command")[1].split("\n## ")[0]
    [code] = re.findall(r"^```python\n(# blog/views.py\n.*?)^```$", section, re.M | re.S)
    command = "$ python -m stream.contrib.codemod blog\n"
    [shown] = re.findall(rf"^```console\n.*?{re.escape(command)}(.*?)^```$", section, re.M | re.S)
    (tmp_path / "blog").mkdir()
    (tmp_path / "blog/views.py").write_text(code)
    monkeypatch.chdir(tmp_path)
    main(["blog"])
    assert capsys.readouterr().out == shown
