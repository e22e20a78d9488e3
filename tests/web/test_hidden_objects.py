"""What ``visible_to`` hides is hidden with its actions, at each door and from each reader."""

import re

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.core.cache import cache
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Q, QuerySet, Value
from django.template import Context, Template
from django.test import TestCase

from follow.utils import follow
from stream.arc.options import ModelOptions, check_options, options_of, register
from stream.feeds import feed_manager
from stream.jobs.running import run_all
from stream.models import Action
from stream.notifications import NotificationFeed, notify
from stream.notifications.signals import delivered
from stream.streams import actor_stream, any_stream, user_stream
from stream.syndication.models import FeedToken
from stream.syndication.negotiation import FORMATS
from stream.testing import override_options
from stream.utils import action
from stream.web.links import stream_url
from tests.early.models import Band
from tests.support.mails import digest_of
from tests.testapp.models import Song

pytestmark = pytest.mark.django_db

READERS = ["nobody", "stranger", "follower", "member", "actor"]
TOLD = {"member"}  # whom the rule shows the band, though others act on it and follow it


def of_members(options, bands, reader):
    """Show a private band to its member alone."""
    if reader and reader.username == "member":
        return bands
    return bands.exclude(name__startswith="Private")


@pytest.fixture
def site(client, settings):
    """All that may tell of a private band: actions in each role, follows, notifications."""
    cache.clear()
    people = {name: User.objects.create_user(name) for name in READERS[1:]}
    people["nobody"] = None
    private, open_band = (Band.objects.create(name=f"{name} Five") for name in ("Private", "Open"))
    actor = people["actor"]
    told = []
    for band in (private, open_band):
        told += [
            action.send(actor, "praised", band),
            action.send(band, "played", actor),
            action.send(actor, "showed", actor, band),
            action.send(actor, "wept over", band, public=False),
        ]
        for person in people.values():
            if person:
                follow(person, band)
                notify(person, told[-4], to_self=True)
    for name in ("stranger", "follower", "member"):
        follow(people[name], actor)
    song = Song.objects.create(title="Song")
    action.send(actor, "wrote", song)
    return {**people, "private": private, "open": open_band, "told": told}


def addresses(site, reader):
    """Yield each address of a list, what it accepts, and whether it is the same for all readers."""
    user, band = f"auth/user/{site['actor'].pk}/", f"early/band/{site['open'].pk}/"
    html, activities = "text/html", "application/activity+json"
    for page in (f"{user}", f"{user}actor/", "early/band/", f"{band}", f"{band}actor/"):
        yield f"/stream/{page}", html, False
        yield f"/stream/{page}", activities, True
    for path in (f"streams/{user}", "streams/early/band/", f"follows/{user}following/", "actions/"):
        yield f"/api/{path}", "application/json", False
    yield f"/stream/{user}following/", html, False
    for each in FORMATS:
        for page in (f"object/{user}", f"actor/{user}", "model/early/band/"):
            yield f"/feeds/{page}{each}/", html, True
        if reader:
            yield f"/feeds/home/{FeedToken.objects.renew(reader).secret}/{each}/", html, False
    if reader:
        yield "/stream/", activities, False
        named = ("feed/timeline/", "feed/timeline_aggregated/")
        for page in ("/stream/", "/notifications/", "/notifications/?single"):
            yield page, html, False
        for page in named:
            yield f"/stream/{page}", html, False
        for path in ("streams/home/", "notifications/", *(f"feeds{each[4:]}" for each in named)):
            yield f"/api/{path}", "application/json", False


@pytest.mark.parametrize("name", READERS)
def test_each_door_tells_each_reader_what_the_rule_says(client, site, name):
    reader = site[name]
    if reader:
        client.force_login(reader)
    private = f"band/{site['private'].pk}/"
    with override_options("early.Band", visible_to=of_members):
        for address, accept, is_for_all in addresses(site, reader):
            text = client.get(address, headers={"Accept": accept}).content.decode()
            assert "Open Five" in text, address
            if f"band/{site['open'].pk}/" in address:
                continue
            is_told = name in TOLD and not is_for_all
            assert ("Private Five" in text) is is_told, (address, accept)
            assert is_told or private not in text, (address, accept)


def but_the_shy(options, people, reader):
    """Show the shy to themselves alone."""
    return people.exclude(~Q(pk=reader and reader.pk), username__startswith="shy")


@pytest.mark.parametrize("name", ["visitor", "hendrix", "shy0"])
def test_a_persons_page_tells_nothing_of_hidden_people(client, lennon, hendrix, name):
    shy = [User.objects.create_user(f"shy{number}") for number in range(30)]
    action.send(lennon, "sang")
    follow(hendrix, lennon)
    follow(lennon, hendrix)
    for person in shy:  # more than a page, and newer
        follow(person, lennon)
        follow(lennon, person)
        action.send(person, "greeted", lennon)
        action.send(lennon, "thanked", person)
    if name != "visitor":
        client.force_login(User.objects.get(username=name))
    with override_options("auth.User", visible_to=but_the_shy):
        for page in ("object", "actor", "followers", "following"):
            url, found = stream_url(lennon, page), ""
            while url:
                response = client.get(url)
                assert response.status_code == 200
                html = response.content.decode()
                assert "Nothing to show here yet." not in html
                found += html
                older = response.context.get("stream_older_url")
                url = older and stream_url(lennon, page) + older
            told = set(re.findall(r"\bshy\d+\b", found))
            assert told == ({name} if name.startswith("shy") else set()), page
            if page in ("followers", "following"):
                assert "hendrix" in found
            assert "follow-form" in found or "Sign in to follow" in found
            assert ("Sign in to follow" in found) is (name == "visitor")
        for each in ("shy1", "shy2"):
            page = stream_url(User.objects.get(username=each))
            assert client.get(page).status_code == 404


@pytest.mark.parametrize("name", READERS)
def test_pages_of_what_is_hidden_are_not_there(client, site, name):
    if site[name]:
        client.force_login(site[name])
    band = f"early/band/{site['private'].pk}/"
    with override_options("early.Band", visible_to=of_members):
        for page in (band, f"{band}actor/", f"{band}followers/"):
            status = client.get(f"/stream/{page}").status_code
            assert status == (200 if name in TOLD else 404)
        for path in (f"streams/{band}", f"follows/{band}followers/"):
            status = client.get(f"/api/{path}").status_code
            assert status == (200 if name in TOLD else 404)
        for kind in ("object", "actor"):  # the same for everybody
            assert client.get(f"/feeds/{kind}/{band}").status_code == 404
        for each in site["told"][:4]:
            status = client.get(each.get_absolute_url()).status_code
            assert (status == 200) is (name in TOLD and each.public)


@pytest.mark.parametrize("name", READERS[1:])
def test_counts_mails_groups_and_feeds_follow_the_rule(site, name):
    reader = site[name]
    with override_options("early.Band", visible_to=of_members):
        feed = feed_manager.get_notification_feed(reader)
        number = 2 if name in TOLD else 1
        assert (feed.count(), feed.unread_count, feed.count_unseen(99)) == (number,) * 3
        assert len(feed.page()) == number
        assert [group.action_count for group in feed.groups()] == [1] * number
        mail = digest_of(reader)
        told = mail.body + mail.alternatives[0].content
        assert ("Private Five" in told, "Open Five" in told) == (name in TOLD, True)
        assert mail.body.count("\n* ") == number
        groups = user_stream(reader).grouped("verb").page()
        of_band = [group for group in groups if group.verb in ("praised", "played", "showed")]
        assert {group.action_count for group in of_band} == {2 if name in TOLD else 1}
        for each in feed_manager.get_news_feeds(reader).values():
            told = " ".join(str(row) for row in each.page())
            assert ("Private Five" in told) is (name in TOLD)
    assert feed_manager.get_notification_feed(reader).unread_count == 2


@pytest.mark.parametrize("timeline", ["JoinTimeline", "TableTimeline", "RedisTimeline"])
def test_changed_permissions_hold_at_once(site, timelines, timeline):
    timelines(timeline)
    reader, band = site["stranger"], site["private"]

    def shown():
        return sum("Private Five" in str(each) for each in user_stream(reader).page())

    with override_options("early.Band", visible_to=of_members):
        shown()  # which has the timeline made
        run_all(using="default")
        assert shown() == 0
        reader.username = "member"
        assert shown() == 3
        reader.username = "stranger"
        assert shown() == 0
        Band.objects.filter(pk=band.pk).update(name="Now open")
        assert "Now open" in " ".join(str(each) for each in user_stream(reader).page())


def test_no_cursor_tells_of_what_is_hidden(site):
    with override_options("early.Band", visible_to=of_members):
        stream = Action.objects.visible_to(None).get_for_any(site["private"])
        page = stream.page()
        assert (len(page), page.next, page.previous) == (0, None, None)
        assert user_stream(site["stranger"]).count_newer(None, 99) == len(
            user_stream(site["stranger"])
        )


def test_code_asks_as_it_likes(site):
    with override_options("early.Band", visible_to=of_members):
        band = site["private"]
        assert len(any_stream(band)) == 3
        assert len(any_stream(band).guarded_for(site["stranger"])) == 0
        assert len(any_stream(band).guarded_for(site["member"])) == 3
        assert len(actor_stream(site["actor"]).guarded_for(AnonymousUser())) == 3
        with pytest.raises(TypeError, match=r"guarded_for\(5\): pass a saved user"):
            any_stream(band).guarded_for(5)


def test_the_tag_of_a_stream_asks_as_the_requests_user(site, rf):
    page = Template(
        "{% load stream_tags %}{% stream 'any' band as actions %}{{ actions|length }}"
        "{% stream 'user' me as home %}-{{ home|length }}"
    )
    for name, expected in (("member", "3-7"), ("stranger", "0-4")):
        request = rf.get("/")
        request.user = me = site[name]
        with override_options("early.Band", visible_to=of_members):
            context = Context({"request": request, "band": site["private"], "me": me})
            assert page.render(context) == expected
    with override_options("early.Band", visible_to=of_members):
        bare = Context({"band": site["private"], "me": site["stranger"]})
        assert page.render(bare) == "0-4"  # a mail, say: what anybody may see


@pytest.mark.parametrize("timeline", ["JoinTimeline", "TableTimeline", "RedisTimeline"])
def test_the_home_feed_of_another_is_shown_as_far_as_the_reader_may_see(
    site, rf, timelines, timeline
):
    timelines(timeline)
    page = Template(
        "{% load stream_tags %}{% stream 'user' owner as home %}"
        "{% for each in home %}{{ each }} {% endfor %}"
    )
    request = rf.get("/")
    with override_options("early.Band", visible_to=of_members):
        for name in READERS:
            request.user = site[name] or AnonymousUser()
            shown = page.render(Context({"request": request, "owner": site["member"]}))
            assert ("Open Five" in shown, "Private Five" in shown) == (True, name in TOLD)
        mail = page.render(Context({"owner": site["member"]}))
        assert "Private Five" in mail


@pytest.mark.parametrize("name", READERS[1:])
def test_what_a_user_does_leaves_out_what_is_hidden_from_the_user(site, name):
    for person in READERS[1:]:
        for band in (site["private"], site["open"]):
            action.send(site[person], "praised", band)
    with override_options("early.Band", visible_to=of_members):
        feed = feed_manager.get_user_feed(site[name])
        told = " ".join(map(str, feed))
        assert ("Open Five" in told, "Private Five" in told) == (True, name in TOLD)
        assert feed.count() == len(list(feed))


def test_a_channel_shows_each_recipient_what_the_rule_says(site):
    told = []

    def push(action, notifications, **kwargs):
        for notification in notifications.select_related("recipient"):
            shown = NotificationFeed(notification.recipient).load([notification])
            told.extend((each.recipient.username, str(each.action.target)) for each in shown)

    delivered.connect(push)
    try:
        with (
            override_options("early.Band", visible_to=of_members),
            TestCase.captureOnCommitCallbacks(execute=True),
        ):
            for band in (site["private"], site["open"]):
                sent = action.send(site["actor"], "joined", band)
                notify([site["stranger"], site["member"]], sent)
    finally:
        delivered.disconnect(push)
    assert sorted(told) == [
        ("member", "Open Five"),
        ("member", "Private Five"),
        ("stranger", "Open Five"),
    ]


def test_what_the_default_manager_leaves_out_is_hidden(site, monkeypatch):
    stream = any_stream(site["private"])
    assert len(stream.guarded_for(None)) == 3
    shown = Band.objects.exclude(pk=site["private"].pk)
    monkeypatch.setattr(Band._default_manager, "get_queryset", shown.all)
    assert len(stream.guarded_for(None)) == 0
    with override_options(Band, visible_to=lambda options, bands, reader: Band._base_manager.all()):
        assert len(stream.guarded_for(None)) == 3


def test_without_rules_the_statement_is_as_before(site):
    everything = Action.objects.filter(public=True)
    assert str(everything.guarded_for(site["member"]).query) == str(everything.query)
    with override_options("early.Band", visible_to=of_members):
        assert str(everything.guarded_for(site["member"]).query) == str(everything.query)
        sql = str(everything.guarded_for(None).query)
    assert sql.count("LIMIT 1") == 3  # a condition for each role


def test_a_rule_may_hide_all_and_join_many(site):
    with override_options("early.Band", visible_to=lambda options, bands, reader: bands.none()):
        assert {each.verb for each in Action.objects.guarded_for(None)} == {"wrote"}

    def followed(options, bands, reader):
        return bands.filter(follow_band__user=reader) if reader else bands.none()

    with override_options("early.Band", visible_to=followed):
        assert len(any_stream(site["private"]).guarded_for(site["member"])) == 3
        site["member"].following.all().delete()
        assert len(any_stream(site["private"]).guarded_for(site["member"])) == 0


@pytest.mark.parametrize(
    "rule", [lambda options, bands, reader: bands[:3], lambda options, bands, reader: [bands]]
)
def test_what_is_no_rule_is_refused(rule):
    with (
        override_options("early.Band", visible_to=rule),
        pytest.raises(TypeError, match="of early.Band returned .+ that cannot be filtered; return"),
    ):
        Action.objects.visible_to(None)


# Options


def test_options_hold_for_parents_and_proxies_and_are_registered_once():
    class Options(ModelOptions):
        pass

    with override_options("testapp.Venue", image=lambda options, venue: "/venue.png"):
        from tests.testapp.models import Studio

        assert options_of(Studio).image(None) == "/venue.png"
        with pytest.raises(ImproperlyConfigured, match=r"VenueOptions has them already"):
            register("testapp.venue")(Options)
    assert options_of(Studio).image(None) == ""
    for wrong in ((), ("Venue",), ("a.b.c",), (5,), (Options,)):
        with pytest.raises(ImproperlyConfigured, match="name models, such as 'shop.Product'"):
            register(*wrong)
    with pytest.raises(ImproperlyConfigured, match="is no subclass of ModelOptions"):
        register(Band)(Band)


def test_checks_find_misspelt_options_and_models_in_no_role():
    assert not check_options()
    with (
        override_options("early.Band", visibel_to=None, _own=1, colour=2),
        override_options("testapp.Orchestra"),
        override_options("blog.Nothing"),
    ):
        found = [(each.id, each.msg, each.hint) for each in check_options()]
    assert [each[0] for each in found] == ["stream.E081"] * 2 + ["stream.E080"] * 2
    assert "BandOptions.colour: nothing asks for it" in found[0][1]
    assert found[1][2] == "Write 'visible_to'."
    assert "testapp.orchestra is registered in no role" in found[2][1]
    assert not [each for each in run_checks(databases=[]) if each.id.startswith("stream.E08")]


def test_checks_find_rules_that_nothing_asks_for():
    def hides(options, objects, reader):
        return objects.none()

    with (
        override_options("testapp.Studio", visible_to=hides, load=hides, image=hides),
        override_options("testapp.CrewProxy", visible_to=hides, name=hides),
    ):
        found = [(each.id, each.msg, each.hint) for each in check_options()]
    assert [each[0] for each in found] == ["stream.E082"] * 4
    named = [each[1].partition(":")[0].rpartition("Options.")[2] for each in found]
    assert named == ["load", "visible_to", "name", "visible_to"]
    assert "testapp.Venue is registered, and testapp.studio is not" in found[1][1]
    assert "Write it into the options of testapp.Crew" in found[2][2]
    with override_options("testapp.Venue", visible_to=hides):
        with override_options("testapp.Studio", visible_to=hides, image=hides):
            assert not check_options()  # the same rule, such as an inherited one
        with override_options("testapp.Studio", image=hides):
            assert not check_options()


def test_pages_load_objects_as_their_options_say(client, site, django_assert_num_queries):
    def name(options, song):
        return f"{song.title} of {song.number_of_bands}"

    def load(options, songs):
        return songs.annotate(number_of_bands=Value(5))

    with override_options("testapp.Song", name=name, load=load):
        for address in ("/stream/testapp/song/", "/feeds/model/testapp/song/atom/"):
            assert "Song of 5" in client.get(address).content.decode()
        song = Song.objects.get()
        assert "Song of 5" in client.get(f"/stream/testapp/song/{song.pk}/").content.decode()


class Songs(QuerySet):
    def counted(self):
        return self.annotate(number_of_bands=Value(5))


def test_options_load_by_the_methods_of_the_models_manager(client, site, monkeypatch):
    shown = Songs(Song).exclude(title="Unheard")
    monkeypatch.setattr(Song._default_manager, "get_queryset", shown.all)
    options = {
        "name": lambda options, song: f"{song.title} of {song.number_of_bands}",
        "load": lambda options, songs: songs.counted(),
    }
    with override_options("testapp.Song", **options):
        assert "Song of 5" in client.get("/stream/testapp/song/").content.decode()
        unheard = Song.objects.create(title="Unheard")
        action.send(site["actor"], "hummed", unheard)
        [hummed] = actor_stream(site["actor"], verb="hummed")  # code asks as it likes
        assert str(hummed).startswith("actor hummed Unheard of 5")
