"""What people read, in their language."""

import datetime as dt

import pytest
from django.contrib.auth.models import Permission, User
from django.core.exceptions import ValidationError
from django.template import Context, Template
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.html import strip_tags

from follow.models import Follow
from follow.utils import follow
from stream.groups.group import Group
from stream.models import Action
from stream.notifications import notify
from stream.text import ago
from stream.utils import action
from tests.early.models import Band
from tests.support.mails import digest_of
from tests.testapp.models import Song

pytestmark = pytest.mark.django_db

COUNTS = (1, 2, 5, 21)


def before(**ago):
    return timezone.now() - dt.timedelta(**ago)


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "lennon sang Imagine (Quarrymen), 1 hour ago"),
        ("de", "lennon sang Imagine (Quarrymen), vor 1 Stunde"),
        ("es", "lennon sang Imagine (Quarrymen), hace 1 hora"),
        ("fr", "lennon sang Imagine (Quarrymen), il y a 1 heure"),
        ("ja", "lennonがImagineをsang（Quarrymen）, 1時間前"),  # noqa: RUF001
        ("nl", "lennon sang Imagine (Quarrymen), 1 uur geleden"),
        ("pt-br", "lennon sang Imagine (Quarrymen), há 1 hora"),
        ("ru", "lennon sang Imagine (Quarrymen), 1 час назад"),
        ("sv", "lennon sang Imagine (Quarrymen), för 1 timme sedan"),
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
        assert [ago(before(hours=count)) for count in COUNTS] == expected


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


@pytest.mark.parametrize(
    ("language", "pattern", "others"),
    [
        ("en", "ann, bob and {} ♥ Cream", ["1 other", "2 others", "5 others", "21 others"]),
        ("de", "ann, bob und {} ♥ Cream", ["1 weitere", "2 weitere", "5 weitere", "21 weitere"]),
        ("es", "ann, bob y {} ♥ Cream", ["1 más", "2 más", "5 más", "21 más"]),
        ("fr", "ann, bob et {} ♥ Cream", ["1 autre", "2 autres", "5 autres", "21 autres"]),
        ("ja", "ann、bob、他{}がCreamを♥", ["1人", "2人", "5人", "21人"]),
        ("nl", "ann, bob en {} ♥ Cream", ["1 ander", "2 anderen", "5 anderen", "21 anderen"]),
        ("pt-br", "ann, bob e {} ♥ Cream", ["mais 1", "mais 2", "mais 5", "mais 21"]),
        ("ru", "ann, bob и {} ♥ Cream", ["ещё 1", "ещё 2", "ещё 5", "ещё 21"]),
        ("sv", "ann, bob och {} ♥ Cream", ["1 till", "2 till", "5 till", "21 till"]),
    ],
)
def test_a_group_in_each_language(language, pattern, others):
    band = Band.objects.create(name="Cream")
    actors = [User.objects.create(username=name) for name in ("ann", "bob")]
    actions = [action.send(actor, "♥", band) for actor in actors]
    groups = [
        Group(actions, actor_count=count + 2, action_count=count + 2, common=["verb", "target"])
        for count in COUNTS
    ]
    with translation.override(language):
        assert [str(group) for group in groups] == [pattern.format(each) for each in others]


@pytest.mark.parametrize(
    ("language", "pattern", "nouns"),
    [
        ("en", "ann did {} with Cream", ["1 thing", "2 things", "5 things", "21 things"]),
        ("de", "ann: {} mit Cream", ["1 Aktion", "2 Aktionen", "5 Aktionen", "21 Aktionen"]),
        ("es", "ann: {} con Cream", ["1 acción", "2 acciones", "5 acciones", "21 acciones"]),
        ("fr", "ann : {} avec Cream", ["1 action", "2 actions", "5 actions", "21 actions"]),
        ("ja", "ann：Creamに関するアクション{}", ["1件", "2件", "5件", "21件"]),  # noqa: RUF001
        ("nl", "ann: {} met Cream", ["1 actie", "2 acties", "5 acties", "21 acties"]),
        ("pt-br", "ann: {} com Cream", ["1 ação", "2 ações", "5 ações", "21 ações"]),
        ("ru", "ann: {} (Cream)", ["1 действие", "2 действия", "5 действий", "21 действие"]),
        (
            "sv",
            "ann: {} med Cream",
            ["1 händelse", "2 händelser", "5 händelser", "21 händelser"],
        ),
    ],
)
def test_a_group_of_several_verbs_in_each_language(language, pattern, nouns):
    band, ann = Band.objects.create(name="Cream"), User.objects.create(username="ann")
    actions = [action.send(ann, verb, band) for verb in ("♥", "saw")]
    groups = [Group(actions, action_count=count, common=["target"]) for count in COUNTS]
    with translation.override(language):
        assert [str(group) for group in groups] == [pattern.format(each) for each in nouns]


@pytest.mark.parametrize(
    ("language", "others", "things"),
    [
        ("en", "ann and 200+ others ♥", "ann and 200+ others did 201+ things"),
        ("de", "ann und 200+ weitere ♥", "ann und 200+ weitere: 201+ Aktionen"),
        ("es", "ann y 200+ más ♥", "ann y 200+ más: 201+ acciones"),
        ("fr", "ann et 200+ autres ♥", "ann et 200+ autres : 201+ actions"),
        ("ja", "ann、他200+人が♥", "ann、他200+人：アクション201+件"),  # noqa: RUF001
        ("nl", "ann en 200+ anderen ♥", "ann en 200+ anderen: 201+ acties"),
        ("pt-br", "ann e mais 200+ ♥", "ann e mais 200+: 201+ ações"),
        ("ru", "ann и ещё 200+ ♥", "ann и ещё 200+: 201+ действие"),
        ("sv", "ann och 200+ till ♥", "ann och 200+ till: 201+ händelser"),
    ],
)
def test_a_group_of_at_least_so_many_in_each_language(language, others, things):
    actions = [action.send(User.objects.create(username="ann"), "♥")]
    groups = [
        Group(actions, actor_count=201, action_count=201, common=common, is_exact=False)
        for common in (["verb"], [])
    ]
    with translation.override(language):
        assert [str(group) for group in groups] == [others, things]


TABS = {
    "en": "All Unread Archived Preferences",
    "de": "Alle Ungelesen Archiviert Einstellungen",
    "es": "Todas No leídas Archivadas Preferencias",
    "fr": "Toutes Non lues Archivées Préférences",
    "ja": "すべて 未読 アーカイブ済み 設定",
    "nl": "Alle Ongelezen Gearchiveerd Voorkeuren",
    "pt-br": "Todas Não lidas Arquivadas Preferências",
    "ru": "Все Непрочитанные Архив Настройки",  # noqa: RUF001
    "sv": "Alla Olästa Arkiverade Inställningar",
}


@pytest.mark.parametrize(
    ("language", "title", "empty"),
    [
        ("en", "Your notifications", "No notifications yet."),
        ("de", "Ihre Benachrichtigungen", "Noch keine Benachrichtigungen."),
        ("es", "Sus notificaciones", "Todavía no hay notificaciones."),
        ("fr", "Vos notifications", "Aucune notification pour l’instant."),  # noqa: RUF001
        ("ja", "あなたへの通知", "通知はまだありません。"),
        ("nl", "Uw meldingen", "Nog geen meldingen."),
        ("pt-br", "Suas notificações", "Nenhuma notificação ainda."),
        ("ru", "Ваши уведомления", "Уведомлений пока нет."),
        ("sv", "Dina aviseringar", "Inga aviseringar än."),
    ],
)
def test_the_empty_page_of_notifications(client, hendrix, language, title, empty):
    client.force_login(hendrix)
    with translation.override(language):
        page = client.get(reverse("stream_notifications:list")).content.decode()
    # Of the text, nothing else is left over that would have to be translated.
    text = " ".join(strip_tags(page.partition("<main")[2].partition(">")[2]).split())
    assert text == f"{title} {TABS[language]} {empty}"


NEW = {
    "en": ("{} new notification", "{} new notifications"),
    "de": ("{} neue Benachrichtigung", "{} neue Benachrichtigungen"),
    "es": ("{} notificación nueva", "{} notificaciones nuevas"),
    "fr": ("{} nouvelle notification", "{} nouvelles notifications"),
    "ja": ("新しい通知が {} 件あります", "新しい通知が {} 件あります"),
    "nl": ("{} nieuwe melding", "{} nieuwe meldingen"),
    "pt-br": ("{} nova notificação", "{} novas notificações"),
    "ru": ("{} новое уведомление", "{} новых уведомлений"),
    "sv": ("{} ny avisering", "{} nya aviseringar"),
}


@pytest.mark.parametrize("language", NEW)
def test_the_subject_of_a_digest(language):
    one, many = NEW[language]
    forms = [one, many, many, many]
    if language == "ru":
        forms = [one, "{} новых уведомления", many, one]
    template = "stream/notifications/mail/subject.txt"
    with translation.override(language):
        shown = [render_to_string(template, {"count": count}).strip() for count in COUNTS]
    assert shown == [form.format(count) for form, count in zip(forms, COUNTS, strict=True)]


@pytest.mark.parametrize(
    ("language", "hello", "more"),
    [
        ("en", "Hello hendrix,", "and 1 more notification"),
        ("de", "Hallo hendrix,", "und 1 weitere Benachrichtigung"),
        ("es", "Hola, hendrix:", "y 1 notificación más"),
        ("fr", "Bonjour hendrix,", "et 1 autre notification"),
        ("ja", "hendrixさん、こんにちは。", "他 1 件の通知"),
        ("nl", "Hallo hendrix,", "en nog 1 melding"),
        ("pt-br", "Olá, hendrix!", "e mais 1 notificação"),
        ("ru", "Здравствуйте, hendrix!", "и ещё 1 уведомление"),
        ("sv", "Hej hendrix!", "och 1 avisering till"),
    ],
)
def test_a_digest_in_each_language(lennon, hendrix, settings, language, hello, more):
    for _ in range(21):
        notify(hendrix, action.send(lennon, "♥"))
    settings.LANGUAGE_CODE = language
    message = digest_of(hendrix)
    lines = [line for line in message.body.splitlines() if line and line[0] not in "* -"]
    assert (lines[0], lines[1]) == (hello, more)


def test_a_badge_declines_in_russian():
    template = "stream/notifications/_badge.html"
    counts = (0, *COUNTS, 99, 121)
    with translation.override("ru"):
        shown = [strip_tags(render_to_string(template, {"unseen": count})) for count in counts]
    assert [text.strip() for text in shown] == [
        "",
        "1 новое уведомление",
        "2 новых уведомления",
        "5 новых уведомлений",
        "21 новое уведомление",
        "99 новых уведомлений",
        "99+ новых уведомлений",
    ]


def test_the_admin_of_notifications(admin_client, lennon, hendrix):
    notify(hendrix, action.send(lennon, "sang"))
    with translation.override("fr"):
        page = admin_client.get("/admin/stream_notifications/notification/").content.decode()
    for text in ("Notifications", "Date et heure", "Destinataire", "Action", "Vue", "Lue"):
        assert f">{text}<" in page
