"""A model that publishes itself is as a plain one: with expressions, and where receivers raise."""

import pytest
from django.contrib.auth.models import Group
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.db.models.signals import post_save, pre_save

from follow.models import Follow
from follow.signals import followed
from stream.models import Action
from tests.activities.models import Article, Like, Note, Photo

pytestmark = pytest.mark.django_db


# Expressions, which Django 5.2 leaves in the fields


def made_public(user):
    return Note.objects.create(user=user, text="Help", is_public=Value(True))


def made_private(user):
    return Note.objects.create(user=user, text="Help", is_public=Value(False))


def made_private_in_bulk(user):
    return Note.objects.bulk_create([Note(user=user, text="Help", is_public=Value(False))])[0]


def hidden(user):
    note = Note.objects.create(user=user, text="Help")
    note.is_public = ~F("is_public")
    note.save()
    return note


def hidden_alone(user):
    note = Note.objects.create(user=user, text="Help")
    note.is_public = ~F("is_public")
    note.save(update_fields=["is_public"])
    return note


def refreshed(user):
    note = Note.objects.create(user=user, text="Help", is_public=False)
    note.is_public = ~F("is_public")
    note.refresh_activity()  # the note is not saved
    return note


@pytest.mark.parametrize(
    "make", [made_public, made_private, made_private_in_bulk, hidden, hidden_alone, refreshed]
)
def test_an_action_is_as_public_as_the_row(lennon, make):
    note = make(lennon)
    assert Action.objects.get().public is Note.objects.get(pk=note.pk).is_public


def test_hooks_in_code_read_what_the_database_has(lennon, monkeypatch):
    monkeypatch.setattr(Article, "activity_refresh", True)
    monkeypatch.setattr(Article, "activity_data", property(lambda self: {"views": self.views}))
    article = Article.objects.create(author=lennon, title=Concat(Value("a"), Value("b")))
    article.views = F("views") + 5
    article.save()
    assert Action.objects.get().data == {"views": 5}
    assert Article.objects.get().views == 5


def test_hooks_read_related_objects_as_the_database_has_them(lennon, hendrix, monkeypatch):
    monkeypatch.setattr(Like, "activity_public", "photo__title")
    photo = Photo.objects.create(user=lennon, title="Help")
    photo.title = Value("")
    photo.save()
    Like.objects.create(author=hendrix, photo=photo)
    assert not Action.objects.get(actor_user=hendrix).public


# Receivers that raise


@pytest.fixture(params=[pre_save, post_save])
def refusing(request):
    def refuse(**kwargs):
        raise PermissionError

    def connect(sender):
        senders.append(sender)
        request.param.connect(refuse, sender=sender)

    senders = []
    yield connect
    for sender in senders:
        request.param.disconnect(refuse, sender=sender)


@pytest.mark.parametrize("sender", [Photo, Action])
def test_a_receiver_that_raises_leaves_the_transaction_usable(lennon, refusing, sender):
    refusing(sender)
    photo = Photo(user=lennon, title="Help")
    with pytest.raises(PermissionError):
        photo.save()
    with pytest.raises(PermissionError):
        Photo.objects.create(user=lennon, title="Hey Jude")
    assert not Photo.objects.exists()
    assert not Action.objects.exists()


def test_a_change_that_is_refused_leaves_the_transaction_usable(lennon, refusing):
    note = Note.objects.create(user=lennon, text="Help")
    refusing(Note)
    note.is_public = False
    with pytest.raises(PermissionError):
        note.save()
    assert Note.objects.get().is_public
    assert Action.objects.get().public


def test_hooks_that_raise_leave_the_transaction_usable(lennon, monkeypatch):
    photo = Photo.objects.create(user=lennon, title="Help")
    monkeypatch.setattr(Photo, "activity_data", property(lambda self: 1 / 0))
    for act in (
        lambda: Photo.objects.create(user=lennon, title="Hey Jude"),
        lambda: Photo.objects.bulk_create([Photo(user=lennon, title="Hey Jude")]),
        photo.refresh_activity,
    ):
        with pytest.raises(ZeroDivisionError):
            act()
        assert Photo.objects.get() == photo


@pytest.mark.parametrize("sender", [Action, Follow])
def test_actions_and_follows_leave_it_usable_too(lennon, refusing, sender):
    refusing(sender)
    group = Group.objects.create(name="x")
    act = {
        Action: lambda: Action.objects.create(lennon, "met", group),
        Follow: lambda: Follow.objects.create(lennon, group),
    }
    with pytest.raises(PermissionError):
        act[sender]()
    assert sender.objects.count() in (0, 1)


# Conflicts


@pytest.mark.parametrize("option", ["ignore_conflicts", "update_conflicts"])
def test_actions_that_may_be_there_are_refused(lennon, option):
    made = Action.objects.create(lennon, "sang")
    with pytest.raises(ValueError, match=rf"bulk_create\({option}=True\): the database does not"):
        Action.objects.bulk_create([Action(pk=made.pk, actor=lennon, verb="x")], **{option: True})
    assert Action.objects.get().verb == "sang"


def test_follows_that_are_there_are_told_of_by_nobody(lennon, hendrix):
    told = []

    def hear(**kwargs):
        told.append(kwargs)

    followed.connect(hear)
    try:
        follows = [Follow(user=lennon, target=hendrix) for _ in range(2)]
        Follow.objects.bulk_create(follows, ignore_conflicts=True)
    finally:
        followed.disconnect(hear)
    assert (Follow.objects.count(), told) == (1, [])
