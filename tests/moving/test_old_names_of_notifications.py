"""``stream.contrib.notifications``: a site of django-notifications-hq runs by its old names."""

import datetime as dt
import importlib
import json
import re
import warnings

import pytest
from django.apps import apps
from django.conf import settings as site
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.core.checks.registry import registry
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.core.management import call_command
from django.db.models import Q
from django.template import Context, Template
from django.test import Client
from django.test.utils import override_settings
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from stream.contrib.notifications.signals import notify
from stream.contrib.notifications.utils import id2slug
from stream.models import Action
from stream.notifications import Level, NotificationFeed, models as new
from stream.streams import any_stream
from tests.support.guide import DOCS
from tests.testapp.models import Orchestra, Song

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore::DeprecationWarning:tests"),
    pytest.mark.filterwarnings("ignore:.* %}. write :DeprecationWarning"),  # of templates
]

WHEN = dt.datetime(2015, 3, 1, 12, tzinfo=dt.UTC)


@pytest.fixture(autouse=True, scope="module")
def shim():
    """Install the app; leave no name of it at users, and none of its checks."""
    known = set(registry.registered_checks)
    installed = [*site.INSTALLED_APPS, "stream.contrib.notifications"]
    with override_settings(
        INSTALLED_APPS=installed, ROOT_URLCONF="tests.support.old_notifications_urls"
    ):
        yield
    if "notifications" in vars(User):
        del User.notifications
    notify.disconnect(dispatch_uid="stream.contrib.notifications")
    registry.registered_checks &= known


@pytest.fixture
def model():
    return apps.get_model("stream_contrib_notifications", "Notification")


@pytest.fixture
def ann():
    return User.objects.create(username="ann", email="ann@example.com")


@pytest.fixture
def bob():
    return User.objects.create(username="bob")


@pytest.fixture
def song(ann):
    return Song.objects.create(title="Help!")


def said(run):
    """Return what the warnings of a call say, and that each is at a line of this file."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        run()
    assert {each.category for each in found} == {DeprecationWarning}
    assert {each.filename for each in found} == {__file__}
    return [str(each.message) for each in found]


# Sending


def test_sending_tells_the_recipients_alone(ann, bob, song):
    [(handler, [told])] = notify.send(bob, recipient=ann, verb="liked", target=song)

    assert handler.__name__ == "notify_handler"
    action = told.action
    assert (action.actor, action.verb, action.target) == (bob, "liked", song)
    assert told.recipient == ann
    assert list(Action.objects.visible_to(ann)) == [action]
    stranger = User.objects.create(username="eve")
    assert not Action.objects.visible_to(stranger).exists()
    assert not any_stream(song).exists()


def test_the_user_of_a_request_sends_and_is_told(ann):
    user = SimpleLazyObject(lambda: ann)  # as request.user is
    [(_, [told])] = notify.send(user, recipient=user, verb="waved", target=user)
    assert (told.recipient, told.action.actor, told.action.target) == (ann, ann, ann)
    source = "{% load notifications_tags %}{% notifications_unread %}{{ user|has_notification }}"
    assert Template(source).render(Context({"user": user})) == "1True"


@pytest.mark.parametrize("public", [True, False])
def test_public_publishes_nothing(ann, bob, public):
    [(_, [told])] = notify.send(bob, recipient=ann, verb="waved", public=public)
    assert not told.action.public
    assert told.action.is_message


@pytest.mark.parametrize(
    "recipients",
    [
        lambda people, group: list(people),
        lambda people, group: people,
        lambda people, group: group,
    ],
)
def test_recipients_are_users_a_queryset_or_a_group(ann, bob, recipients):
    group = Group.objects.create(name="all")
    group.user_set.add(ann, bob)
    [(_, told)] = notify.send(bob, recipient=recipients(User.objects.all(), group), verb="waved")
    assert {each.recipient for each in told} == {ann, bob}  # who acts, too


def test_everything_that_was_said_is_kept(ann, bob, song):
    [(_, [told])] = notify.send(
        sender=bob,
        recipient=ann,
        verb="rated",
        action_object=song,
        target=bob,
        description="Wow",
        timestamp=WHEN,
        level="warning",
        stars=5,
        day=WHEN.date(),
        actor_for_concrete_model=False,
    )
    action = told.action
    assert (action.action_object, action.target) == (song, bob)
    assert (action.description, action.datetime) == ("Wow", WHEN)
    assert new.Notification.objects.get().level == Level.WARNING
    assert action.data == {"stars": 5, "day": "2015-03-01"}


def test_receivers_of_the_site_are_called_too(ann, bob):
    heard = []

    def listen(sender, verb, **options):
        heard.append((sender, verb, options["recipient"]))

    notify.connect(listen)
    try:
        notify.send(bob, recipient=ann, verb="waved")
    finally:
        notify.disconnect(listen)
    assert heard == [(bob, "waved", ann)]


def test_an_object_of_an_unregistered_model_is_named_in_the_data(ann, bob, model):
    thing = Orchestra.objects.create(name="LSO")
    [(_, [told])] = notify.send(thing, recipient=ann, verb="broke", target=bob)

    assert told.action.actor is None
    assert told.action.data == {"orphans": {"actor": f"testapp.orchestra:{thing.pk}"}}
    assert told.actor == thing
    assert told.target == bob
    thing.delete()
    assert model.objects.get().actor is None


def test_sending_says_what_to_write(ann, bob, song):
    def send():
        notify.send(bob, recipient=ann, verb="rated", target=song, level="error", stars=5)

    assert said(send) == [
        "notify.send(…): write send_notification(recipients, actor, 'rated', target=…, "
        "level=Level.ERROR, data={'stars': …}, to_self=True) of stream.notifications"
    ]


def test_sending_for_an_unregistered_model_says_how_to_register_it(ann):
    thing = Orchestra.objects.create(name="LSO")
    first, second = said(lambda: notify.send(thing, recipient=ann, verb="broke"))
    assert first == (
        "notify.send(actor=<testapp.Orchestra>): write "
        "register_actor('testapp.Orchestra') in a models.py"
    )
    assert "send_notification(recipients, SYSTEM, 'broke'" in second


def test_sending_takes_as_many_queries_for_many(ann, bob, django_assert_max_num_queries):
    people = User.objects.bulk_create(User(username=f"user{i}") for i in range(50))
    with django_assert_max_num_queries(6):
        notify.send(bob, recipient=people, verb="waved")


def test_nobody_to_tell_is_nothing(bob):
    [(_, told)] = notify.send(bob, recipient=[], verb="waved")
    assert list(told) == []
    assert not Action.objects.exists()


# user.notifications


@pytest.fixture
def three(ann, bob, song):
    """Tell ann of three things; return the notifications, the oldest first."""
    levels = ("info", "warning", "error")
    for i, level in enumerate(levels):
        when = WHEN + dt.timedelta(days=i)
        notify.send(
            bob,
            recipient=ann,
            verb=f"did {i}",
            target=song if i else None,
            level=level,
            timestamp=when,
        )
    notify.send(ann, recipient=bob, verb="else")
    return list(ann.notifications.order_by("pk"))


def verbs(rows):
    return [each.action.verb for each in rows]


def test_own_notifications_newest_first(ann, three):
    assert verbs(ann.notifications.all()) == ["did 2", "did 1", "did 0"]
    assert verbs(ann.notifications.all()[:2]) == ["did 2", "did 1"]
    assert ann.notifications.count() == 3
    assert ann.notifications.first().action.verb == "did 2"


def test_read_and_unread(ann, three):
    three[0].mark_as_read()
    assert verbs(ann.notifications.read()) == ["did 0"]
    assert verbs(ann.notifications.unread()) == ["did 2", "did 1"]
    assert NotificationFeed(ann).unread_count == 2
    three[0].mark_as_unread()
    assert ann.notifications.unread().count() == 3


def test_marking_all(ann, bob, three, model):
    assert ann.notifications.mark_all_as_read() == 3
    assert NotificationFeed(ann).unread_count == 0
    assert NotificationFeed(bob).unread_count == 1
    assert ann.notifications.mark_all_as_unread() == 3
    assert NotificationFeed(ann).unread_count == 3
    assert model.objects.mark_all_as_read(recipient=bob) == 1
    assert NotificationFeed(ann).unread_count == 3


def test_deleting_softly_is_the_archive(ann, three):
    assert ann.notifications.filter(verb="did 1").mark_all_as_deleted() == 1
    assert verbs(ann.notifications.deleted()) == ["did 1"]
    assert verbs(ann.notifications.active()) == ["did 2", "did 0"]
    assert NotificationFeed(ann, archived=True).count() == 1
    assert ann.notifications.mark_all_as_active() == 1
    assert ann.notifications.active().count() == 3


def test_what_was_mailed_is_in_the_log_of_deliveries(ann, three):
    rows = ann.notifications.filter(level="error")
    assert rows.mark_as_sent() == 1
    assert rows.mark_as_sent() == 0
    assert verbs(ann.notifications.sent()) == ["did 2"]
    assert verbs(ann.notifications.unsent()) == ["did 1", "did 0"]
    [delivery] = new.Delivery.objects.all()
    assert (delivery.channel, delivery.state, delivery.due_at) == ("email", "sent", None)
    assert delivery.recipient == ann
    assert [each.emailed for each in ann.notifications.all()] == [True, False, False]
    assert rows.mark_as_unsent() == 1
    assert not ann.notifications.sent().exists()


@pytest.mark.parametrize(
    ("lookups", "found"),
    [
        ({"unread": True}, [2, 1]),
        ({"unread": False}, [0]),
        ({"deleted": True}, [0]),
        ({"emailed": True}, []),
        ({"level": "warning"}, [1]),
        ({"level__in": ["info", "error"]}, [2, 0]),
        ({"verb": "did 1"}, [1]),
        ({"verb__startswith": "did"}, [2, 1, 0]),
        ({"timestamp": WHEN}, [0]),
        ({"timestamp__gt": WHEN, "verb": "did 2"}, [2]),
        ({"description__isnull": True}, [2, 1, 0]),
        ({"description__isnull": False}, []),
        ({"data__isnull": True}, [2, 1, 0]),
        ({"data": None, "verb": "did 1"}, [1]),
        ({"data__isnull": False}, []),
        ({"public": False}, [2, 1, 0]),
        ({"public": True}, [2, 1, 0]),
        ({"public": True, "verb": "did 1"}, [1]),
        ({"recipient__username": "bob"}, []),
    ],
)
def test_filters_by_old_names(ann, three, lookups, found):
    NotificationFeed(ann).archive(three[0].pk)
    assert verbs(ann.notifications.filter(**lookups)) == [f"did {i}" for i in found]
    others = ann.notifications.exclude(**lookups)
    assert verbs(others) == [f"did {i}" for i in (2, 1, 0) if i not in found]


def test_conditions_joined_by_or(ann, three):
    either = Q(verb="did 0") | Q(timestamp__gt=WHEN, level="error")
    assert verbs(ann.notifications.filter(either)) == ["did 2", "did 0"]
    assert verbs(ann.notifications.filter(~either)) == ["did 1"]
    assert ann.notifications.get(Q(verb="did 0")).pk == three[0].pk


def test_objects_by_their_content_type_and_key(ann, bob, three, song, model):
    kind = ContentType.objects.get_for_model(Song)
    found = ann.notifications.filter(target_content_type=kind, target_object_id=str(song.pk))
    assert verbs(found) == ["did 2", "did 1"]
    assert verbs(ann.notifications.exclude(target_content_type=kind)) == ["did 0"]
    user = ContentType.objects.get_for_model(User)
    by_bob = model.objects.filter(actor_content_type_id=user.pk, actor_object_id__in=[bob.pk])
    assert by_bob.count() == 3
    other = ContentType.objects.get_for_model(Orchestra)
    assert not ann.notifications.filter(target_content_type=other, target_object_id=1).exists()


def test_a_key_without_its_model_is_refused(ann):
    with pytest.raises(FieldError, match="filter\\(action__target_post=post\\)"):
        ann.notifications.filter(target_object_id=1)


def test_orders_and_values_by_old_names(ann, three):
    assert verbs(ann.notifications.order_by("timestamp")) == ["did 0", "did 1", "did 2"]
    assert ann.notifications.latest("timestamp").pk == three[2].pk
    assert ann.notifications.earliest("timestamp").pk == three[0].pk
    assert ann.notifications.values_list("verb", flat=True)[0] == "did 2"
    assert ann.notifications.values("pk", "timestamp", "unread").last() == {
        "pk": three[0].pk,
        "timestamp": WHEN,
        "unread": True,
    }
    assert ann.notifications.only("timestamp").first().level == "error"
    assert len(list(ann.notifications.iterator())) == 3


def test_updates_by_old_names(ann, three):
    assert ann.notifications.filter(verb="did 1").update(unread=False) == 1
    assert NotificationFeed(ann).unread_count == 2
    assert ann.notifications.update(level="success", timestamp=WHEN) == 3
    assert set(new.Notification.objects.filter(recipient=ann).values_list("level", "datetime")) == {
        (Level.SUCCESS, WHEN)
    }
    assert ann.notifications.filter(verb="did 0").update(deleted=True) == 1
    assert NotificationFeed(ann, archived=True).count() == 1
    assert ann.notifications.filter(verb="did 0").update(unread=True) == 1
    assert NotificationFeed(ann).unread_count == 2
    assert ann.notifications.update(emailed=True) == 3


def test_rows_can_be_locked_and_deleted(ann, three):
    assert len(ann.notifications.select_for_update()) == 3
    ann.notifications.filter(verb="did 1").delete()
    assert ann.notifications.count() == 2


def test_a_row_that_is_created_is_sent(ann, bob, song, model):
    row = model.objects.create(recipient=ann, actor=bob, verb="liked", target=song, unread=False)
    assert (row.actor, row.target, row.recipient, row.unread) == (bob, song, ann, False)


def test_a_page_takes_as_many_queries_for_many_rows(ann, bob, django_assert_max_num_queries):
    for i in range(10):
        notify.send(bob, recipient=ann, verb="waved", target=Song.objects.create(title=f"{i}"))
    with django_assert_max_num_queries(4):  # rows with their inbox, actions, users, songs
        for each in ann.notifications.all():
            assert (each.actor, each.unread, each.verb) == (bob, True, "waved")
            assert each.target.title


# Attributes


def test_attributes_of_a_row(ann, bob, three, song):
    last = ann.notifications.first()
    assert (last.actor, last.verb, last.target, last.action_object) == (bob, "did 2", song, None)
    assert (last.description, last.public, last.data) == ("", False, {})
    assert (last.timestamp, last.unread, last.deleted) == (WHEN + dt.timedelta(2), True, False)
    assert last.level == "error" == str(last.level) == last.LEVELS.error
    assert last.slug == id2slug(last.pk) == last.pk + 110909
    assert "year" in last.timesince()
    assert last.naturaltime()
    assert last.naturalday()
    assert last.target_content_type == ContentType.objects.get_for_model(Song)
    assert last.target_content_type_id == last.target_content_type.pk
    assert last.target_object_id == str(song.pk)
    assert (last.action_object_object_id, last.action_object_content_type) == (None, None)


def test_states_that_are_set_are_saved(ann, three):
    row = ann.notifications.get(verb="did 1")
    row.unread = False
    row.level = "success"
    row.save()
    assert NotificationFeed(ann).unread_count == 2
    row.unread = True
    row.save(update_fields=["unread"])
    assert NotificationFeed(ann).unread_count == 3
    row.deleted, row.emailed = True, True
    row.save()
    again = ann.notifications.get(verb="did 1")
    assert (again.deleted, again.emailed, again.unread) == (True, True, False)


def test_what_an_action_says_is_not_changed_by_a_notification(three):
    with pytest.raises(AttributeError, match="all recipients share the action"):
        three[0].verb = "other"


# Warnings


@pytest.mark.parametrize(
    ("run", "text"),
    [
        (lambda u: u.notifications, "user.notifications: write user.stream_notifications"),
        (
            lambda u: u.notifications.mark_all_as_read(),
            "mark_all_as_read(): write mark_read(), or NotificationFeed(user).mark_read_all()",
        ),
        (
            lambda u: u.notifications.filter(unread=True),
            "filter(unread=…): write unread() or read()",
        ),
        (
            lambda u: u.notifications.filter(timestamp__gt=WHEN),
            "'timestamp__gt': write 'datetime__gt'",
        ),
        (lambda u: u.notifications.order_by("-timestamp"), "'timestamp': write 'datetime'"),
        (lambda u: u.notifications.filter(level="info"), "filter(level='info'): write Level.INFO"),
        (
            lambda u: u.notifications.first().verb,
            "notification.verb: write notification.action.verb",
        ),
        (
            lambda u: u.notifications.first().unread,
            "notification.unread: write not notification.is_read",
        ),
        (
            lambda u: u.notifications.first().mark_as_read(),
            "notification.mark_as_read(): write notification.mark_read()",
        ),
        (
            lambda u: u.notifications.update(unread=False),
            "update(unread=False): write mark_read()",
        ),
    ],
)
def test_each_old_name_says_what_to_write(ann, three, run, text):
    assert text in said(lambda: run(ann))


def test_new_names_say_nothing(ann, three):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rows = ann.stream_notifications.unread().filter(level=Level.INFO).order_by("-datetime")
        assert not rows.first().is_read
        assert rows.mark_read() == 1


def test_importing_the_model_says_where_it_is(model):
    def take():
        from stream.contrib.notifications.models import Notification

        assert Notification is model

    assert set(said(take)) == {
        "stream.contrib.notifications.models.Notification: "
        "write from stream.notifications.models import Notification"
    }


# What cannot be


@pytest.mark.parametrize("name", ["models.AbstractNotification", "admin.AbstractNotificationAdmin"])
def test_what_models_extend_is_refused(name):
    module, _, attribute = name.partition(".")
    with pytest.raises(ImproperlyConfigured, match=f"{attribute}: .*write|keep"):
        getattr(importlib.import_module(f"stream.contrib.notifications.base.{module}"), attribute)


def test_checks_name_a_swapped_model_and_another_relation(settings, monkeypatch):
    from stream.contrib.notifications.checks import check_old_names

    assert check_old_names() == []
    settings.NOTIFICATIONS_NOTIFICATION_MODEL = "blog.Notification"
    monkeypatch.setattr(User, "notifications", property(lambda user: None))
    assert [each.id for each in check_old_names()] == ["stream.E084", "stream.W082"]


def test_check_asks_for_the_addresses_to_which_the_old_ones_lead():
    from stream.contrib.notifications.checks import check_addresses

    assert check_addresses() == []
    with override_settings(ROOT_URLCONF="tests.urls"):
        assert check_addresses() == []
    with override_settings(ROOT_URLCONF="tests.support.old_notifications_alone_urls"):
        [message] = check_addresses()
    assert message.id == "stream.W084"
    assert 'include("stream.notifications.urls")' in message.hint


def test_the_app_has_its_migration():
    call_command("makemigrations", "stream_contrib_notifications", "--check", "--dry-run")


# Templates


def render(text, **context):
    return Template("{% load notifications_tags %}" + text).render(Context(context))


def test_tags(ann, three, rf):
    request = rf.get("/")
    request.user = ann
    shown = render(
        "{% notifications_unread as n %}{{ n }} {{ user|has_notification }} {% live_notify_badge %}"
        "{% live_notify_list %}{% register_notify_callbacks callbacks='fill' %}",
        request=request,
        user=ann,
    )
    assert shown == (
        '3 True <span class="live_notify_badge">3</span><ul class="live_notify_list"></ul>'
    )


def test_tags_without_a_user_and_with_odd_classes(three):
    assert render(
        "{% notifications_unread %}{% live_notify_badge %}{{ user|has_notification }}"
    ) == ("False")
    assert render("{% live_notify_list list_class=c %}", c="'\"><b>") == (
        '<ul class="&#x27;&quot;&gt;&lt;b&gt;"></ul>'
    )


@pytest.mark.parametrize(
    ("tag", "new"),
    [
        ("notifications_unread", "{% load stream_notifications %}{% unread_count %}"),
        (
            "live_notify_badge",
            "{% load stream_live %}{% live_badge %}, with 'stream.live' in INSTALLED_APPS and "
            "include('stream.live.urls')",
        ),
        (
            "register_notify_callbacks",
            "{% load stream_live %}{% live %} in the head, with 'stream.live' in INSTALLED_APPS "
            "and include('stream.live.urls')",
        ),
    ],
)
def test_a_tag_says_what_to_write_at_its_line(tag, new):
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        Template("{% load notifications_tags %}\n{% " + tag + " %}")
    [warning] = found
    assert str(warning.message) == f"{{% {tag} %}}: write {new}"
    assert (warning.category, warning.lineno) == (DeprecationWarning, 2)


def test_the_new_name_of_a_level_is_there_before_the_old_one_is_gone(ann, three):
    shown = render(
        "{% for n in user.notifications.all %}{{ n.level_name }}={{ n.level }} {% endfor %}",
        user=ann,
    )
    assert shown == "error=error warning=warning info=info "
    assert type(ann.notifications.first().level_name) is str


def test_attributes_in_templates(ann, three):
    shown = render(
        "{% for n in user.notifications.unread %}{{ n.actor }} {{ n.verb }} {{ n.level }},"
        "{% endfor %}",
        user=ann,
    )
    assert shown == "bob did 2 error,bob did 1 warning,bob did 0 info,"


# Addresses


@pytest.fixture
def browser(ann):
    client = Client(enforce_csrf_checks=True)
    client.force_login(ann)
    return client


@pytest.mark.parametrize(
    ("name", "leads_to"), [("all", "/notifications/"), ("unread", "/notifications/?unread")]
)
def test_pages_lead_to_the_new_ones(browser, name, leads_to):
    response = browser.get(reverse(f"notifications:{name}"))
    assert (response.status_code, response["Location"]) == (301, leads_to)


def press(browser, url, **data):
    """Look at a page, which changes nothing, and press its button."""
    page = browser.get(url)
    assert page.status_code == 200
    assert b'<button class="stream-button" type="submit">' in page.content
    token = page.content.decode().split('csrfmiddlewaretoken" value="')[1].split('"')[0]
    return browser.post(url, {"csrfmiddlewaretoken": token, **data})


def test_old_links_change_something_by_a_button_alone(ann, three, browser):
    url = reverse("notifications:mark_as_read", args=[id2slug(three[0].pk)])
    browser.get(url)
    assert NotificationFeed(ann).unread_count == 3
    assert browser.post(url).status_code == 403  # without a token
    assert press(browser, url)["Location"] == "/notifications/"
    assert NotificationFeed(ann).unread_count == 2
    press(browser, reverse("notifications:mark_as_unread", args=[id2slug(three[0].pk)]))
    assert NotificationFeed(ann).unread_count == 3
    press(browser, reverse("notifications:mark_all_as_read"))
    assert NotificationFeed(ann).unread_count == 0


@pytest.mark.parametrize("softly", [True, False])
def test_deleting_does_what_the_old_setting_says(ann, three, browser, settings, softly):
    settings.DJANGO_NOTIFICATIONS_CONFIG = {"SOFT_DELETE": softly}
    press(browser, reverse("notifications:delete", args=[id2slug(three[0].pk)]))
    assert NotificationFeed(ann).count() == 2
    assert NotificationFeed(ann, archived=True).count() == int(softly)


def test_buttons_lead_back_within_the_site(three, browser):
    url = reverse("notifications:mark_all_as_read")
    assert press(browser, f"{url}?next=/stream/")["Location"] == "/stream/"
    for evil in ("https://evil.example/", "//evil.example", "ftp://evil.example/file"):
        assert press(browser, f"{url}?next={evil}")["Location"] == "/notifications/"


@pytest.mark.parametrize("slug", [0, 1, 110909, 10**30])
def test_others_and_unknown_ones_do_not_exist(bob, three, browser, slug):
    own_of_bob = new.Notification.objects.get(recipient=bob)
    for each in (slug, id2slug(own_of_bob.pk)):
        for name in ("mark_as_read", "mark_as_unread", "delete"):
            assert browser.get(reverse(f"notifications:{name}", args=[each])).status_code == 404


def test_pages_are_for_who_is_signed_in(three):
    response = Client().get(reverse("notifications:mark_all_as_read"))
    assert response["Location"].startswith("/login/")


def answer(browser, name, method="get", **data):
    response = getattr(browser, method)(reverse(f"notifications:live_{name}"), data)
    assert response["Cache-Control"].startswith("max-age=0")
    return json.loads(response.content)


def test_scripts_get_what_they_got(ann, bob, three, song, browser):
    assert answer(browser, "unread_notification_count") == {"unread_count": 3}
    assert answer(browser, "all_notification_count") == {"all_count": 3}
    listed = answer(browser, "unread_notification_list", max=2)
    assert (listed["unread_count"], len(listed["unread_list"])) == (3, 2)
    first = listed["unread_list"][0]
    assert first == {
        "id": three[2].pk,
        "slug": id2slug(three[2].pk),
        "level": "error",
        "recipient": ann.pk,
        "unread": True,
        "deleted": False,
        "emailed": False,
        "public": False,
        "timestamp": "2015-03-03T12:00:00Z",
        "verb": "did 2",
        "description": "",
        "data": {},
        "actor": "bob",
        "actor_content_type": ContentType.objects.get_for_model(User).pk,
        "actor_object_id": str(bob.pk),
        "target": str(song),
        "target_content_type": ContentType.objects.get_for_model(Song).pk,
        "target_object_id": str(song.pk),
        "action_object_content_type": None,
        "action_object_object_id": None,
    }
    assert len(answer(browser, "all_notification_list", max="x")["all_list"]) == 3


def test_reading_the_list_marks_nothing_and_posting_may(ann, three):
    client = Client()
    client.force_login(ann)
    asked = {"max": 2, "mark_as_read": 1}
    answer(client, "unread_notification_list", **asked)
    assert NotificationFeed(ann).unread_count == 3
    url = reverse("notifications:live_unread_notification_list")
    assert client.post(f"{url}?max=2&mark_as_read=1").status_code == 200
    assert NotificationFeed(ann).unread_count == 1


@pytest.mark.parametrize("what", ["unread", "all"])
def test_who_is_not_signed_in_gets_nothing(three, what):
    expected = {f"{what}_count": 0}
    assert answer(Client(), f"{what}_notification_count") == expected
    assert answer(Client(), f"{what}_notification_list") == {**expected, f"{what}_list": []}


def test_the_example_of_the_page_runs(ann, bob, song):
    text = (DOCS / "moving.md").read_text(encoding="utf-8")
    example = text.split("```python\nfrom stream.contrib.notifications.signals")[1].split("```")[0]
    code = compile("from stream.contrib.notifications.signals" + example, __file__, "exec")
    told = said(lambda: exec(code, {"ann": ann, "bob": bob, "post": song}))
    shown = re.findall(r"^blog/views.py:\d+: DeprecationWarning: (.+)$", text, re.M)
    assert len(shown) == 2
    assert set(shown) <= set(told)
