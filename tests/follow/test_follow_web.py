"""Following over HTTP, in templates and in the admin."""

import json

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.template import Context, RequestContext, Template, TemplateSyntaxError
from django.test import Client
from rest_framework.test import APIClient

from follow import utils
from follow.models import Follow
from stream.models import Action
from stream.utils import action
from tests.early.models import Band
from tests.testapp.models import Crew, CrewProxy, Orchestra, Song, Tag

pytestmark = pytest.mark.django_db


@pytest.fixture
def band(lennon):
    return seen(lennon, Band.objects.create(name="The Quarrymen"))


def seen(actor, obj):
    """Let everybody know of an object, by a public action."""
    action.send(actor, "met", obj)
    return obj


@pytest.fixture
def hidden(lennon, monkeypatch):
    """A band in a public action, which its manager hides from everybody."""
    band = seen(lennon, Band.objects.create(name="Secret Band"))
    monkeypatch.setattr(
        Band._default_manager,
        "visible_to",
        lambda user: Band.objects.exclude(name="Secret Band"),
        raising=False,
    )
    return band


@pytest.fixture
def signed_in(client, lennon):
    client.force_login(lennon)
    return client


JSON = {"Accept": "application/json"}


# Views


@pytest.mark.parametrize("key", ["number", "uuid", "text", "slashes"])
def test_each_view_does_what_its_name_says(signed_in, lennon, key):
    obj = {
        "number": lambda: Band.objects.create(name="x"),
        "uuid": lambda: Song.objects.create(title="x"),
        "text": lambda: Tag.objects.create(name="rock"),
        "slashes": lambda: Tag.objects.create(name="rock/pop & näh?"),
    }[key]()
    seen(lennon, obj)
    for link, following in (
        (utils.follow_link, True),
        (utils.follow_link, True),
        (utils.unfollow_link, False),
        (utils.unfollow_link, False),
        (utils.toggle_link, True),
        (utils.toggle_link, False),
    ):
        assert signed_in.post(link(obj)).status_code == 302
        assert Follow.objects.is_following(lennon, obj) is following


@pytest.mark.parametrize("link", [utils.follow_link, utils.toggle_link])
def test_requests_give_an_object_so_many_flags_alone(signed_in, lennon, band, link, monkeypatch):
    monkeypatch.setattr("follow.query.FLAGS_PER_OBJECT", 3)
    utils.follow(User.objects.create(username="ono"), band, "other")
    for flag in ("", "a", "b", "c"):
        assert signed_in.post(link(band), {"flag": flag}).status_code == 302
    assert signed_in.post(link(band), {"flag": "d"}).status_code == 400
    assert lennon.following.count() == 4
    other = seen(lennon, Band.objects.create(name="x"))
    assert signed_in.post(link(other), {"flag": "d"}).status_code == 302
    assert signed_in.post(utils.unfollow_link(band), {"flag": "a"}).status_code == 302
    assert signed_in.post(link(band), {"flag": "d"}).status_code == 302
    assert signed_in.post(utils.follow_link(band), {"flag": "d"}).status_code == 302  # as it is


@pytest.mark.parametrize("flag", ["", "watching"])
@pytest.mark.parametrize("link", [utils.unfollow_link, utils.toggle_link])
def test_what_was_hidden_since_is_unfollowed_but_not_followed_anew(
    signed_in, lennon, hidden, flag, link
):
    for other in ("", "watching"):
        utils.follow(lennon, hidden, other)
    response = signed_in.post(link(hidden), {"flag": flag})
    assert (response.status_code, response.url) == (302, "/")
    assert not Follow.objects.is_following(lennon, hidden, flag)
    for again in (utils.follow_link, utils.toggle_link):
        assert signed_in.post(again(hidden), {"flag": flag}).status_code == 404
    assert Follow.objects.count() == 1


def test_nothing_tells_whether_what_is_hidden_is_there(signed_in, hidden):
    def answers(client, key):
        yield from (
            (response.status_code, response.headers.get("Location", "").replace(key, "KEY"))
            for link in ("follow", "unfollow", "toggle")
            for headers in (None, JSON)
            for response in [client.post(f"/{link}/early/band/{key}/", headers=headers)]
        )

    for client in (signed_in, Client()):
        shown = list(answers(client, str(hidden.pk)))
        assert shown == list(answers(client, "4711"))
    assert not any("/bands/" in location for _, location in shown)


def test_what_no_action_names_yet_can_be_followed(signed_in, lennon):
    band = Band.objects.create(name="Unheard Of")
    answer = signed_in.post(utils.follow_link(band))
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert Follow.objects.is_following(lennon, band)


def test_the_address_of_a_proxy_or_child_names_nothing(signed_in, lennon):
    crew = seen(Crew.objects.create(name="x"), lennon) and Crew.objects.get()
    proxy = CrewProxy.objects.get()
    for name in ("crewproxy", "roadcrew"):
        assert signed_in.post(f"/follow/testapp/{name}/{crew.pk}/").status_code == 404
    assert utils.follow_link(proxy) == f"/follow/testapp/crew/{crew.pk}/"
    assert signed_in.post(utils.follow_link(proxy)).status_code == 302


def test_get_is_not_allowed(signed_in, band):
    for link in (utils.follow_link, utils.unfollow_link, utils.toggle_link):
        assert signed_in.get(link(band)).status_code == 405


def test_csrf_is_required(lennon, band):
    client = Client(enforce_csrf_checks=True)
    client.force_login(lennon)
    assert client.post(utils.follow_link(band)).status_code == 403
    assert not Follow.objects.exists()


def test_sign_in_is_required(client, band):
    response = client.post(utils.follow_link(band))
    assert (response.status_code, response.url) == (302, "/login/?next=/")
    response = client.post(utils.follow_link(band), {"next": "/a/"})
    assert (response.status_code, response.url) == (302, "/login/?next=/a/")
    response = client.post(utils.follow_link(band), headers=JSON)
    assert (response.status_code, "detail" in response.json()) == (401, True)
    assert not Follow.objects.exists()


@pytest.mark.parametrize(
    "path",
    [
        "nonsense/band/1",
        "early/nonsense/1",
        "testapp/orchestra/1",
        "early/band/x",
        "early/band/99999999999999999999999",
        "early/band/1%00",
        "testapp/song/not-a-uuid",
        "testapp/tag/a%00b",
        "auth/permission/1",
    ],
)
def test_what_cannot_be_followed_is_not_found(signed_in, path):
    Orchestra.objects.create(pk=1, name="x")
    for view in ("follow", "unfollow", "toggle"):
        assert signed_in.post(f"/{view}/{path}/").status_code == 404


def test_what_is_not_there_is_not_followed(signed_in):
    assert signed_in.post("/follow/early/band/4711/").status_code == 404
    assert signed_in.post("/toggle/early/band/4711/").status_code == 404


def test_scripts_get_json(signed_in, band):
    response = signed_in.post(utils.follow_link(band), headers=JSON)
    assert json.loads(response.content) == {"following": True, "url": utils.unfollow_link(band)}
    response = signed_in.post(utils.toggle_link(band), headers=JSON)
    assert response.json() == {"following": False, "url": utils.follow_link(band)}


def test_back_to_next_the_referrer_or_home(signed_in, band):
    referring = {"Referer": "http://testserver/from/"}
    link = utils.follow_link(band)
    assert signed_in.post(link, {"next": "/a/"}, headers=referring).url == "/a/"
    assert signed_in.post(f"{link}?next=/b/", headers=referring).url == "/b/"
    assert signed_in.post(link, headers=referring).url == "http://testserver/from/"
    assert signed_in.post(link).url == "/"


@pytest.mark.parametrize("evil", ["https://evil.example/", "//evil.example", "javascript:x"])
def test_only_back_to_this_site(signed_in, band, evil):
    response = signed_in.post(utils.follow_link(band), {"next": evil}, headers={"Referer": evil})
    assert response.url == "/"


def test_back_to_other_hosts_of_the_site(signed_in, band, settings):
    settings.STREAM_REDIRECT_HOSTS = ["shop.example.com"]
    for url, there in {"https://shop.example.com/x": True, "https://example.com/x": False}.items():
        response = signed_in.post(utils.follow_link(band), {"next": url})
        assert response.url == (url if there else "/")


# Links and tags


def render(text, **context):
    return Template("{% load follow_tags %}" + text).render(Context(context))


class FakeRequest:
    def __init__(self, user):
        self.user = user
        self.META = {}

    def get_full_path(self):
        return "/page/?x=<"


def test_links(lennon, band):
    assert utils.follow_link(band) == f"/follow/early/band/{band.pk}/"
    assert utils.unfollow_link(band) == f"/unfollow/early/band/{band.pk}/"
    assert utils.toggle_link(band) == f"/toggle/early/band/{band.pk}/"
    assert utils.follow_url(lennon, band) == utils.follow_link(band)
    utils.follow(lennon, band)
    assert utils.follow_url(lennon, band) == utils.unfollow_link(band)


def test_follow_url_tag(lennon, band):
    request = FakeRequest(lennon)
    other = User.objects.create(username="hendrix")
    utils.follow(lennon, band)
    assert render("{% follow_url obj %}", obj=band, request=request) == utils.unfollow_link(band)
    assert render("{% follow_url obj user %}", obj=band, user=other) == utils.follow_link(band)


def test_tags_without_a_request_say_what_is_missing(band):
    with pytest.raises(TemplateSyntaxError, match="the template has no request; render it with"):
        render("{% follow_url obj %}", obj=band)


def test_is_following_filter(lennon, band):
    text = "{% if user|is_following:obj %}yes{% else %}no{% endif %}"
    assert render(text, user=lennon, obj=band) == "no"
    utils.follow(lennon, band)
    assert render(text, user=lennon, obj=band) == "yes"


def test_follow_form(lennon, band, rf, django_assert_num_queries):
    request = rf.get("/page/?a=<b>")
    request.user = lennon
    template = Template("{% load follow_tags %}{% follow_form obj %}")
    with django_assert_num_queries(1):
        html = template.render(RequestContext(request, {"obj": band}))
    assert f'action="{utils.follow_link(band)}"' in html
    assert "csrfmiddlewaretoken" in html
    assert ">Follow</button>" in html
    assert "<b>" not in html
    utils.follow(lennon, band)
    Follow.objects.mark(lennon, [band])
    with django_assert_num_queries(0):
        html = template.render(RequestContext(request, {"obj": band}))
    assert f'action="{utils.unfollow_link(band)}"' in html
    assert "><span>Following</span></span></button>" in html


def test_kinds_of_following(signed_in, lennon, band):
    link = utils.follow_link(band)
    response = signed_in.post(link, {"flag": "watching"}, headers=JSON)
    assert response.json()["following"]
    assert Follow.objects.get().flag == "watching"
    assert signed_in.post(link, {"flag": "x" * 101}).status_code == 400
    request = FakeRequest(lennon)
    html = render('{% follow_form obj flag="watching" %}', obj=band, request=request)
    assert '<input type="hidden" name="flag" value="watching">' in html
    assert utils.unfollow_link(band) in html
    assert render('{% follow_url obj flag="watching" %}', obj=band, request=request) in html
    assert render("{% follow_url obj %}", obj=band, request=request) == link
    text = '{% is_following user obj flag="watching" as yes %}{{ yes }}{{ user|is_following:obj }}'
    assert render(text, obj=band, user=lennon) == "TrueFalse"


def test_marks_of_another_kind_do_not_count(lennon, band, django_assert_num_queries):
    utils.follow(lennon, band)
    Follow.objects.mark(lennon, [band])
    request = FakeRequest(lennon)
    html = render('{% follow_form obj flag="watching" %}', obj=band, request=request)
    assert utils.follow_link(band) in html
    Follow.objects.mark(lennon, [band], flag="watching")
    with django_assert_num_queries(0):
        html = render('{% follow_form obj flag="watching" %}', obj=band, request=request)
    assert utils.follow_link(band) in html
    assert utils.unfollow_link(band) in render("{% follow_form obj %}", obj=band, request=request)


@pytest.mark.parametrize(("login", "is_link"), [("login", True), ("/nowhere/at/all/", False)])
def test_visitors_are_led_to_sign_in_and_back(
    band, rf, settings, login, is_link, django_assert_num_queries
):
    settings.LOGIN_URL = login
    request = rf.get("/page/?a=<b>")
    request.user = AnonymousUser()
    with django_assert_num_queries(0):
        html = render("{% follow_form obj %}", obj=band, request=request)
    link = '<a class="follow-sign-in stream-link" href="/login/?next=%2Fpage%2F%3Fa%3D%253Cb%253E">'
    assert html.strip() == (f"{link}Sign in to follow</a>" if is_link else "")


def test_follow_form_with_a_template_of_ones_own(lennon, band, tmp_path, settings):
    (tmp_path / "mine.html").write_text("{{ object }} {{ is_following }} {{ follow_url }}")
    templates = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
    settings.TEMPLATES = templates
    html = render('{% follow_form obj "mine.html" %}', obj=band, request=FakeRequest(lennon))
    assert html == f"The Quarrymen False {utils.follow_link(band)}"


# Admin


def test_the_admin_loads_no_dropdowns(admin_client, lennon, band, django_assert_num_queries):
    for number in range(5):
        utils.follow(User.objects.create(username=f"fan{number}"), band)
    follow = Follow.objects.first()
    page = admin_client.get(f"/admin/follow/follow/{follow.pk}/change/").content.decode()
    assert "fan1" not in page.replace("fan4", "")
    assert "vForeignKeyRawIdAdminField" in page
    assert "<select" not in page
    assert admin_client.get("/admin/follow/follow/add/").status_code == 200


def test_the_admin_lists_in_a_fixed_number_of_queries(
    admin_client, band, django_assert_max_num_queries
):
    for number in range(30):
        utils.follow(User.objects.create(username=f"fan{number}"), band)
    with django_assert_max_num_queries(12):
        page = admin_client.get("/admin/follow/follow/").content.decode()
    assert page.count("The Quarrymen") >= 30


@pytest.mark.parametrize("is_wanted", [True, False])
def test_buttons_and_the_api_may_record_it(client, lennon, hendrix, settings, is_wanted):
    settings.FOLLOW_SEND_ACTION = is_wanted
    crew = Crew.objects.create(name="Roadies")  # which is no target
    client.force_login(lennon)
    client.post(f"/follow/auth/user/{hendrix.pk}/")
    client.post(f"/follow/testapp/crew/{crew.pk}/")
    band = Band.objects.create(name="Cream")
    api = APIClient()
    api.force_authenticate(lennon)
    assert api.post(f"/api/follows/early/band/{band.pk}/", {}, format="json").status_code < 300
    for _ in range(2):
        client.post(f"/toggle/auth/user/{hendrix.pk}/")
    assert Follow.objects.filter(user=lennon).count() == 3
    sent = Action.objects.filter(verb="started following").order_by("pk")
    assert [each.target for each in sent] == ([hendrix, band] if is_wanted else [])


@pytest.mark.parametrize(
    ("wanted", "verbs"),
    [
        (True, ["started following"]),
        (["liking"], ["started liking"]),
        (["", "liking"], ["started following", "started liking"]),
    ],
)
def test_requests_record_the_kinds_that_the_site_names(
    client, lennon, hendrix, settings, wanted, verbs
):
    settings.FOLLOW_SEND_ACTION = wanted
    client.force_login(lennon)
    api = APIClient()
    api.force_authenticate(lennon)
    for flag in ("", "liking", "buying cheap pills at"):
        client.post(f"/follow/auth/user/{hendrix.pk}/", {"flag": flag})
        utils.unfollow(lennon, hendrix, flag)
        api.post(f"/api/follows/auth/user/{hendrix.pk}/?flag={flag}", {}, format="json")
    assert list(Action.objects.order_by("pk").values_list("verb", flat=True)) == verbs


def test_htmx_gets_the_button_as_it_is_now(client, lennon, hendrix):
    htmx = {"HX-Request": "true"}
    url, back = f"/follow/auth/user/{hendrix.pk}/", f"/unfollow/auth/user/{hendrix.pk}/"
    response = client.post(url, {"next": "/here/"}, headers=htmx)
    assert response["HX-Redirect"] == "/login/?next=/here/"
    client.force_login(lennon)
    action.send(hendrix, "sang")  # so that it is known
    for asked, leads, said in ((url, back, "Following hendrix"), (back, url, "Follow hendrix")):
        html = client.post(asked, {"next": "/here/"}, headers=htmx).content.decode()
        assert html.startswith("<form")
        assert f'action="{leads}" hx-post="{leads}"' in html
        assert f'aria-label="{said}' in html
        assert 'name="next" value="/here/"' in html
        assert f'id="follow-authuser-{hendrix.pk}"' in html
    assert client.post(url, headers={**htmx, "HX-Boosted": "true"}).status_code == 302


def test_the_button_tells_no_name_of_what_the_user_may_not_know(client, lennon, hendrix):
    client.force_login(lennon)
    response = client.post(f"/follow/auth/user/{hendrix.pk}/", headers={"HX-Request": "true"})
    assert (response.content, response["HX-Refresh"]) == (b"", "true")
    assert Follow.objects.is_following(lennon, hendrix)
