"""Avatars, the looks of verbs, days and times, who to follow, and the stylesheet."""

import datetime as dt
import re
from pathlib import Path

import pytest
from django.conf import settings as site
from django.contrib.auth.models import AnonymousUser, User
from django.core.checks.registry import registry
from django.template import Context, RequestContext, Template
from django.test import RequestFactory
from django.utils import timezone, translation

import stream
from follow.utils import follow
from stream.arc.requests import sign_in_url
from stream.groups.group import Group
from stream.models import Action
from stream.testing import override_options
from stream.utils import action
from stream.web import looks
from stream.web.links import stream_url
from stream.web.people import RECENT, active_lately, suggestions
from tests.early.models import Band
from tests.testapp.models import Song

CSS = (Path(stream.__file__).parent / "static/stream/stream.css").read_text()
GUIDE = (Path(__file__).parents[2] / "docs/looks.md").read_text()
NOON = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)


@pytest.fixture
def at_noon(lennon, monkeypatch, settings):
    settings.TIME_ZONE = "UTC"
    monkeypatch.setattr(timezone, "now", lambda: NOON)
    monkeypatch.setattr(looks, "ago", lambda when: f"{(NOON - when).total_seconds() / 3600:.0f} h")


def shown(text, **names):
    return Template("{% load stream_tags %}" + text).render(Context(names))


# Avatars


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("ann", "A"),
        ("Ann Lee", "AL"),
        ("ann van der lee", "AL"),
        ("  ", "?"),
        ("(x) y", "Y"),
        ("§§", "?"),
        ("北京 市", "北市"),
        ("ß", "SS"),
    ],
)
def test_initials(name, initials):
    assert looks.initials(name) == initials


@pytest.mark.django_db
def test_an_avatar_is_the_image_that_options_say_or_initials(lennon):
    html = shown("{% avatar user 'small' %}", user=lennon)
    assert html == (
        f'<span class="stream-avatar stream-avatar-small stream-hue-{looks.hue_of(lennon)}" '
        'aria-hidden="true">L</span>'
    )
    with override_options(User, image=lambda self, user: f"/faces/{user.pk}.png?a&b"):
        html = shown("{% avatar user %}", user=lennon)
    address = f"/faces/{lennon.pk}.png?a&amp;b"
    assert html == f'<img class="stream-avatar" src="{address}" alt="" loading="lazy">'
    with override_options(User, image=lambda self, user: "javascript:alert(1)"):
        assert "<img" not in shown("{% avatar user %}", user=lennon)
    assert ">?<" in shown("{% avatar user %}", user=None)
    evil = Band(name="<i> <b>", pk=1)
    assert "<i>" not in shown("{% avatar band %}", band=evil)


@pytest.mark.django_db
def test_avatars_say_how_many_more_there_are(lennon, hendrix):
    html = shown("{% avatars all %}", all=[lennon, hendrix])
    assert html.count("stream-avatar ") == 2
    assert "+" not in html
    html = shown("{% avatars all 7 1 %}", all=[lennon, hendrix])
    assert html.count("stream-hue") == 1
    assert ">+6</span>" in html


def test_a_colour_stays_with_an_object():
    assert looks.hue_of(Band(pk=1)) == looks.hue_of(Band(pk=1, name="x"))
    hues = {looks.hue_of(Band(pk=number)) for number in range(100)}
    assert hues == set(range(looks.HUES))
    for hue in hues:
        assert f".stream-hue-{hue} " in CSS


# Verbs


@pytest.mark.django_db
def test_a_verb_has_an_icon_a_tint_and_low_rows(settings, lennon):
    settings.STREAM_VERBS = [("liked", "liked", {"icon": "heart", "tint": "red", "compact": True})]
    html = shown("{% render_action action %}", action=action.send(lennon, "liked"))
    assert 'class="stream-row stream-action stream-compact"' in html
    assert '<span class="stream-icon stream-tint-red" aria-hidden="true"><svg' in html
    assert "stream-avatar" not in html
    assert "lennon liked" in html
    html = shown("{% render_action action %}", action=action.send(lennon, "sang"))
    assert "stream-compact" not in html
    assert "stream-avatar" in html
    group = Group([action.send(lennon, "liked")])
    assert "stream-compact" in shown("{% render_activity group %}", group=group)
    assert "<svg" in shown("{% verb_icon verb %}", verb=None)


@pytest.mark.parametrize(
    ("look", "problem"),
    [
        ({"ikon": "heart"}, "{'ikon': 'heart'} is no look; it has icon, tint and compact"),
        ("heart", "'heart' is no look; it has icon, tint and compact"),
        ({"icon": "rocket"}, "there is no template 'stream/icons/rocket.svg'"),
    ],
)
def test_a_wrong_look_is_told(settings, look, problem):
    settings.STREAM_VERBS = [("sang", "sang"), ("liked", "liked", look)]
    assert looks.check_looks in registry.get_checks()
    (error,) = looks.check_looks()
    assert error.id == "stream.E058"
    assert error.msg == f"STREAM_VERBS, 'liked': {problem}."


def test_each_icon_and_tint_of_the_guide_is_there(settings):
    icons = {path.stem for path in Path(stream.__file__).parent.glob("templates/stream/icons/*")}
    for name in re.findall(r"`(\w+)`", GUIDE.partition("There are ")[2].partition(";")[0]):
        icons.remove(name)
    assert not icons
    tints = re.findall(r"`(\w+)`", GUIDE.partition("Its colour: ")[2].partition(", or")[0])
    assert tints == re.findall(r"^\.stream-tint-(\w+)", CSS, re.M)


# Days and times


@pytest.mark.django_db
def test_the_names_of_days(at_noon):
    day = NOON.date()
    ago = [day - dt.timedelta(days=days) for days in (0, 1, 2, 6, 7, -1)]
    names = ["Today", "Yesterday", "Sunday", "Wednesday", "March 3, 2026", "March 11, 2026"]
    assert [looks.day_name(each) for each in ago] == names
    with translation.override("de"):
        assert looks.day_name(ago[1]) == "Gestern"


@pytest.mark.django_db
def test_days_are_those_of_the_time_zone(at_noon, lennon):
    late = action.send(lennon, "slept", datetime=dt.datetime(2026, 3, 9, 23, 30, tzinfo=dt.UTC))
    early = action.send(lennon, "woke", datetime=dt.datetime(2026, 3, 10, 1, tzinfo=dt.UTC))
    group = Group([late])
    assert len(list(looks.by_day([early, late, group]))) == 2
    with timezone.override("Europe/Berlin"):
        days = list(looks.by_day([early, late, group]))
    assert days == [(NOON.date(), [early, late, group])]


@pytest.mark.django_db
def test_times_are_relative_today_and_by_the_clock_below_older_days(at_noon, lennon):
    when = NOON - dt.timedelta(days=2, hours=1, minutes=5)
    old = action.send(lennon, "slept", datetime=when)
    text = "{% activity_time action %}"
    assert ">49 h</time></a>" in shown(text, action=old)
    html = shown(text, action=old, stream_day=when.date())
    assert ">10:55 a.m.</time></a>" in html
    assert f'datetime="{when.isoformat()}" title="March 8, 2026, 10:55 a.m."' in html
    assert f'href="{old.get_absolute_url()}"' in html
    new = action.send(lennon, "woke", datetime=NOON - dt.timedelta(hours=3))
    assert ">3 h</time></a>" in shown(text, action=new, stream_day=NOON.date())
    assert shown(text, action=Group([old])).startswith('<span class="stream-time"><time')
    assert shown(text, action=None) == ""


@pytest.fixture
def three_days(at_noon, lennon):
    """Thirty actions: 20 of today, five of yesterday, five of long ago."""
    hours = [number / 10 for number in range(20)] + [
        24,
        25,
        26,
        27,
        28,
        999,
        1000,
        1001,
        1002,
        1003,
    ]
    for number in hours:
        action.send(lennon, "sang", datetime=NOON - dt.timedelta(hours=number))
    return stream_url(lennon, "actor")


HEADING = re.compile(r'<h2 class="stream-day">(.+?)</h2>')


@pytest.mark.django_db
def test_parts_of_a_page_go_on_below_the_heading_of_their_day(client, three_days):
    page = client.get(three_days)
    html = page.content.decode()
    assert HEADING.findall(html) == ["Today", "Yesterday"]
    headers = re.search(r"""hx-headers='\{"Stream-Day": "(.+?)"\}'""", html)[1]
    assert headers == "2026-03-09"
    older = three_days + page.context["stream_older_url"]
    Action.objects.create(
        actor=Action.objects.first().actor, verb="x", datetime=NOON - dt.timedelta(hours=29)
    )

    def part(**headers):
        html = client.get(older, headers={"HX-Request": "true", **headers}).content.decode()
        return HEADING.findall(html)

    last = "Jan. 27, 2026"
    assert part(**{"Stream-Day": headers}) == [last]
    assert part(**{"Stream-Day": "2026-03-10"}) == part(**{"Stream-Day": "<x>"}) == part()
    assert part() == ["Yesterday", last]
    # A whole page begins with a heading, whatever comes before it.
    whole = client.get(older, headers={"Stream-Day": headers}).content.decode()
    assert HEADING.findall(whole) == ["Yesterday", last]


# Who to follow


@pytest.mark.django_db
def test_those_who_acted_last_can_be_followed(lennon, hendrix, django_assert_max_num_queries):
    ann, ben = (User.objects.create(username=name) for name in ("ann", "ben"))
    song = Song.objects.create(title="Imagine")
    for actor in (ann, ben, hendrix, ann, lennon):
        action.send(actor, "sang")
    follow(lennon, hendrix)
    with django_assert_max_num_queries(5):
        found = active_lately(lennon)
    assert found == [ann, hendrix, ben]
    assert [each.is_followed for each in found] == [False, True, False]
    assert suggestions(lennon) == [ann, ben]
    assert suggestions(lennon, 1) == [ann]
    for number in range(30):
        other = User.objects.create(username=f"other{number}")
        action.send(other, "sang")
        follow(lennon, other)
    assert suggestions(lennon) == [ann, ben]
    Action.objects.filter(actor_user__username__startswith="other").delete()
    assert active_lately(AnonymousUser()) == [lennon, ann, hendrix, ben]
    assert not any(each.can_follow for each in active_lately(None))
    action.send(ben, "whispered", song, public=False)
    assert active_lately(lennon) == [ann, hendrix, ben]
    with override_options(User, visible_to=lambda self, users, reader: users.exclude(pk=ann.pk)):
        assert active_lately(lennon) == [hendrix, ben]


@pytest.mark.django_db
def test_the_newest_actions_alone_are_looked_at(lennon, hendrix):
    action.send(hendrix, "sang")
    action.send_many({"actor": lennon, "verb": "sang"} for _ in range(RECENT))
    assert active_lately(None) == [lennon]


@pytest.mark.django_db
def test_an_empty_feed_leads_on(client, lennon, hendrix):
    action.send(hendrix, "sang")
    client.force_login(lennon)
    page = client.get("/stream/").content.decode()
    assert "Who to follow" in page
    assert 'aria-label="Follow hendrix"' in page
    follow(lennon, hendrix)
    page = client.get("/stream/").content.decode()
    assert "Who to follow" not in page
    assert "hendrix sang" in page
    people = client.get("/stream/people/").content.decode()
    assert 'aria-label="Following hendrix: unfollow"' in people
    client.logout()
    assert "follow-form" not in client.get("/stream/people/").content.decode()
    Action.objects.all().delete()
    assert "Nobody has done anything yet." in client.get("/stream/people/").content.decode()


# The frame


@pytest.mark.django_db
def test_the_frame_leads_to_what_is_there(client, lennon, settings):
    action.send(lennon, "sang")
    page = client.get(stream_url(lennon)).content.decode()
    assert '<a href="/stream/">Home</a>' in page
    assert "Notifications" not in page
    client.force_login(lennon)
    page = client.get("/stream/people/").content.decode()
    assert '<a href="/stream/people/" aria-current="page">People</a>' in page
    assert '<a href="/notifications/">' in page
    assert f'<a href="{stream_url(lennon)}">lennon</a>' in page
    assert 'method="post" action="/admin/logout/"' in page


@pytest.mark.parametrize(
    ("login", "url"),
    [
        ("/admin/login/", "/admin/login/?next=/x/%3Fy%3D1"),
        ("admin:login", "/admin/login/?next=/x/%3Fy%3D1"),
        ("https://login.example/?a=b", "https://login.example/?a=b&next=/x/%3Fy%3D1"),
        ("/nowhere/at/all/", ""),
        ("nowhere", ""),
    ],
)
def test_signing_in_leads_back(settings, login, url):
    settings.LOGIN_URL = login
    assert sign_in_url(RequestFactory().get("/x/?y=1")).replace("%2F", "/") == url


# The stylesheet


def test_the_stylesheet_styles_nothing_else():
    plain = re.sub(r"/\*.*?\*/", "", CSS, flags=re.S)
    for rule in re.findall(r"([^{};]+)\{", re.sub(r"@keyframes[^{]+\{.*?\}\s*\}", "", plain)):
        selectors = re.sub(r"\([^()]*\)", lambda found: found[0].replace(",", "\0"), rule)
        for selector in selectors.split(","):
            selector = selector.strip()
            if not selector.startswith("@"):
                assert ".stream" in selector or selector == ":root", selector


def test_the_guide_names_what_the_stylesheet_has():
    names = set(re.findall(r"--stream-[\w-]+(?=:)", CSS.partition("}")[0]))
    told = set(re.findall(r"--stream-[\w-]+", GUIDE)) - {"--stream-tint"}
    assert told == names
    classes = set(re.findall(r"\.(stream-[\w-]+)", CSS))
    for name in re.findall(r"^\| (`stream-.+?) \|", GUIDE, re.M):
        assert set(re.findall(r"`(.+?)`", name)) <= classes


def test_the_tags_load_what_there_is():
    assert shown("{% stream_styles %}") == (
        f'<link rel="stylesheet" href="{site.STATIC_URL}stream/stream.css">'
    )
    script = shown("{% stream_script %}")
    assert "stream/stream.js" in script
    assert 'data-failed="That did not work. Please try again." defer' in script


@pytest.mark.django_db
def test_navigation_without_a_request_asks_the_view(lennon):
    request = RequestFactory().get("/stream/")
    request.user = lennon
    view = type("View", (), {"request": request})
    for context in (RequestContext(request, {"request": request}), Context({"view": view})):
        text = "{% load stream_tags %}{% stream_navigation as to %}{{ to.user }} {{ to.path }}"
        assert Template(text).render(context) == "lennon /stream/"
