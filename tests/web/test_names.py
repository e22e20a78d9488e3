"""What others are shown of an object: its name and its address, at every door."""

import logging

import pytest
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AbstractUser, User
from django.core import mail
from django.core.cache import cache
from django.core.checks import Warning
from django.core.management import call_command
from django.db import models
from django.template import Context, Template
from django.test.utils import isolate_apps
from django.utils.safestring import mark_safe
from rest_framework import serializers

from follow.utils import follow
from stream.arc.checks import check_user_names
from stream.arc.names import name_for_staff, object_name, object_url
from stream.models import Action
from stream.notifications import NotificationFeed, notify
from stream.streams import any_stream
from stream.syndication.models import FeedToken
from stream.testing import override_options
from stream.utils import action
from tests.early.models import Band
from tests.support.mails import mails, wait_a_week
from tests.testapp.models import Song

ADDRESS = "jimi@example.org"


# Users


class Member(AbstractBaseUser):
    email = models.EmailField(unique=True)
    backup = models.EmailField(blank=True)
    name = models.CharField(max_length=50)
    manager = models.ForeignKey("self", models.CASCADE, null=True)
    USERNAME_FIELD = "email"

    class Meta:
        app_label = "testapp"
        abstract = True

    def get_full_name(self):
        return self.name


@isolate_apps("tests.testapp")
def make(shown=None, bases=(Member,), /, **columns):
    """Return an object of a new user model with this ``__str__``."""
    body = {"__module__": __name__, "Meta": type("Meta", (), {"app_label": "testapp"})}
    if shown:
        body["__str__"] = shown
    return type("Person", bases, body)(**columns)


@pytest.mark.parametrize(
    ("shown", "columns", "name"),
    [
        (None, {}, "person 17"),
        (None, {"name": "Jimi"}, "Jimi"),
        (None, {"name": ADDRESS}, "person 17"),
        (lambda user: user.name or user.email, {}, "person 17"),
        (lambda user: user.name or user.email, {"name": "J"}, "J"),
        (lambda user: f"{user.name} <{user.email.upper()}>", {"name": "J"}, "J"),
        (lambda user: user.backup, {"backup": "jimi@example.net"}, "person 17"),
        (lambda user: user.backup, {"backup": " jimi@example.net\t"}, "person 17"),
        (lambda user: "Jimi @ work", {}, "Jimi @ work"),
        (lambda user: "", {}, "person 17"),
    ],
)
def test_an_address_of_a_user_is_no_name(shown, columns, name):
    user = make(shown, pk=17, email=ADDRESS, **columns)
    assert object_name(user) == name


def test_an_address_in_another_field_to_sign_in_with_is_no_name():
    user = make(None, (AbstractUser,), pk=17, username=ADDRESS, email="other@example.org")
    assert object_name(user) == "person 17"
    user.first_name, user.last_name = "Jimi", "Hendrix"
    assert object_name(user) == "Jimi Hendrix"


def test_an_address_that_is_the_key_is_no_name():
    assert object_name(User(pk=ADDRESS, username=ADDRESS)) == "user"


def test_an_address_that_is_not_loaded_is_no_name(lennon, django_assert_num_queries):
    User.objects.update(username="me@home.org", email="other@home.org")
    with django_assert_num_queries(1):
        user = User.objects.only("username", "first_name", "last_name").get()
        assert object_name(user) == f"user {user.pk}"


def test_a_proxy_and_a_child_of_a_user_model_hide_addresses():
    for bases in ((User,), (AbstractUser,)):
        meta = type("Meta", (), {"app_label": "testapp", "proxy": bases == (User,)})
        with isolate_apps("tests.testapp"):
            model = type("Artist", bases, {"__module__": __name__, "Meta": meta})
        assert object_name(model(pk=17, username=ADDRESS, email=ADDRESS)) == "artist 17"


@isolate_apps("tests.testapp")
def test_the_address_of_whom_an_object_names_is_hidden():
    class Profile(models.Model):
        user = models.OneToOneField(User, models.CASCADE)

        class Meta:
            app_label = "testapp"

        def __str__(self):
            return f"{self.user.email}'s profile"

    class Note(models.Model):
        profile = models.ForeignKey(Profile, models.CASCADE)

        class Meta:
            app_label = "testapp"

        def __str__(self):
            return f"note on {self.profile}"

    profile = Profile(pk=5, user=User(pk=17, username="jimi", email=ADDRESS))
    assert object_name(profile) == "jimi's profile"
    assert object_name(Note(profile=profile)) == "note on jimi's profile"
    profile.user.username = ADDRESS
    assert object_name(Note(profile=profile)) == "note on user 17's profile"


def test_an_address_that_is_nobodys_is_a_name():
    assert object_name(Song(title="hello@example.com")) == "hello@example.com"


def test_the_admin_shows_the_whole_name():
    assert name_for_staff(User(pk=17, username=ADDRESS, email=ADDRESS)) == ADDRESS


@pytest.mark.parametrize(
    ("shown", "bases", "is_told"),
    [
        (None, (Member,), True),
        (lambda user: user.name or user.email, (Member,), True),
        (lambda user: user.name, (Member,), False),
        (lambda user: user.manager.name, (Member,), False),
        (None, (AbstractUser,), False),
        (lambda user: f"{user.username} <{user.email}>", (AbstractUser,), True),
    ],
)
def test_a_check_tells_of_users_who_are_called_by_their_addresses(
    monkeypatch, shown, bases, is_told
):
    model = type(make(shown, bases))
    monkeypatch.setattr("stream.arc.checks.get_user_model", lambda: model)
    expected = [
        Warning(
            "testapp.Person.__str__ returns e-mail addresses, which stream shows to nobody: users "
            "without get_full_name() are shown as 'person 17'.",
            hint="Write a __str__ that returns a name for all to see, such as a nickname.",
            obj=model,
            id="stream.W050",
        )
    ]
    assert check_user_names() == (expected if is_told else [])


# Names and addresses of any object


def fail(self):
    raise RuntimeError("broken")


@pytest.mark.parametrize("name", [fail, lambda self: None, lambda self: " \n", lambda self: ""])
def test_an_object_without_a_name_has_its_model_and_key(monkeypatch, name):
    monkeypatch.setattr(Band, "__str__", name)
    assert object_name(Band(pk=12)) == "band 12"
    assert object_name(Band()) == "band"


def test_what_fails_is_logged_with_the_key(monkeypatch, caplog):
    monkeypatch.setattr(Band, "__str__", fail)
    monkeypatch.setattr(Band, "get_absolute_url", property(fail))
    assert (object_name(Band(pk=12)), object_url(Band(pk=12))) == ("band 12", "")
    assert [(each.name, each.levelno, each.message) for each in caplog.records] == [
        ("stream", logging.ERROR, "name of band 12 failed"),
        ("stream", logging.ERROR, "url of band 12 failed"),
    ]
    assert caplog.text.count("RuntimeError: broken") == 2


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\r\n\r\nb", "a b"),
        ("a\u2028b\u2029c\x85d\x1b[2Je\x00", "a b c d [2Je"),
        ("caf\udce9.txt", "caf\ufffd.txt"),
    ],
)
def test_a_name_is_one_line_of_plain_text(name, shown):
    assert object_name(Band(name=name)) == object_name(name) == shown
    assert object_name(name).encode()


def test_a_name_that_calls_itself_safe_is_escaped(monkeypatch):
    monkeypatch.setattr(Band, "__str__", lambda self: mark_safe("<b>"))
    page = Template("{% load stream_tags %}{{ band|object_link }} {{ band|object_name }}")
    html = page.render(Context({"band": Band(pk=1)}))
    assert html == '<a href="/bands/1/">&lt;b&gt;</a> &lt;b&gt;'


@pytest.mark.parametrize(
    "url",
    [
        *(
            f"{control}javascript:alert(1)"
            for control in (" ", "\t", "\n", "\x00", "\x1f", "\u2028")
        ),
        *("javascript:", "JavaScript:", "data:text/html,x", "vbscript:x", "java\nscript:x"),
        *("mailto:a@example.org", "ftp://x", "http", "x/y", "\\\\example.org", " /x", "/\udce9"),
        *("http://[", "//["),
    ],
)
def test_what_is_no_address_of_a_page_is_none(monkeypatch, url):
    monkeypatch.setattr(Band, "get_absolute_url", lambda self: url)
    assert object_url(Band(pk=1)) == ""


@pytest.mark.parametrize("url", ["/x/", "?x", "#x", "//cdn.example/", "HTTPS://x/", "http://x/"])
def test_addresses_of_pages(monkeypatch, url):
    monkeypatch.setattr(Band, "get_absolute_url", lambda self: url)
    assert object_url(Band(pk=1)) == url


# The doors


@pytest.fixture
def doors(signed_in, lennon, hendrix, client):
    """Return a function that opens every door, with what it shows by its name."""
    cache.clear()
    band = Band.objects.create(name="Cream")
    User.objects.filter(pk=hendrix.pk).update(email=ADDRESS, username=ADDRESS)
    User.objects.filter(pk=lennon.pk).update(email="lennon@example.com")
    hendrix.refresh_from_db()
    liked = action.send(hendrix, "liked", band, Band.objects.create(name="Fine"))
    action.send(hendrix, "liked", hendrix)
    follow(lennon, hendrix)
    follow(lennon, band)
    follow(hendrix, band)
    notify(lennon, liked)
    token = FeedToken.objects.renew(lennon)
    client.force_login(lennon)
    user, it = f"auth/user/{hendrix.pk}/", f"early/band/{band.pk}/"
    pages = [
        *("/stream/", f"/stream/action/{liked.pk}/", "/stream/early/band/", f"/stream/{it}"),
        *(f"/stream/{user}", f"/stream/{user}actor/", f"/stream/{user}followers/"),
        *(f"/stream/{user}following/", f"/stream/{it}followers/", "/notifications/"),
        "/notifications/?single",
        *(f"/feeds/object/{user}{name}/" for name in ("atom", "rss", "json", "activity")),
        *(f"/feeds/object/{it}activity/", f"/feeds/actor/{user}atom/"),
        f"/feeds/home/{token.secret}/json/",
        *("/api/actions/", f"/api/streams/{user}", "/api/streams/home/", "/api/follows/"),
        *(f"/api/follows/{user}followers/", f"/api/follows/{it}followers/", "/api/notifications/"),
    ]

    def show():
        shown = {}
        for page in pages:
            response = client.get(page)
            assert response.status_code == 200, page
            shown[page] = response.content.decode()
        shown["str"] = str(Action.objects.get(pk=liked.pk))
        shown["group"] = " ".join(map(str, any_stream(band).grouped("verb").page()))
        shown["groups"] = " ".join(map(str, NotificationFeed(lennon).groups()))
        shown["follow"] = " ".join(map(str, follow(lennon, hendrix).__class__.objects.all()))
        tags = (
            "{% load stream_tags %}{{ action|action_sentence }}{% include 'stream/default.html' %}"
        )
        shown["tags"] = Template(tags).render(Context({"action": Action.objects.get(pk=liked.pk)}))
        mail.outbox.clear()
        wait_a_week()
        with mails():
            call_command("send_notification_digest", verbosity=0)
        [message] = mail.outbox
        shown["text"], shown["html"] = message.body, message.alternatives[0][0]
        return shown

    return show


def test_no_door_shows_the_address_of_a_user(doors, hendrix):
    shown = doors()
    assert [door for door, text in shown.items() if "jimi" in text.lower()] == []
    named = [door for door, text in shown.items() if f"user {hendrix.pk}" in text]
    assert [door for door in shown if door not in named] == []


def test_no_door_closes_for_an_object_that_fails(doors, monkeypatch, caplog):
    monkeypatch.setattr(Band, "__str__", fail)
    monkeypatch.setattr(Band, "get_absolute_url", fail)
    shown = doors()
    assert [door for door, text in shown.items() if "/bands/" in text] == []
    assert f"band {Band.objects.first().pk}" in shown["text"]
    assert "name of band" in caplog.text


def test_the_lists_of_the_admin_show_the_addresses_and_what_fails(doors, admin_client, monkeypatch):
    lists = [
        *("/admin/stream/action/", "/admin/follow/follow/"),
        f"/admin/stream/action/{Action.objects.earliest().pk}/change/",
        f"/admin/stream/action/?target=early.band:{Band.objects.first().pk}",
    ]
    for page in lists:
        assert ADDRESS in admin_client.get(page).content.decode()
    monkeypatch.setattr(Band, "__str__", fail)
    monkeypatch.setattr(User, "__str__", fail)
    for page in lists:
        shown = admin_client.get(page).content.decode()
        assert f"band {Band.objects.first().pk}" in shown
        assert f"user {User.objects.get(email=ADDRESS).pk}" in shown


class Broken(serializers.Serializer):
    name = serializers.SerializerMethodField()

    def get_name(self, band):
        return fail(band) if band.name == "Cream" else band.name


@override_options("early.band", serializer=Broken)
def test_one_object_that_a_serializer_fails_for_has_no_details(db, api, caplog):
    cache.clear()
    for name in ("Cream", "Faces"):
        action.send(Band.objects.create(name=name), "played")
    shown = [each["actor"]["details"] for each in api.get("/api/actions/").json()["results"]]
    assert shown == [{"name": "Faces"}, {}]
    assert "the serializer of early.Band" in caplog.text
