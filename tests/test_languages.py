"""What people read, in their language."""

import datetime as dt

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError
from django.template import Context, Template
from django.utils import timezone, translation

from follow.models import Follow
from follow.utils import follow
from stream.models import Action
from stream.text import ago
from stream.utils import action
from tests.early.models import Band
from tests.testapp.models import Song

pytestmark = pytest.mark.django_db


def before(**ago):
    return timezone.now() - dt.timedelta(**ago)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "lennon sang Imagine to Quarrymen, 1 hour ago"),
        ("de", "lennon sang Imagine → Quarrymen, vor 1 Stunde"),
        ("es", "lennon sang Imagine a Quarrymen, hace 1 hora"),
        ("fr", "lennon sang Imagine à Quarrymen, il y a 1 heure"),
        ("ja", "lennonがImagineをQuarrymenにsang, 1時間前"),
        ("nl", "lennon sang Imagine aan Quarrymen, 1 uur geleden"),
        ("pt-br", "lennon sang Imagine a Quarrymen, há 1 hora"),
        ("ru", "lennon sang Imagine → Quarrymen, 1 час назад"),
        ("sv", "lennon sang Imagine till Quarrymen, för 1 timme sedan"),
    ],
)
def test_a_sentence_in_each_language(lennon, language, expected):
    band, song = Band.objects.create(name="Quarrymen"), Song.objects.create(title="Imagine")
    sent = action.send(lennon, "sang", band, song, datetime=before(hours=1))
    with translation.override(language):
        assert str(sent) == expected


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("de", ["vor 1 Stunde", "vor 2 Stunden", "vor 5 Stunden", "vor 21 Stunden"]),
        ("es", ["hace 1 hora", "hace 2 horas", "hace 5 horas", "hace 21 horas"]),
        ("fr", ["il y a 1 heure", "il y a 2 heures", "il y a 5 heures", "il y a 21 heures"]),
        ("ja", ["1時間前", "2時間前", "5時間前", "21時間前"]),
        ("nl", ["1 uur geleden", "2 uur geleden", "5 uur geleden", "21 uur geleden"]),
        ("pt-br", ["há 1 hora", "há 2 horas", "há 5 horas", "há 21 horas"]),
        ("ru", ["1 час назад", "2 часа назад", "5 часов назад", "21 час назад"]),
        (
            "sv",
            [f"för {hours} sedan" for hours in ("1 timme", "2 timmar", "5 timmar", "21 timmar")],
        ),
    ],
)
def test_hours_in_each_language(language, expected):
    with translation.override(language):
        assert [ago(before(hours=count)) for count in (1, 2, 5, 21)] == expected


def test_weeks_and_years_decline_in_russian():
    with translation.override("ru"):
        assert ago(before(weeks=1)) == "1 неделю назад"
        assert ago(before(minutes=11)) == "11 минут назад"
        assert ago(before(days=2 * 366)) == "2 года назад"
        assert ago(before(days=5 * 366)) == "5 лет назад"


def test_a_new_action_counts_in_french_from_two():
    text = Template(
        "{% load i18n %}{% blocktranslate count count=count %}Show {{ count }} new action"
        "{% plural %}Show {{ count }} new actions{% endblocktranslate %}"
    )
    with translation.override("fr"):
        shown = [text.render(Context({"count": count})) for count in (1, 2)]
    assert shown == ["Afficher 1 nouvelle action", "Afficher 2 nouvelles actions"]


def test_tabs_and_the_follow_button(client, lennon, hendrix):
    client.force_login(hendrix)
    action.send(lennon, "sang")
    with translation.override("fr"):
        page = client.get(f"/stream/auth/user/{lennon.pk}/").content.decode()
    for text in (
        "Abonnés",
        "Abonnements",
        'aria-label="Suivre lennon"',
        "Activité autour de lennon",
    ):
        assert text in page


def test_the_admin_of_actions(admin_client, lennon):
    sent = action.send(lennon, "sang")
    with translation.override("ru"):
        page = admin_client.get("/admin/stream/action/").content.decode()
        row = admin_client.get(f"/admin/stream/action/{sent.pk}/change/").content.decode()
    for text in ("Поиск по действующим лицам.", "Последние 7 дней", "По дату", "Показать", "Нет"):
        assert text in page
    assert "значением «действующее лицо»" in row


@pytest.mark.parametrize(
    ("language", "label"), [("en", "Target (user)"), ("de", "Ziel (Benutzer)")]
)
def test_forms_of_the_admin_name_role_and_model(admin_client, language, label):
    with translation.override(language):
        page = admin_client.get("/admin/follow/follow/add/").content.decode()
    assert f">{label}:</label>" in page


def test_the_objects_of_a_follow(client, lennon, hendrix):
    viewer = User.objects.create(username="viewer", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_follow"))
    client.force_login(viewer)
    sent = follow(lennon, hendrix)
    with translation.override("de"):
        page = client.get(f"/admin/follow/follow/{sent.pk}/change/").content.decode()
    assert "alle mit demselben Wert für „Benutzer“" in page
    assert "alle mit demselben Wert für „Ziel“" in page


def test_a_role_that_is_left_out():
    with translation.override("sv"), pytest.raises(ValidationError, match="Välj en: aktör"):
        Action(verb="sang").full_clean()
    with translation.override("sv"), pytest.raises(ValidationError, match="Välj en: mål"):
        Follow().full_clean()


def test_what_the_api_answers(client, lennon):
    with translation.override("nl"):
        answer = client.get("/api/streams/auth/user/0/")
    assert answer.status_code == 404
    assert answer.json() == {"detail": "Dit object bestaat niet, of u mag het niet bekijken."}
