"""The secret addresses of home feeds."""

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from stream.syndication.models import FeedToken, password_marks

pytestmark = pytest.mark.django_db
PAGE = "/feeds/token/"


@pytest.fixture
def token(lennon):
    return FeedToken.objects.renew(lennon)


def home(token):
    return reverse("stream_syndication:home", args=[token.secret])


def test_a_token_is_found_in_one_query(token, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert FeedToken.objects.find(token.secret).user.username == "lennon"


def test_forged_tokens_take_no_query(token, django_assert_num_queries):
    with django_assert_num_queries(0):
        for secret in ("", "x", "\0", token.key, f"{token.key}:x", "é", "\ud800", "x" * 9999):
            assert FeedToken.objects.find(secret) is None


def test_the_table_alone_tells_no_address(token, settings):
    secret = token.secret
    settings.SECRET_KEY = "another"
    assert FeedToken.objects.of(token.user).secret != secret
    assert FeedToken.objects.find(secret) is None


def test_rotated_secret_keys_still_open_the_feed(token, settings):
    secret = token.secret
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"
    assert FeedToken.objects.find(secret) == token


def test_keys_are_compared_exactly(token):
    key, signature = token.secret.split(":")
    assert FeedToken.objects.find(f"{key}:{signature}") == token
    # MariaDB would find the row: its texts have no case.
    assert FeedToken.objects.find(f"{key.swapcase()}:{signature}") is None


def test_renewing_ends_the_old_address(client, token, lennon):
    assert client.get(home(token)).status_code == 200
    renewed = FeedToken.objects.renew(lennon)
    assert renewed.pk == token.pk
    assert client.get(home(token)).status_code == 404
    assert client.get(home(renewed)).status_code == 200


def test_revoking_ends_the_address(client, token, lennon):
    assert FeedToken.objects.revoke(lennon)
    assert client.get(home(token)).status_code == 404
    assert not FeedToken.objects.revoke(lennon)


def test_deactivated_users_have_no_feed(client, token, lennon):
    lennon.is_active = False
    lennon.save()
    assert client.get(home(token)).status_code == 404


def test_its_text_does_not_hold_the_key(token):
    assert str(token) == "lennon"
    assert token.key not in repr(token)


def test_the_migration_is_complete():
    call_command("makemigrations", "stream_syndication", check=True, dry_run=True, verbosity=0)


@pytest.mark.parametrize("by_save", [True, False])
def test_a_new_password_ends_the_address(client, lennon, by_save):
    lennon.set_password("a")
    lennon.save()
    old = FeedToken.objects.renew(lennon)
    address = home(old)
    assert client.get(address).status_code == 200
    if by_save:
        lennon.set_password("b")
        lennon.save()
    else:
        User.objects.filter(pk=lennon.pk).update(password=make_password("b"))
        lennon.refresh_from_db()
    assert client.get(address).status_code == 404
    new = FeedToken.objects.of(lennon)
    assert new.pk == old.pk
    assert client.get(home(new)).status_code == 200


def test_users_without_passwords_have_addresses():
    assert password_marks(object()) == password_marks(object()) != [""]


# The page


def test_the_page_makes_renews_and_revokes(client, lennon):
    client.force_login(lennon)
    assert "/feeds/home/" not in client.get(PAGE).content.decode()
    assert client.post(PAGE, {"do": "renew"}).url == PAGE
    first = FeedToken.objects.of(lennon)
    page = client.get(PAGE)
    for name in ("atom", "rss", "json", "activity"):
        assert f"http://testserver{home(first)}{name}/" in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    client.post(PAGE, {"do": "renew"})
    assert FeedToken.objects.find(first.secret) is None
    client.post(PAGE, {"do": "revoke"})
    assert not FeedToken.objects.exists()


def test_each_user_has_a_token_alone(client, token, hendrix):
    client.force_login(hendrix)
    client.post(PAGE, {"do": "revoke"})
    assert FeedToken.objects.find(token.secret)
    assert token.secret not in client.get(PAGE).content.decode()


@pytest.mark.parametrize("data", [{}, {"do": "x"}, {"do": "\0"}])
def test_other_posts_are_bad_requests(client, lennon, data):
    client.force_login(lennon)
    assert client.post(PAGE, data).status_code == 400


def test_sign_in_is_required(client):
    for response in (client.get(PAGE), client.post(PAGE, {"do": "renew"})):
        assert (response.status_code, response.url) == (302, f"/login/?next={PAGE}")
    assert not FeedToken.objects.exists()


def test_csrf_is_required(lennon):
    client = Client(enforce_csrf_checks=True)
    client.force_login(lennon)
    assert client.post(PAGE, {"do": "renew"}).status_code == 403
    assert not FeedToken.objects.exists()


def test_a_feed_reader_needs_no_session_where_all_else_does(client, token, settings):
    settings.MIDDLEWARE = [
        *settings.MIDDLEWARE,
        "django.contrib.auth.middleware.LoginRequiredMiddleware",
    ]
    assert client.get(home(token)).status_code == 200
    assert client.get("/feeds/model/auth/user/").status_code == 302
