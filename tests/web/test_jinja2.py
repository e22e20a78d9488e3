"""The tags and filters in templates of Jinja2."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.template import Context, Template, TemplateSyntaxError, engines
from django.test import RequestFactory
from jinja2 import Environment

from follow.utils import follow
from stream.groups.group import Group
from stream.jinja2 import LIBRARIES, install
from stream.notifications import notify
from stream.syndication.models import FeedToken
from stream.utils import action
from tests.early.models import Band

pytestmark = pytest.mark.django_db

LOAD = "{% load stream_tags stream_notifications stream_syndication follow_tags %}"


@pytest.fixture(autouse=True)
def folder(tmp_path, settings):
    """A site of which Jinja2 is the first engine, with templates of its own."""
    folder = tmp_path / "jinja2"
    (folder / "stream").mkdir(parents=True)
    jinja2 = {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [folder],
        "APP_DIRS": True,
        "OPTIONS": {"environment": "stream.jinja2.environment"},
    }
    settings.TEMPLATES = [jinja2, *settings.TEMPLATES]
    return folder


@pytest.fixture
def request_of():
    def make(user=None):
        request = RequestFactory().get("/here/")
        request.user = user or AnonymousUser()
        return request

    return make


@pytest.fixture
def names(lennon, hendrix):
    """A little of everything, by the names that templates give it."""
    band = Band.objects.create(name="The <Quarrymen>")
    sang = action.send(lennon, "sang", band)
    follow(hendrix, lennon)
    notify(hendrix, sang)
    FeedToken.objects.renew(hendrix)
    return {
        "sang": sang,
        "band": band,
        "lennon": lennon,
        "group": Group([sang]),
        "hendrix": hendrix,
    }


def shown(text, names, request):
    return engines["jinja2"].from_string(text).render(names, request)


@pytest.mark.parametrize(
    ("django", "jinja2"),
    [
        ("{% render_action sang %}", "{{ render_action(request, sang) }}"),
        ("{% render_action sang 'mail' %}", "{{ render_action(request, sang, 'mail') }}"),
        ("{% render_activity sang %}", "{{ render_activity(request, sang) }}"),
        ("{% render_activity group %}", "{{ render_activity(request, group) }}"),
        ("{% action_url sang %}", "{{ action_url(sang) }}"),
        ("{% stream_url lennon 'actor' %}", "{{ stream_url(lennon, 'actor') }}"),
        ("{% object_url band %}", "{{ object_url(band) }}"),
        ("{{ band|object_name }}", "{{ band|object_name }}"),
        ("{{ band|object_link }}", "{{ band|object_link }}"),
        ("{{ sang|action_sentence }}", "{{ sang|action_sentence }}"),
        ("{{ group|group_sentence }}", "{{ group|group_sentence }}"),
        ("{{ sang.datetime|time_ago }}", "{{ sang.datetime|time_ago }}"),
        ("{% follow_url band %}", "{{ follow_url(request, band) }}"),
        ("{% follow_url band hendrix %}", "{{ follow_url(request, band, hendrix) }}"),
        (
            "{% if hendrix|is_following:lennon %}yes{% endif %}",
            "{% if hendrix|is_following(lennon) %}yes{% endif %}",
        ),
        ("{% is_following hendrix band %}", "{{ is_following(hendrix, band) }}"),
        (
            "{% unseen_count %}{% unread_count %}",
            "{{ unseen_count(request) }}{{ unread_count(request) }}",
        ),
        ("{% notifications_url 'count' %}", "{{ notifications_url('count') }}"),
        (
            "{% notifications as all %}{% for each in all %}{{ each }}{% endfor %}",
            "{% for each in notifications(request) %}{{ each }}{% endfor %}",
        ),
        (
            "{% stream 'actor' lennon as actions %}{{ actions.0 }}",
            "{{ stream(request, 'actor', lennon).first() }}",
        ),
        ("{% feed_links %}", "{{ feed_links(request) }}"),
        ("{% feed_links band %}", "{{ feed_links(request, band) }}"),
        ("{% render_action nothing %}", "{{ render_action(request, nothing) }}"),
    ],
)
def test_a_function_shows_what_its_tag_shows(names, request_of, django, jinja2):
    request = request_of(names["hendrix"])
    expected = engines["django"].from_string(LOAD + django).render(names, request)
    assert shown(jinja2, names, request) == expected
    assert expected or "nothing" in django


def test_visitors_are_led_to_sign_in(names, request_of):
    page = shown("{{ follow_form(request, lennon) }}", names, request_of(None))
    assert page.strip().startswith(
        '<a class="follow-sign-in stream-link" href="/login/?next=%2Fhere%2F">'
    )


def test_a_form_to_follow_posts_with_a_token(names, request_of):
    page = shown("{{ follow_form(request, lennon) }}", names, request_of(names["hendrix"]))
    assert ('name="csrfmiddlewaretoken"' in page, 'value="/here/"' in page) == (True, True)
    assert "Following lennon: unfollow" in page


def test_the_same_inside_a_macro(names, request_of):
    text = (
        "{% macro row(request, action) %}<li>{{ render_action(request, action) }}</li>"
        "{% endmacro %}{{ row(request, sang) }}"
    )
    assert "lennon sang" in shown(text, names, request_of())


def test_verbs_have_templates_of_jinja2(names, request_of, folder):
    (folder / "stream" / "sang.html").write_text("{{ action.actor }} sings, {{ request.path }}\n")
    page = shown("{{ render_action(request, sang) }}", names, request_of())
    assert page == "lennon sings, /here/"


def test_both_counts_read_the_inbox_once(names, request_of, django_assert_max_num_queries):
    request = request_of(names["hendrix"])
    with django_assert_max_num_queries(3):
        shown("{{ unseen_count(request) }}{{ unread_count(request) }}", names, request)


@pytest.mark.parametrize("first", ["sang", "nothing", "none"])
@pytest.mark.parametrize("name", ["render_action", "follow_form", "unseen_count", "feed_links"])
def test_the_request_comes_first(names, name, first):
    with pytest.raises(TypeError, match=rf"pass the request first, as in {{{{ {name}\(request"):
        shown(f"{{{{ {name}({first}) }}}}", names, None)


def test_wrong_use_is_told(names, request_of):
    with pytest.raises(TemplateSyntaxError, match="is no prefix"):
        shown("{{ render_action(request, sang, '../x') }}", names, request_of())


def test_each_tag_and_filter_is_there_for_the_installed_apps():
    environment = Environment()
    install(environment)
    for path in LIBRARIES.values():
        library = Template(f"{{% load {path.rpartition('.')[2]} %}}").engine.template_libraries
        register = library[path.rpartition(".")[2]]
        assert register.filters.items() <= environment.filters.items()
        assert register.tags.keys() <= environment.globals.keys()


def test_an_app_that_is_not_installed_adds_nothing(settings):
    settings.INSTALLED_APPS = [
        each for each in settings.INSTALLED_APPS if each != "stream.syndication"
    ]
    environment = Environment()
    install(environment)
    assert "feed_links" not in environment.globals


def test_pages_keep_their_frame_beside_a_base_template_of_jinja2(names, client, folder):
    (folder / "base.html").write_text("{% block content %}{% endblock %}{{ only.jinja2() }}")
    page = client.get(f"/stream/auth/user/{names['lennon'].pk}/")
    assert page.status_code == 200
    assert "<h1" in page.content.decode()


def test_a_template_of_django_without_a_request_is_told_as_before(names):
    with pytest.raises(TemplateSyntaxError, match="the template has no request"):
        Template(LOAD + "{% follow_form band %}").render(Context(names))
