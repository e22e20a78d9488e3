"""No address, cursor, header or verb, however odd, makes an error of the server."""

from urllib.parse import quote

from django.contrib.auth.models import User
from django.test import Client
from hypothesis import example, given, settings, strategies as st
from hypothesis.extra.django import TestCase

from follow.utils import follow
from stream.utils import action
from stream.web.links import stream_url
from tests.early.models import Band
from tests.testapp.models import Song, Tag

MODELS = ["early/band", "testapp/song", "testapp/tag", "auth/user", "auth/group", "testapp/crew"]
PAGES = ["", "actor/", "followers/", "following/"]
KEYS = st.one_of(
    st.text(min_size=1, max_size=300),
    st.integers(-(2**90), 2**90).map(str),
    st.sampled_from(["1e9999", "nan", "-0", "٣", "1_0", "_00", "_2F", "a\0b", "x" * 5000]),
    st.uuids().map(str),
    st.uuids().map(lambda key: str(key)[:35]),
)
EVERY = settings(deadline=None, max_examples=60)


class OddAddresses(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.ann = User.objects.create(username="ann")
        cls.ben = User.objects.create(username="ben")
        cls.band = Band.objects.create(name="x")
        action.send(cls.ann, "x", cls.ben)
        follow(cls.ann, cls.ben)

    @EVERY
    @given(st.sampled_from(MODELS), KEYS, st.sampled_from(PAGES))
    @example("early/band", str(2**80), "")
    @example("early/band", str(-(2**80)), "actor/")
    @example("auth/user", str(2**63), "following/")
    @example("testapp/tag", "a\0b", "")
    @example("testapp/song", "6fa459ea-ee8a-3ca4-894e-db77e160355", "")
    @example("testapp/song", "87bb47cb-7f00-9264-0706-b39b55d9e4b8", "")
    @example("early/band", "9" * 5000, "")
    def test_keys(self, model, key, page):
        path = f"{model}/{quote(key, safe='')}/"
        for url in (f"/stream/{path}{page}", f"/feeds/object/{path}", f"/api/streams/{path}"):
            assert Client().get(url).status_code in (200, 404), url

    @EVERY
    @given(st.text(min_size=1, max_size=60), st.text(min_size=1, max_size=60))
    def test_models(self, app, model):
        assert Client().get(f"/stream/{quote(app, safe='')}/{quote(model)}/").status_code == 404

    @EVERY
    @given(st.sampled_from(["after", "before", "since"]), st.binary(max_size=80))
    @example("after", b"\0")
    @example("since", b"WzEsMl0:abc")
    def test_cursors(self, name, cursor):
        url = f"{stream_url(self.ann)}?{name}={quote(cursor)}"
        response = Client().get(url)
        assert response.status_code in ((400,) if cursor else (200, 204))

    @EVERY
    @given(st.binary(min_size=1, max_size=40))
    @example(b"\xff/\xfe\x00")
    def test_bytes_that_are_no_text(self, raw):
        assert Client().get(f"/stream/auth/user/{quote(raw)}/").status_code in (200, 404)

    @EVERY
    @given(st.text(min_size=1, max_size=30), st.text(max_size=30))
    def test_headers(self, key, value):
        headers = {"HX-Request": value, "HX-Boosted": key}
        assert Client().get(stream_url(self.ann), headers=headers).status_code == 200

    @EVERY
    @given(st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=200))
    @example("../x")
    @example("%s{0}{% x %}")
    def test_verbs(self, verb):
        sent = action.send(self.ann, verb if verb.strip() else "x", self.ben)
        for url in (stream_url(self.ann), stream_url(self.ann, "model"), sent.get_absolute_url()):
            assert Client().get(url).status_code == 200

    @EVERY
    @given(st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1, max_size=50))
    @example("a/b")
    @example("_2F")
    @example("%2F?#;")
    def test_text_keys_have_addresses_of_their_own(self, name):
        tag, is_new = Tag.objects.get_or_create(name=name)
        if is_new:
            action.send(self.ann, "x", tag)
        if name not in (".", ".."):  # clients take these out of addresses
            assert Client().get(stream_url(tag)).context["stream_object"] == tag

    @EVERY
    @given(st.uuids(version=4))  # MariaDB stores no others
    def test_uuids_in_any_form(self, key):
        song = Song.objects.create(id=key, title="x")
        action.send(self.ann, "x", song)
        for form in (key, key.hex, str(key).upper()):
            assert Client().get(f"/stream/testapp/song/{form}/").context["stream_object"] == song
