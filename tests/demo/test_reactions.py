"""Stars and comments: what they publish, whom they notify, and who may take them back."""

import pytest
from django.contrib.auth.models import User

from follow.utils import follow
from stream.models import Action
from stream.notifications import NotificationFeed
from test_project.dashboard.models import Comment, Star

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def app(make_repository):
    return make_repository("app", ["Ann Lee", "Ben Moe"])


@pytest.fixture
def ann(app):
    return User.objects.get(username="ann-lee")


@pytest.fixture
def ben(app):
    return User.objects.get(username="ben-moe")


def told(user):
    return [str(each.action).partition(",")[0] for each in NotificationFeed(user)]


def test_star_publishes_itself_and_tells_the_followers(client, app, ann, demo_user):
    follow(ann, app)
    follow(demo_user, app)
    client.force_login(demo_user)
    assert client.post("/repositories/app/star/").url == "/repositories/app/"
    client.post("/repositories/app/star/")
    action = Action.objects.get(verb="starred")
    assert (action.actor, action.target, action.origin) == (demo_user, app, Star.objects.get())
    assert told(ann) == ["Demo User starred app"]
    assert told(demo_user) == []


def test_star_that_is_taken_back_takes_its_traces_along(client, app, ann, demo_user):
    follow(ann, app)
    client.force_login(demo_user)
    client.post("/repositories/app/star/")
    client.post("/repositories/app/unstar/", {"next": "/explore/"})
    assert not Action.objects.filter(verb="starred").exists()
    assert told(ann) == []
    assert NotificationFeed(ann).unseen_count == 0


def test_star_button_says_how_many_there_are(client, app, ann, demo_user):
    Star.objects.create(user=ann, repository=app)
    client.force_login(demo_user)
    button = client.post("/repositories/app/star/", headers=HTMX)
    assert 'action="/repositories/app/unstar/"' in button.text
    assert "<strong>2</strong>" in button.text


@pytest.mark.parametrize(
    "next", ["https://elsewhere.example/", "//elsewhere.example", "javascript:x"]
)
def test_star_leads_to_no_other_site(client, app, demo_user, next):
    client.force_login(demo_user)
    assert client.post("/repositories/app/star/", {"next": next}).url == "/repositories/app/"


def test_visitor_who_reacts_is_asked_to_sign_in(client, app):
    commit = app.commits.first()
    for url in ("/repositories/app/star/", commit.get_absolute_url()):
        response = client.post(url, {"next": "/explore/", "text": "Nice"})
        assert response.url.startswith("/sign-in/?next=/")
        response = client.post(url, {"text": "Nice"}, headers=HTMX)
        assert response.headers["HX-Redirect"].startswith("/sign-in/?next=/")
    assert not Star.objects.exists()
    assert not Comment.objects.exists()


def test_comment_tells_the_author_who_talked_there_and_the_followers(client, app, ann, ben):
    commit = ann.commits.get()
    fan, stranger = User.objects.create_user("fan"), User.objects.create_user("stranger")
    follow(fan, app)
    Comment.objects.create(author=ben, commit=commit, text="First")
    client.force_login(stranger)
    url = commit.get_absolute_url()
    assert client.post(url, {"text": "Second\nline"}).url == f"{url}#conversation"
    said = f"stranger commented on {commit} in app"
    assert told(ben) == [said]
    assert told(ann) == told(fan) == [said, f"Ben Moe commented on {commit} in app"]
    assert told(stranger) == []
    page = client.get(url).content.decode()
    assert "Second<br>line" in page
    assert page.index("First") < page.index("Second")


def test_comment_is_quoted_in_feeds_and_escaped(client, app, ann):
    commit = ann.commits.get()
    comment = Comment.objects.create(author=ann, commit=commit, text="<script>x" + "y" * 300)
    page = client.get(app.get_absolute_url()).content.decode()
    assert "<q>&lt;script&gt;xyyy" in page
    assert "y" * 200 not in page
    comment.text = "Better"
    comment.save()
    assert "<q>Better</q>" in client.get(app.get_absolute_url()).content.decode()


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 2001])
def test_comment_without_text_or_with_too_much_is_refused(client, app, ann, text):
    client.force_login(ann)
    url = ann.commits.get().get_absolute_url()
    for headers in ({}, HTMX):
        response = client.post(url, {"text": text}, headers=headers)
        assert response.status_code == 200
        assert 'role="alert"' in response.content.decode()
    assert not Comment.objects.exists()


def test_only_who_wrote_a_comment_deletes_it(client, app, ann, ben):
    comment = Comment.objects.create(author=ann, commit=ben.commits.get(), text="Nice")
    url = f"/comments/{comment.pk}/delete/"
    client.force_login(ben)
    assert client.post(url).status_code == 404
    client.force_login(ann)
    assert client.post(url).url == f"{comment.commit.get_absolute_url()}#conversation"
    assert not Action.objects.filter(verb="commented").exists()
    assert told(ben) == []
