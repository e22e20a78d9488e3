"""The pages of single actions in the admin: looking, adding, changing and deleting."""

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext

from stream.models import Action
from stream.utils import action
from tests.early.models import Band
from tests.support.projects import Project
from tests.testapp.models import Crew, Song, Tag

pytestmark = pytest.mark.django_db

LIST = "/admin/stream/action/"
BACKSTAGE = "/backstage/stream/action/"


@pytest.fixture
def band():
    return Band.objects.create(name="The <Quarrymen>")


@pytest.fixture
def staff(client):
    """Sign in somebody with these permissions, and no others."""

    def sign_in(*codenames):
        user = User.objects.create(username=f"staff{User.objects.count()}", is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        client.force_login(user)
        return client

    return sign_in


def content(response):
    assert response.status_code == 200
    return response.content.decode()


def labels(html):
    return re.findall(r"<label[^>]*>([^<]*):</label>", html)


def change(action, site=LIST):
    return f"{site}{action.pk}/change/"


# Looking


def test_only_what_is_set_is_shown(staff, lennon, band):
    client = staff("view_action")
    slept = action.send(lennon, "slept")
    assert labels(content(client.get(change(slept)))) == ["Time", "Actor", "Verb", "Public"]
    song = Song.objects.create(title="x")
    sang = action.send(lennon, "sang", band, song, "Loud", data={"a": 1})
    assert labels(content(client.get(change(sang)))) == [
        *("Time", "Actor", "Verb", "Action object", "Target", "Description", "Data", "Public")
    ]


def test_an_action_that_lost_its_actor(staff):
    crew = Crew.objects.create(name="x")
    packed = action.send(crew, "packed")
    crew.delete()
    html = content(staff("view_action").get(change(packed)))
    assert labels(html) == ["Time", "Verb", "Public"]
    assert "someone packed" in html


def test_a_page_loads_each_object_once(staff, lennon, band):
    client = staff("view_action")
    sang = action.send(lennon, "sang", band, Song.objects.create(title="x"))
    ContentType.objects.get_for_model(Action)  # is kept from then on
    with CaptureQueriesContext(connection) as queries:
        client.get(change(sang))
    # The session, the user, two for permissions; the action and its three objects.
    assert len(queries) == 8


def test_data_is_readable_and_escaped(staff, lennon):
    sang = action.send(lennon, "sang", data={"<b>": ["ä", None]})
    html = content(staff("view_action").get(change(sang)))
    assert "<pre>{\n  &quot;&lt;b&gt;&quot;: [\n    &quot;ä&quot;,\n    null\n  ]\n}</pre>" in html


def test_objects_link_to_their_pages_and_their_actions(admin_client, lennon, band):
    sang = action.send(lennon, "sang", band)
    html = content(admin_client.get(change(sang)))
    assert f'<a href="/admin/auth/user/{lennon.pk}/change/">lennon</a> (user)' in html
    assert "The &lt;Quarrymen&gt; (band)" in html  # its model is not in this admin site
    (url,) = re.findall(r'href="([^"]*)">all with this actor', html)
    assert url == f"{LIST}?actor=auth.user%3A{lennon.pk}"
    assert list(admin_client.get(url).context["cl"].result_list) == [sang]


def test_no_link_to_what_one_may_not_see(staff, lennon):
    sang = action.send(lennon, "sang")
    link = f"/admin/auth/user/{lennon.pk}/change/"
    assert link not in content(staff("view_action").get(change(sang)))
    assert link in content(staff("view_action", "view_user").get(change(sang)))


@pytest.mark.urls("tests.support.admin_urls")
def test_links_stay_in_their_site_and_ask_about_the_object(staff, lennon):
    client = staff("view_action")
    for name, linked in (("rock & roll/x", True), ("secret", False)):
        tagged = action.send(lennon, "tagged", Tag.objects.create(name=name))
        html = content(client.get(change(tagged, BACKSTAGE)))
        assert 'href="/admin/' not in html
        assert ("/backstage/testapp/tag/" in html) is linked


@pytest.mark.urls("tests.support.admin_urls")
def test_fields_of_ones_own(admin_client, lennon):
    sang = action.send(lennon, "sang", data={"a": 1})
    html = content(admin_client.get(change(sang, "/plain/stream/action/")))
    assert labels(html) == ["Verb", "Actor user"]


def test_view_on_site_is_for_public_actions(staff, lennon, settings):
    client = staff("view_action")
    shown, hidden = action.send(lennon, "a"), action.send(lennon, "b", public=False)
    assert f'href="/stream/action/{shown.pk}/"' in content(client.get(change(shown)))
    assert "/stream/action/" not in content(client.get(change(hidden))).replace("/admin/stream", "")


@pytest.mark.urls("tests.support.admin_urls")
def test_without_a_page_there_is_no_view_on_site(admin_client, lennon):
    html = content(admin_client.get(change(action.send(lennon, "a"))))
    assert "View on site" not in html


@pytest.mark.parametrize("pk", ["4711", "x", "99999999999999999999999", "_00", "1_2F2"])
@pytest.mark.parametrize("page", ["change", "delete", "history"])
def test_an_unknown_key_leads_away(admin_client, pk, page):
    response = admin_client.get(f"{LIST}{pk}/{page}/")
    assert (response.status_code, response.headers["Location"]) == (302, "/admin/")


# Permissions


def test_who_may_not_see_actions(staff, client, lennon):
    sang = action.send(lennon, "sang")
    for url in (LIST, change(sang)):
        assert client.get(url).status_code == 302  # to sign in
        assert staff("view_user").get(url).status_code == 403
        client.logout()


def test_nobody_adds_or_changes(admin_client, lennon):
    sang = action.send(lennon, "sang")
    assert admin_client.get(f"{LIST}add/").status_code == 403
    assert admin_client.post(change(sang), {"verb": "shouted"}).status_code == 403
    assert '<input type="submit" value="Save"' not in content(admin_client.get(change(sang)))
    sang.refresh_from_db()
    assert sang.verb == "sang"


# Deleting


def test_deleting_takes_the_permission(staff, lennon):
    actions = [action.send(lennon, verb) for verb in "abc"]
    url = f"{LIST}{actions[0].pk}/delete/"
    assert staff("view_action").post(url, {"post": "yes"}).status_code == 403
    client = staff("view_action", "delete_action")
    assert client.post(url, {"post": "yes"}).status_code == 302
    chosen = {"action": "delete_selected", "_selected_action": [actions[1].pk], "post": "yes"}
    client.post(LIST, chosen)
    assert list(Action.objects.all()) == [actions[2]]


def test_all_on_the_page_can_be_chosen_but_not_all_there_are(admin_client, lennon):
    action.send(lennon, "sang")
    html = content(admin_client.get(LIST))
    assert "delete_selected" in html
    assert "0 of 1 selected" in html
    assert 'class="question"' not in html


def test_the_question_before_deleting_takes_few_queries(admin_client, lennon, band):
    counts = []
    for number in (5, 20):
        keys = [action.send(lennon, "sang", band).pk for _ in range(number)]
        with CaptureQueriesContext(connection) as queries:
            html = content(
                admin_client.post(LIST, {"action": "delete_selected", "_selected_action": keys})
            )
        assert html.count("The &lt;Quarrymen&gt;") >= number
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 14


# A subclass where actions may be edited


@pytest.mark.urls("tests.support.admin_urls")
def test_forms_load_no_table(admin_client, lennon, hendrix):
    sang = action.send(lennon, "sang")
    for url in (f"{BACKSTAGE}add/", change(sang, BACKSTAGE)):
        html = content(admin_client.get(url))
        assert "hendrix" not in html
        selects = re.findall(r"<select[^>]*name=\"(\w+)\"", html)
        assert selects == ["actor_user"]  # by autocomplete
    assert "admin-autocomplete" in html
    assert 'name="target_song"' not in html


@pytest.mark.urls("tests.support.admin_urls")
def test_adding_an_action(admin_client, lennon, band):
    entered = {
        "datetime_0": "2026-03-01",
        "datetime_1": "12:00:00",
        "verb": "sang",
        "actor_user": lennon.pk,
        "target_band": band.pk,
        "data": '{"a": 1}',
    }
    assert "vForeignKeyRawIdAdminField" in content(admin_client.get(f"{BACKSTAGE}add/"))
    response = admin_client.post(f"{BACKSTAGE}add/", {**entered, "target_song": "x"})
    assert content(response).count('class="errorlist"') == 1
    response = admin_client.post(f"{BACKSTAGE}add/", {**entered, "actor_user": ""})
    assert "Choose one: actor." in content(response)
    response = admin_client.post(f"{BACKSTAGE}add/", {**entered, "actor_band": band.pk})
    assert "stream_actor_arc" in content(response)
    assert admin_client.post(f"{BACKSTAGE}add/", entered).status_code == 302
    sang = Action.objects.get()
    assert (sang.actor, sang.target, sang.data, sang.public) == (lennon, band, {"a": 1}, False)


@pytest.mark.urls("tests.support.admin_urls")
def test_changing_an_action(admin_client, lennon, hendrix, band):
    sang = action.send(lennon, "sang", band)
    entered = {
        "datetime_0": "2026-03-01",
        "datetime_1": "12:00:00",
        "verb": "shouted",
        "actor_user": hendrix.pk,
        "target_band": band.pk,
        "data": "{}",
    }
    assert admin_client.post(change(sang, BACKSTAGE), entered).status_code == 302
    sang = Action.objects.get()
    assert (sang.actor, sang.verb, sang.target) == (hendrix, "shouted", band)


@pytest.mark.urls("tests.support.admin_urls")
def test_changing_in_the_list(admin_client, lennon):
    first, second = action.send(lennon, "a"), action.send(lennon, "b")
    html = content(admin_client.get(BACKSTAGE))
    assert 'name="form-0-public"' in html
    assert html.count('name="_save"') == 1
    entered = {
        "form-TOTAL_FORMS": 2,
        "form-INITIAL_FORMS": 2,
        "form-0-id": second.pk,
        "form-1-id": first.pk,
        "form-0-public": "on",
        "_save": "Save",
    }
    assert admin_client.post(BACKSTAGE, entered).status_code == 302
    assert list(Action.objects.values_list("public", flat=True)) == [True, False]


# A hundred models

MODELS = """
from django.db import models

from stream.utils import register_action_object, register_actor, register_target

for number in range(100):
    name = f"Model{number:02}"
    model = type(name, (models.Model,), {"__module__": __name__})
    register_actor(model)
    register_target(model)
    register_action_object(model)
    globals()[name] = model
"""
VISIT = """
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from blog import models
from stream.models import Action
from stream.utils import action

client = Client()
client.force_login(User.objects.create_superuser("admin"))
for number in range(70):
    obj = getattr(models, f"Model{number:02}").objects.create()
    action.send(obj, "met", obj, obj)
url = "/admin/stream/action/"
for query in ("", "?actor=blog.model07", "?target=none", f"{Action.objects.first().pk}/change/"):
    with CaptureQueriesContext(connection) as queries:
        response = client.get(url + query)
    print(response.status_code, len(queries))
"""


def test_a_hundred_models(tmp_path):
    project = Project(tmp_path)
    project.settings(
        """
        INSTALLED_APPS += [
            "django.contrib.admin", "django.contrib.messages", "django.contrib.sessions"
        ]
        MIDDLEWARE = [
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ]
        from tests.settings import TEMPLATES
        ROOT_URLCONF = "tests.support.urls_admin_alone"
        STATIC_URL = "static/"
        # Each of 300 columns would be a migration of the table on SQLite.
        MIGRATION_MODULES = {"stream": None, "follow": None, "blog": None}
        """
    )
    project.app("blog", MODELS)
    project.manage("migrate --verbosity 0 --run-syncdb")
    # The session, the user, the verbs, the page, and a query for each model on it. On the page of
    # one action the content type stands in for the verbs.
    assert project.python(VISIT) == "200 74\n200 5\n200 4\n200 5\n"
