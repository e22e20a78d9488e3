"""Requests of all kinds to all addresses: none is a server error.

``STREAM_FUZZ=10000 pytest tests/web/test_fuzz.py`` sends many more; pytest-randomly says the seed.
"""

import json
import os
import random
import re
import string
from urllib.parse import quote

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission, User
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver
from django.utils.http import urlencode

from follow.models import Follow
from follow.utils import follow
from stream.models import Action
from stream.notifications import NotificationFeed, notify
from stream.syndication.models import FeedToken
from stream.utils import action
from tests.early.models import Band
from tests.testapp.models import Song, Stage, Tag

REQUESTS = int(os.environ.get("STREAM_FUZZ", "400"))

ODD = [
    "", "0", "1", "2", "-1", "01", "1.0", "1e3", "1E+1000000", "NaN", "Infinity", "None", "null",
    "true", "\x00", "a\x00b", "%00", "\udcff", "\ud800x", "\u202e", "é", "😀" * 70, "x" * 300,
    "x" * 5000, "9" * 19, str(2**63), str(2**64), "9" * 400, "2024-02-30", "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999-12:00", "2024-01-01", "P1D", "127.0.0.1", "::1", "..", "../..",
    "/", "//example.org", "a/b", "a_2Fb", "_", "__", "_5F", "'", '"', "<script>", "{{ x }}", "%s",
    "%(x)s", "{actor}", "' OR 1=1 --", "javascript:alert(1)", "[1]", "{}", "\n", "a\r\nB: c", " ",
    "00000000-0000-0000-0000-000000000000", "auth.user", "auth.User", "early.band:1", "a.b.c",
]  # fmt: skip
NAMES = [
    "after", "before", "since", "verb", "type", "page_size", "flag", "next", "format", "object",
    "target", "target_type", "actor", "actor_type", "action_object", "unread", "unseen", "group",
    "q", "o", "p", "e", "all", "_popup", "_facets", "ids", "id", "model", "key", "obj", "grouped",
    "datetime__gte", "datetime__year", "public__exact", "verb__exact", "actor_user__id__exact",
    "user__id__exact", "actor_only__exact", "read", "notification", "csrfmiddlewaretoken", "data",
    "date_from", "date_to", "from", "to", "user", "url", "action", "_selected_action", "index",
]  # fmt: skip
TYPES = [
    "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
    "text/plain", "application/json; charset=utf-7", "application/xml", "",
    "application/x-www-form-urlencoded; charset=utf-7",
]  # fmt: skip
HEADERS = {
    "HX-Request": ["true", "x"],
    "Accept": ["*/*", "application/json", "text/html", "application/activity+json", "x/y; q=z", ""],
    "Accept-Language": ["de", "ja,en;q=0.1", "xx-\xff", ""],
    "Sec-Purpose": ["prefetch"],
    "If-None-Match": ['"x"', "*"],
    "If-Modified-Since": ["Thu, 01 Jan 1970 00:00:00 GMT", "x"],
    "Referer": ["http://testserver/", "//x", "http://["],
    "Authorization": ["Basic eA==", "Token x", "Basic"],
}
METHODS = ["GET"] * 6 + ["POST"] * 4 + ["HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
OURS = re.compile(r"stream|follow|notifications|feeds|api")


def addresses(resolver, before=""):
    """Yield the routes below a resolver that are of this package."""
    for each in resolver.url_patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLPattern):
            if OURS.search(route):
                yield route
        else:
            yield from addresses(each, route)


@pytest.fixture
def site(lennon, hendrix):
    band, song = Band.objects.create(name="Cream"), Song.objects.create(title="Imagine")
    tag, stage = Tag.objects.create(name="rock/pop _2F"), Stage.objects.create(name="Main")
    for number in range(6):
        action.send(lennon, "sang", band, song, data={"n": number})
        action.send(band, "chose", tag, hendrix, public=number % 2 == 0)
        sent = action.send(hendrix, "played", context=stage)
        notify([lennon], sent)
    for obj in (band, song, tag, stage, hendrix):
        follow(lennon, obj)
    staff = User.objects.create(username="staff", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    boss = User.objects.create(username="boss", is_staff=True, is_superuser=True)
    FeedToken.objects.renew(lennon)
    readers = [None, lennon, staff, boss]
    clients = []
    for reader in readers:
        clients.append(Client(raise_request_exception=False))
        if reader:
            clients[-1].force_login(reader)
    return clients


class Sender:
    """Makes up requests from addresses that exist, keys that exist and odd texts."""

    def __init__(self):
        routes = sorted(set(addresses(get_resolver())))
        self.routes = [each for each in routes if not each.startswith("admin/")]
        self.admin_routes = [each for each in routes if each.startswith("admin/")]
        models = {*Follow.target.models, *(m for arc in Action.arcs.values() for m in arc.models)}
        self.models = sorted(models, key=lambda model: model._meta.label)
        self.models += [model for model in apps.get_models() if model not in models]
        self.keys = [str(obj.pk) for model in self.models for obj in model._base_manager.all()[:2]]
        page = Action.objects.page(2)
        self.cursors = [page.next, NotificationFeed(User.objects.first()).page(2).next]
        self.cursors.append(FeedToken.objects.get().secret)

    def text(self):
        kind = random.random()
        if kind < 0.5:
            return random.choice(ODD)
        if kind < 0.7:
            return random.choice(self.keys)
        if kind < 0.8:
            return str(random.choice(self.cursors))
        if kind < 0.9:
            model = random.choice(self.models)
            return f"{model._meta.label_lower}:{random.choice(self.keys)}"
        return "".join(random.choices(string.printable, k=random.randrange(20)))

    def path(self):
        model = random.choice(self.models[:12] if random.random() < 0.9 else self.models)
        known = {"app": model._meta.app_label, "model": model._meta.model_name}

        def fill(found):
            converter, _, name = found[1].rpartition(":")
            if converter == "int":
                return str(random.choice([1, 2, 3, 10**9, 2**63, 2**64, 10**400]))
            if name in known and random.random() < 0.95:
                return known[name]
            if name in ("pk", "object_id"):
                if random.random() < 0.5:
                    first = model._base_manager.first()
                    return str(first.pk if first else 1)
                return self.text() or "1"
            if name in ("token", "secret") and random.random() < 0.5:
                return self.cursors[-1]
            if name == "format":
                return random.choice(["atom", "rss", "json", "activitystreams", self.text()])
            return self.text() or "x"

        def quoted(found):
            return quote(fill(found), errors="surrogatepass")

        route = random.choice(self.routes if random.random() < 0.8 else self.admin_routes)
        return "/" + re.sub(r"<([^>]+)>", quoted, re.sub(r"[\^$]|\\Z|\\", "", route))

    def pairs(self, most):
        return {random.choice(NAMES): self.text() for _ in range(random.randrange(most))}

    def value(self, depth=0):
        kind = random.randrange(8 if depth < 3 else 4)
        if kind < 4:
            return random.choice([self.text(), None, True, 1, -1, 1.5, 2**70, []])
        if kind < 6:
            return {random.choice(NAMES): self.value(depth + 1) for _ in range(3)}
        return [self.value(depth + 1) for _ in range(random.randrange(4))]

    def body(self):
        kind = random.random()
        if kind < 0.4:
            return json.dumps(self.value()), "application/json"
        if kind < 0.8:
            texts = {name: text.encode("utf-8", "replace") for name, text in self.pairs(5).items()}
            return urlencode(texts), "application/x-www-form-urlencoded"
        raw = random.choice([b"", b"{", b"\xff\xfe", b"[" * 2000, b"+ADwAAA-", b"--x\r\n"])
        return raw, random.choice(TYPES)

    def request(self):
        method, path = random.choice(METHODS), self.path()
        if query := self.pairs(random.choice([1, 2, 4])):
            texts = {name: text.encode("utf-8", "surrogatepass") for name, text in query.items()}
            path += f"?{urlencode(texts)}"
        headers = {
            name: random.choice(values) for name, values in HEADERS.items() if random.random() < 0.2
        }
        options = {"headers": headers}
        if method not in ("GET", "HEAD", "TRACE"):
            options["data"], options["content_type"] = self.body()
        return method, path, options


@pytest.mark.django_db
@pytest.mark.filterwarnings("default")
def test_no_request_is_a_server_error(site, settings, caplog):
    settings.STREAM_API_ACTIONS = {"liked": {}}
    caplog.set_level("CRITICAL", "django.request")
    sender, failed = Sender(), []
    for _ in range(REQUESTS):
        client = random.choice(site)
        method, path, options = sender.request()
        try:
            with transaction.atomic():  # a statement that the database refuses breaks no other
                response = client.generic(method, path, **options)
                if hasattr(response, "streaming_content"):
                    b"".join(response.streaming_content)
                assert response.status_code < 500, response.exc_info
        except Exception as error:
            failed.append(f"{method} {path!r} {options!r}: {response.status_code} {error!r:.300}")
    assert not failed, "\n".join(failed)
