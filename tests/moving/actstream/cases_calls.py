"""Old functions, managers, signals, attributes and tags, with what they meant."""

import datetime as dt
import importlib
import re
import warnings

import pytest
from django.contrib.auth.models import AnonymousUser, Group, User
from django.core.checks import run_checks
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import connection, models as db_models
from django.template import Context, Template
from django.test import override_settings
from django.test.utils import isolate_apps
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from follow.models import Follow
from stream import signals
from stream.contrib import moving_checks
from stream.contrib.actstream import action, checks, models
from stream.contrib.actstream.actions import action_handler, follow, is_following, unfollow
from stream.contrib.actstream.checks import check_addresses, check_manager
from stream.contrib.actstream.registry import (
    RegistrationError,
    check,
    register,
    registry,
    unregister,
)
from stream.contrib.notifications import checks as notification_checks
from stream.managers import ActionManager
from stream.models import Action
from tests.support.guide import DOCS
from tests.testapp.models import Crew, Orchestra, Song

WHEN = dt.datetime(2020, 5, 1, 12, tzinfo=dt.UTC)


def told(call):
    """Return what the warnings of a call say; each names the line of this file."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        call()
    ours = [each for each in found if each.category is DeprecationWarning]
    assert {each.filename for each in ours} <= {__file__}
    return [str(each.message) for each in ours]


def verbs(rows):
    return sorted(each.verb for each in rows)


# Sending


def test_sending_returns_the_handler_and_the_action(ann, song):
    [(handler, made)] = action.send(
        ann, verb="liked", target=song, timestamp=WHEN, public=False, description="!", mood="glad"
    )
    assert handler is action_handler
    made = Action.objects.get(pk=made.pk)
    assert (made.actor, made.verb, made.target, made.datetime) == (ann, "liked", song, WHEN)
    assert (made.public, made.description, made.data) == (False, "!", {"mood": "glad"})


def test_sending_by_keyword(ann):
    assert action.send(sender=ann, verb="slept")[0][1].actor == ann


def test_sending_robustly_returns_the_error(ann):
    [(_handler, error)] = action.send_robust(ann, verb="")
    assert isinstance(error, ValueError)


def test_receivers_are_told_in_the_old_form(ann, bob, song):
    heard = []

    def receiver(sender, verb, signal, **kwargs):
        heard.append((sender, verb, kwargs))
        return "heard"

    action.connect(receiver)
    try:
        sent = action.send(ann, verb="liked", target=song, timestamp=WHEN, mood="glad")
        assert [answer for _, answer in sent[1:]] == ["heard"]
        action.send(ann, verb="slept", target=None)
        follow(ann, bob, public=True)
        Action.objects.create(ann, "saw", song, datetime=WHEN, data={"mood": "sad"})
        Action.objects.create(ann, "hid", public=False)
    finally:
        action.disconnect(receiver)
    assert heard == [
        (ann, "liked", {"target": song, "timestamp": WHEN, "mood": "glad"}),
        (ann, "slept", {"target": None}),
        (ann, "started following", {"target": bob, "public": True}),
        (ann, "saw", {"target": song, "mood": "sad"}),
        (ann, "hid", {"public": False}),
    ]
    Action.objects.create(ann, "slept")
    assert len(heard) == 5


def test_receivers_are_told_once_of_what_is_written_on_the_way(ann, bob):
    heard = []

    def writes(sender, instance, **kwargs):
        if instance.verb == "met":
            Action.objects.create(bob, "was met")

    def receiver(sender, verb, **kwargs):
        heard.append((sender, verb))

    signals.action.connect(writes)
    action.connect(receiver)
    try:
        action.send(ann, verb="met")
    finally:
        action.disconnect(receiver)
        signals.action.disconnect(writes)
    assert sorted(heard, key=str) == [(ann, "met"), (bob, "was met")]


def test_robust_sending_returns_the_errors_of_receivers(ann):
    def receiver(**kwargs):
        raise KeyError("told")

    action.connect(receiver)
    try:
        [(_handler, made), (_receiver, error)] = action.send_robust(ann, verb="slept")
    finally:
        action.disconnect(receiver)
    assert Action.objects.get() == made
    assert isinstance(error, KeyError)


def test_old_names_in_receivers_are_told_of(ann, bob):
    def receiver(sender, **kwargs):
        actor_stream = models.actor_stream(sender)
        assert actor_stream

    action.connect(receiver)
    try:
        assert any("actor_stream" in each for each in told(lambda: follow(ann, bob)))
    finally:
        action.disconnect(receiver)


# Following


def test_following_writes_an_action_once(ann, bob):
    made = follow(ann, bob, timestamp=WHEN, mood="glad")
    assert follow(ann, bob) == made
    assert (made.user, made.target, made.flag, made.actor_only) == (ann, bob, "", True)
    sent = Action.objects.get()
    assert (sent.verb, sent.target, sent.datetime) == ("started following", bob, WHEN)
    assert sent.data == {"mood": "glad"}


def test_following_with_a_flag_names_it(ann, bob):
    follow(ann, bob, flag="liking", actor_only=False)
    assert Follow.objects.get().actor_only is False
    assert Action.objects.get().verb == "started liking"
    follow(ann, bob, send_action=False)
    assert Action.objects.count() == 1


def test_unfollowing_without_a_flag_ends_every_follow(ann, bob):
    follow(ann, bob)
    follow(ann, bob, flag="liking")
    follow(bob, ann)
    unfollow(ann, bob)
    assert [each.user for each in Follow.objects.all()] == [bob]
    assert not Action.objects.filter(verb__startswith="stopped").exists()


def test_unfollowing_with_a_flag_ends_that_one(ann, bob):
    follow(ann, bob)
    follow(ann, bob, flag="liking")
    unfollow(ann, bob, send_action=True, flag="liking")
    assert Follow.objects.get().flag == ""
    assert Action.objects.filter(verb="stopped liking", target_user=bob).exists()
    unfollow(ann, bob, True)
    assert Action.objects.filter(verb="stopped following").exists()


def test_following_in_any_way_counts_without_a_flag(ann, bob):
    follow(ann, bob, flag="liking")
    assert is_following(ann, bob)
    assert is_following(ann, bob, flag="liking")
    assert not is_following(ann, bob, flag="watching")
    assert Follow.objects.is_following(ann, bob)
    assert Follow.objects.is_following(ann, bob, "liking")
    assert not Follow.objects.is_following(AnonymousUser(), bob)
    assert not Follow.objects.is_following(None, bob)
    assert not Follow.objects.all().is_following(ann, bob)  # the plain follow, as ours has it


def test_buttons_of_ours_keep_their_meaning(ann, bob, rf):
    follow(ann, bob, flag="liking")
    request = rf.get("/")
    request.user = ann
    source = "{% load follow_tags %}{% if user|is_following:obj %}yes{% else %}no{% endif %}"
    context = Context({"request": request, "user": ann, "obj": bob})
    assert Template(source).render(context) == "no"


def test_followers_and_what_is_followed(ann, bob, band):
    follow(ann, bob)
    follow(ann, band, flag="liking")
    follow(bob, band)
    assert list(models.followers(bob)) == [ann]
    assert set(models.followers(band)) == {ann, bob}
    assert set(Follow.objects.followers(band, flag="")) == {ann, bob}
    assert list(models.followers(band, flag="liking")) == [ann]
    assert models.following(ann) == [band, bob]
    assert models.following(ann, User) == [bob]
    assert models.following(ann, User, Group) == [band, bob]
    assert Follow.objects.following(ann, flag="liking") == [band]
    assert [each.user for each in Follow.objects.followers_qs(band, flag="liking")] == [ann]
    assert [each.follow_object for each in Follow.objects.following_qs(ann, Group)] == [band]
    assert Follow.objects.for_object(band).count() == 2
    assert Follow.objects.for_object(band, "liking").get().user == ann


# Streams


def test_streams(acts, ann, bob, song, tag):
    follow(ann, bob, send_action=False)
    follow(ann, tag, send_action=False, flag="liking", actor_only=False)
    assert verbs(models.actor_stream(ann)) == ["joined", "liked"]
    assert verbs(models.target_stream(song)) == ["liked"]
    assert verbs(models.action_object_stream(song)) == ["tagged"]
    assert verbs(models.any_stream(song)) == ["liked", "tagged"]
    assert verbs(models.model_stream(Song)) == ["liked", "tagged"]
    assert verbs(models.user_stream(ann)) == ["met", "tagged"]
    assert verbs(models.user_stream(ann, follow_flag="liking")) == ["tagged"]
    assert verbs(models.user_stream(ann, with_user_activity=True)) == sorted(
        each.verb for each in acts.values()
    )
    assert verbs(models.user_stream(None)) == []
    assert verbs(Action.objects.user(ann, verb="met")) == ["met"]


def test_streams_take_filters_and_a_slice(acts, ann):
    assert verbs(Action.objects.actor(ann, timestamp__lte=timezone.now())) == ["joined", "liked"]
    assert verbs(Action.objects.actor(ann, _limit=1)) == ["liked"]
    assert verbs(Action.objects.actor(ann, _offset=1, _limit=2)) == ["joined"]
    assert verbs(ann.actor_actions.public(verb="liked")) == ["liked"]


def test_streams_hold_public_actions_alone(acts, ann):
    Action.objects.filter(verb="liked").update(public=False)
    assert verbs(Action.objects.any(ann)) == ["joined", "met"]


def test_streams_load_their_objects(acts, ann, django_assert_num_queries):
    with django_assert_num_queries(2):  # of actions and songs
        assert [(each.actor, each.target) for each in models.actor_stream(ann)]


def test_custom_streams_of_an_old_manager(acts, ann, type_of):
    assert verbs(Action.objects.by_verb("met")) == ["met"]
    assert verbs(Action.objects.of_pair("met", type_of(User))) == ["met"]  # both hold
    assert verbs(Action.objects.of_pair("met", type_of(Song))) == []
    assert verbs(Action.objects.hidden()) == []
    assert verbs(ann.actor_actions.by_verb("liked")) == ["liked"]
    assert verbs(Action.objects.by_verb("met", _offset=1, _limit=5)) == []


def test_stream_of_an_unregistered_model_raises_as_before():
    with pytest.raises(ImproperlyConfigured, match=r"testapp.Orchestra is not registered; write"):
        models.actor_stream(Orchestra.objects.create(name="A"))


# Registering


def test_registering_again_changes_nothing(ann):
    register(User, "auth.Group")
    assert registry[User].keys() == {"actor", "target", "action_object"}
    assert User in registry
    assert Group in [*registry]


def test_unregistered_models_are_refused_by_check(ann):
    check(ann)
    check(User)
    unregister("auth.User")
    try:
        assert User not in registry
        with pytest.raises(ImproperlyConfigured):
            check(ann)
    finally:
        register(User)
    check(ann)


def test_what_cannot_be_registered_raises(ann):
    with pytest.raises(RegistrationError):
        register(type("NoModel", (), {}))
    with pytest.raises(RuntimeError, match="is no model instance"):
        check("auth.User")


def test_check_asks_for_the_manager():
    assert check_manager() == []
    manager = Action.objects
    Action.objects = ActionManager()
    try:
        [message] = check_manager()
    finally:
        Action.objects = manager
    assert message.id == "stream.E083"
    assert "stream.contrib.actstream.managers.ActionManager" in message.hint
    assert [each for each in run_checks(databases=["default"]) if each.id == "stream.E083"] == []


@override_settings(ROOT_URLCONF="stream.contrib.actstream.urls")
def test_check_asks_for_the_addresses_to_which_the_old_ones_lead():
    [message] = check_addresses()
    assert message.id == "stream.W083"
    assert 'include("stream.urls")' in message.hint
    assert 'include("follow.urls")' in message.hint
    assert 'include("stream.syndication.urls")), with "stream.syndication" in' in message.hint


def test_check_asks_for_no_addresses_where_they_are_or_nothing_leads_there():
    assert check_addresses() == []
    with override_settings(ROOT_URLCONF="stream.urls"):
        assert check_addresses() == []


@pytest.mark.parametrize(
    ("check_keys", "label", "stand_in"),
    [
        (checks.check_keys, "actstream.Action", "old_actstream"),
        (notification_checks.check_keys, "notifications.Notification", "old_notifications"),
    ],
)
def test_check_names_the_stand_in_of_an_old_model(monkeypatch, check_keys, label, stand_in):
    with isolate_apps("tests.testapp") as isolated:

        class Bookmark(db_models.Model):
            one = db_models.ForeignKey(label, db_models.CASCADE)
            many = db_models.ManyToManyField(label, related_name="+")

            class Meta:
                app_label = "testapp"

        assert check_keys() == []  # both stand-ins are installed
        monkeypatch.setattr(moving_checks, "apps", isolated)
        found = check_keys()
    assert [each.obj.name for each in found] == ["one", "many"]
    assert {each.id for each in found} == {"stream.E074"}
    assert all(f"stream.contrib.moving.{stand_in}" in each.hint for each in found)


def test_including_old_addresses_says_what_to_include():
    from stream.contrib.actstream import urls

    said = told(lambda: importlib.reload(urls))
    assert "include('stream.contrib.actstream.urls'): write include('stream.urls')" in said


# Attributes


def test_attributes_of_actions(acts, ann, song, type_of):
    liked = Action.objects.get(verb="liked")
    assert liked.timestamp == liked.datetime
    assert (liked.actor_content_type, liked.actor_object_id) == (type_of(User), str(ann.pk))
    assert liked.target_content_type_id == type_of(Song).pk
    assert liked.target_object_id == str(song.pk)
    assert (liked.action_object_content_type, liked.action_object_object_id) == (None, None)
    assert liked.actor_url() == f"/activity/actors/{type_of(User).pk}/{ann.pk}/"
    assert liked.target_url() == f"/activity/actors/{type_of(Song).pk}/{song.pk}/"
    liked.timestamp = timezone.now() - dt.timedelta(days=3, minutes=1)
    assert liked.timesince() == "3 days"
    assert str(liked) == "ann liked Help! 3 days ago"


def test_attributes_take_no_query_for_objects(acts, django_assert_num_queries, type_of):
    type_of(User)
    [met] = Action.objects.filter(verb="met")
    with django_assert_num_queries(0):
        assert met.target_object_id
        assert met.target_content_type


def test_attributes_are_set(acts, ann, bob, song, band, type_of):
    joined = acts["joined"]
    joined.target_content_type, joined.target_object_id = type_of(Song), str(song.pk)
    joined.actor_object_id = bob.pk
    joined.timestamp = WHEN
    joined.save()
    saved = Action.objects.get(pk=joined.pk)
    assert (saved.actor, saved.target, saved.datetime) == (bob, song, WHEN)
    saved.target_object_id, saved.target_content_type_id = band.pk, type_of(Group).pk
    assert saved.target == band
    saved.target_content_type = None
    saved.save()
    assert Action.objects.get(pk=joined.pk).target is None


def test_halves_that_name_no_object_are_not_saved(acts, type_of):
    met = acts["met"]
    met.target_content_type = type_of(Song)  # an integer is no UUID
    assert met.target is None
    with pytest.raises(FieldError, match=r"Action.save\(\): no testapp.Song has the key"):
        met.save()


def test_actions_are_made_by_attributes(ann, song, type_of):
    made = Action(
        actor_content_type=type_of(User),
        actor_object_id=ann.pk,
        target_content_type_id=type_of(Song).pk,
        target_object_id=song.pk,
        verb="liked",
        timestamp=WHEN,
    )
    made.save()
    assert (made.actor, made.target, made.datetime) == (ann, song, WHEN)
    Action.objects.bulk_create(
        [Action(actor_content_type=type_of(User), actor_object_id=ann.pk, verb="slept")]
    )
    assert Action.objects.get(verb="slept").actor == ann


def test_attributes_of_follows(ann, band, type_of):
    made = follow(ann, band, flag="liking")
    assert (made.follow_object, made.started) == (band, made.datetime)
    assert (made.content_type, made.object_id) == (type_of(Group), str(band.pk))
    assert str(made) == "ann -> band : liking"


# Templates


def render(source, **context):
    return Template("{% load activity_tags %}" + source).render(Context(context))


def test_tags_of_addresses(ann, bob, type_of):
    users = type_of(User).pk
    assert render("{% follow_url obj %}", obj=bob) == f"/activity/follow/{users}/{bob.pk}/"
    assert render("{% follow_url obj 'liking' %}", obj=bob, user=ann) == (
        f"/activity/follow/{users}/{bob.pk}/liking/"
    )
    assert render("{% follow_all_url obj %}", obj=bob) == f"/activity/follow_all/{users}/{bob.pk}/"
    follow(ann, bob, flag="liking")
    assert render("{% follow_url obj %}", obj=bob, user=ann) == (
        f"/activity/unfollow/{users}/{bob.pk}/"
    )
    assert render("{% actor_url obj %}", obj=bob) == f"/activity/actors/{users}/{bob.pk}/"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{% actor_url user %}", "/activity/actors/{users}/{ann}/"),
        ("{% follow_url user %}", "/activity/follow/{users}/{ann}/"),
        ("{% follow_url user 'liking' %}", "/activity/follow/{users}/{ann}/liking/"),
        ("{% follow_all_url user %}", "/activity/follow_all/{users}/{ann}/"),
        ("{% activity_stream 'actor' user %}{{ stream|length }}", "2"),
        ("{% activity_stream 'any' user %}{{ stream|length }}", "3"),
        ("{% activity_stream 'user' user %}{{ stream|length }}", "0"),
        ("{{ user|is_following:user }}", "False"),
        ("{% is_following user user 'liking' %}", "False"),
    ],
)
def test_tags_take_the_user_of_a_request(acts, ann, type_of, source, shown):
    user = SimpleLazyObject(lambda: ann)  # as request.user is
    assert render(source, user=user) == shown.format(users=type_of(User).pk, ann=ann.pk)


def test_calls_take_the_user_of_a_request(acts, ann, bob):
    user = SimpleLazyObject(lambda: ann)
    action.send(user, verb="waved", target=SimpleLazyObject(lambda: bob))
    follow(user, bob)
    assert is_following(user, SimpleLazyObject(lambda: bob))
    assert list(models.followers(SimpleLazyObject(lambda: bob))) == [ann]
    assert models.following(user, User) == [bob]
    assert "waved" in verbs(models.actor_stream(user))
    assert Action.objects.filter(actor_object_id=user.pk, verb="waved").exists()
    check(user)
    action_handler("saw", sender=user)
    unfollow(user, bob)
    assert not is_following(user, bob)


def test_tags_of_streams(acts, ann):
    source = "{% activity_stream 'actor' obj %}{% for a in stream %}{{ a.verb }} {% endfor %}"
    assert render(source, obj=ann) == "liked joined "
    source = "{% activity_stream 'model' obj as='all' %}{{ all|length }}"
    assert render(source, obj=Song) == "2"
    source = "{% activity_stream 'by_verb' 'met' %}{{ stream|length }}"
    assert render(source) == "1"


def test_display_action_shows_ours_or_the_template_of_the_site(acts):
    assert "liked" in render("{% display_action a %}", a=acts["liked"])
    assert render("{% display_action a as shown %}", a=acts["liked"]) == ""
    loaders = [
        (
            "django.template.loaders.locmem.Loader",
            {
                "actstream/liked/action.html": "their {{ action.verb }}",
                "actstream/action.html": "any",
            },
        )
    ]
    backend = {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {"loaders": loaders},
    }
    with override_settings(TEMPLATES=[backend]):
        assert render("{% display_action a %}", a=acts["liked"]) == "their liked"
        assert render("{% display_action a %}", a=acts["met"]) == "any"


def test_is_following_in_templates(ann, bob):
    follow(ann, bob, flag="liking")
    assert render("{{ a|is_following:b }}", a=ann, b=bob) == "True"
    assert render("{{ b|is_following:a }}", a=ann, b=bob) == "False"
    source = (
        "{% is_following a b 'liking' as x %}{% is_following a b 'watching' as y %}{{ x }}{{ y }}"
    )
    assert render(source, a=ann, b=bob, kind="watching") == "TrueFalse"
    assert render("{% is_following a b '' %}", a=ann, b=bob) == "True"


# What is told


@pytest.mark.parametrize(
    ("call", "new"),
    [
        (lambda ann, bob: action.send(ann, verb="x"), "stream.utils.action.send(actor, verb, …)"),
        (lambda ann, bob: follow(ann, bob), "follow.utils.follow("),
        (lambda ann, bob: unfollow(ann, bob), "obj.get_follows().filter(user=user).delete()"),
        (lambda ann, bob: is_following(ann, bob), "flag=None"),
        (lambda ann, bob: Follow.objects.is_following(ann, bob), "flag=None"),
        (lambda ann, bob: Follow.objects.for_object(bob), "Follow.objects.get_follows(obj)"),
        (lambda ann, bob: Follow.objects.following(ann, User), "list(Follow.objects.all()"),
        (lambda ann, bob: models.actor_stream(ann), "stream.streams.actor_stream"),
        (lambda ann, bob: models.Action, "stream.models.Action"),
        (lambda ann, bob: models.Follow, "follow.models.Follow"),
        (lambda ann, bob: Action.objects.any(ann), "Action.objects.any_stream(…)"),
        (lambda ann, bob: Action.objects.public(verb="x"), "public().filter(…)"),
        (lambda ann, bob: register(User), "register_actor(User)"),
        (lambda ann, bob: Action(verb="x").timestamp, ".datetime"),
        (lambda ann, bob: Action.objects.filter(timestamp__gt=WHEN), "write datetime__gt=…"),
        (lambda ann, bob: ann.actor_actions.exclude(timestamp=WHEN), "write datetime=…"),
        (lambda ann, bob: Action.objects.order_by("-timestamp"), "write '-datetime'"),
        (lambda ann, bob: Action.objects.fetch_generic_relations(), "write with_objects()"),
        (lambda ann, bob: Action.objects.values("target_object_id"), "'target_group'"),
    ],
)
def test_each_old_name_tells_what_to_write_at_the_line_of_the_site(ann, bob, call, new):
    [said] = told(lambda: call(ann, bob))
    assert new in said


def test_filters_of_a_role_name_the_column(ann, type_of):
    said = told(
        lambda: Action.objects.filter(actor_content_type=type_of(User), actor_object_id=ann.pk)
    )
    assert said == [
        "Action.objects.filter(actor_content_type=…, actor_object_id=…): write actor_user=… or "
        "get_for_actor(obj)"
    ]


def test_what_means_the_same_is_told_nothing_of(ann, bob):
    assert told(lambda: Follow.objects.is_following(ann, bob, flag=None)) == []
    assert told(lambda: Follow.objects.is_following(ann, bob, "liking")) == []
    assert told(lambda: Follow.objects.followers(bob)) == []
    assert told(lambda: list(Action.objects.actor_stream(ann, verb="x").page())) == []
    assert told(lambda: Follow.objects.filter(user=ann).get_follows(bob)) == []


def test_tags_are_told_of_at_the_line_of_the_template(ann):
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        Template("{% load activity_tags %}\n{% actor_url ann %}")
    [one] = found
    assert one.lineno == 2
    assert str(one.message) == (
        '{% actor_url ann %}: write {% stream_url obj "actor" %} of stream_tags'
    )


def test_old_manager_class_is_told_of():
    [said] = told(lambda: type("Mine", (ActionManagerOfOld,), {"__module__": "site"}))
    assert said == "class Mine(ActionManager): write stream.managers.ActionManager"


from stream.contrib.actstream.managers import ActionManager as ActionManagerOfOld  # noqa: E402


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("feeds", "CustomJSONActivityFeed"),
        ("feeds", "AtomUserActivityFeed"),
        ("settings", "USE_DRF"),
        ("follows", "delete_orphaned_follows"),
        ("views", "respond"),
    ],
)
def test_what_has_no_counterpart_says_so(module, name):
    found = importlib.import_module(f"stream.contrib.actstream.{module}")
    with pytest.raises(ImportError, match=rf"{name} has no counterpart: \w+"):
        getattr(found, name)
    assert not hasattr(found, "no_such_name")


@pytest.mark.parametrize(
    "name",
    ["actor", "model", "stream", "detail", "followers", "following", "user", "follow_unfollow"],
)
def test_old_views_are_found_by_their_new_classes(name):
    found = importlib.import_module("stream.contrib.actstream.views")
    said = told(lambda: getattr(found, name))
    view = getattr(found, name)
    assert said == [
        f"stream.contrib.actstream.views.{name}: write {view.__module__}.{view.__name__}"
    ]


def test_old_api_says_what_to_include():
    with pytest.raises(ImportError, match=r"include stream\.api\.urls"):
        importlib.import_module("stream.contrib.actstream.drf")


def test_generic_keys_of_the_site_are_loaded_at_once(django_assert_num_queries):
    from django.contrib.contenttypes.fields import GenericForeignKey
    from django.contrib.contenttypes.models import ContentType
    from django.db import models as fields
    from django.test.utils import isolate_apps

    from stream.contrib.actstream.gfk import GFKManager

    with isolate_apps("tests.testapp"):

        class Note(fields.Model):
            content_type = fields.ForeignKey(ContentType, fields.CASCADE, related_name="+")
            object_id = fields.IntegerField()
            about = GenericForeignKey()
            objects = GFKManager()

            class Meta:
                app_label = "testapp"

        rows = Note.objects.get_queryset().fetch_generic_relations("about")
    assert rows._prefetch_related_lookups == ("about",)


def test_model_of_actions_is_ours(ann):
    assert models.Action is Action
    assert models.Follow is Follow
    assert connection.introspection.table_names()
    assert Crew in Action.actor.models


def test_the_example_of_the_page_runs(ann, bob, song):
    text = (DOCS / "moving.md").read_text(encoding="utf-8")
    begin = "from django.contrib.contenttypes.models import ContentType\nfrom stream.contrib.act"
    example = begin + text.split(f"```python\n{begin}")[1].split("```")[0]
    code = compile(example, __file__, "exec")
    said = told(lambda: exec(code, {"ann": ann, "bob": bob, "post": song}))
    shown = re.findall(r"^blog/news.py:\d+: DeprecationWarning: (.+)$", text, re.M)
    assert len(shown) == 2
    assert {each.replace("target_post", "target_song") for each in shown} <= set(said)
