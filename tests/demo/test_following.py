"""Whom to follow, and the buttons that do it."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from follow.models import Follow
from follow.utils import follow, follow_link
from stream.utils import action
from test_project.dashboard.queries import who_to_follow

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


def named(name):
    return User.objects.get(first_name=name)


@pytest.fixture
def repositories(make_repository):
    """Ann works on both, Ben on app most of all, Cleo on app, Dan on tool, Eva on neither."""
    app = make_repository("app", ["Ann A", "Ben B", "Ben B", "Cleo C"])
    tool = make_repository("tool", ["Ann A", "Dan D"])
    make_repository("other", ["Eva E"])
    return app, tool


def suggested(user, **kwargs):
    return [person.first_name for person in who_to_follow(user, **kwargs)]


def test_who_is_active_in_a_followed_repository_is_suggested(repositories, demo_user):
    follow(demo_user, repositories[0])
    assert suggested(demo_user) == ["Ben", "Ann", "Cleo"]
    assert who_to_follow(demo_user)[0].recent_count == 2


def test_who_works_with_a_followed_person_is_suggested(repositories, demo_user):
    follow(demo_user, named("Dan"))
    assert suggested(demo_user) == ["Ann"]
    follow(demo_user, named("Ann"))
    assert suggested(demo_user) == ["Ben", "Cleo"]


def test_nobody_is_suggested_twice_or_to_themselves(repositories, demo_user):
    action.send(demo_user, "committed", repositories[0])
    follow(demo_user, repositories[0])
    for name in ("Ann", "Ben", "Cleo"):
        follow(demo_user, named(name))
    assert suggested(demo_user) == ["Dan"]


def test_private_actions_suggest_nobody(repositories, demo_user):
    follow(demo_user, repositories[0])
    action.send(named("Eva"), "committed", repositories[0], public=False)
    assert "Eva" not in suggested(demo_user)


def test_suggestions_take_two_queries(repositories, demo_user, django_assert_num_queries):
    for repository in repositories:
        follow(demo_user, repository)
    with django_assert_num_queries(2):
        assert suggested(demo_user, size=2) == ["Ann", "Ben"]


def test_who_follows_nothing_gets_the_most_active(client, repositories, demo_user):
    client.force_login(demo_user)
    assert client.get("/").context["suggestions"][0] == named("Ann")


def test_profiles_count_followers(client, repositories, demo_user):
    client.force_login(demo_user)
    assert "<strong>0</strong> followers" in client.get("/repositories/app/").content.decode()
    follow(demo_user, repositories[0])
    assert "<strong>1</strong> follower<" in client.get("/repositories/app/").content.decode()


def test_htmx_of_a_visitor_goes_to_sign_in(client, repositories):
    response = client.post(follow_link(repositories[0]), {"next": "/explore/"}, headers=HTMX)
    assert response["HX-Redirect"] == "/sign-in/?next=/explore/"
    assert not response.content


def test_way_back_never_leaves_the_site(client, repositories, demo_user):
    client.force_login(demo_user)
    url = follow_link(repositories[0])
    response = client.post(url, {"next": "https://evil.example/"})
    assert response.url == "/"
    assert client.post("/follow/dashboard/repository/x/", headers=HTMX).status_code == 404


def test_following_needs_the_token_of_the_site(repositories, demo_user):
    client = Client(enforce_csrf_checks=True)
    client.force_login(demo_user)
    assert client.post(follow_link(repositories[0]), headers=HTMX).status_code == 403
    assert not Follow.objects.exists()
