"""django-notifications-hq 1.8.3, whose tests send from user to user."""

import datetime as dt
import sys
from types import ModuleType
from zoneinfo import ZoneInfo

from tests.peers.running import Peer

READ = "what is deleted softly is archived, and so it is read"
BUTTON = "GET changes nothing here, but shows a button"


def prepare(source):
    """Let its tests import what older versions had, and find their templates."""
    from django.conf import settings
    from django.utils import timezone

    from stream.contrib.notifications.rows import Notification

    timezone.utc = dt.UTC
    pytz, swapper = ModuleType("pytz"), ModuleType("swapper")
    pytz.timezone = ZoneInfo
    swapper.load_model = lambda app, name: Notification
    sys.modules |= {"pytz": pytz, "swapper": swapper}
    settings.TEMPLATES[0]["DIRS"] = [str(source / "notifications/templates")]


PEER = Peer(
    requirement="django-notifications-hq==1.8.3",
    package="notifications",
    names="stream.contrib.notifications",
    modules=("tests",),
    prepare=prepare,
    settings={
        "SECRET_KEY": "only for tests",
        "DATABASES": {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "USE_TZ": True,
        "STATIC_URL": "/static/",
        "LOGIN_URL": "/admin/login/",
        "LOGIN_REDIRECT_URL": "test/",
        "ROOT_URLCONF": "tests.peers.notifications_site.urls",
        "DJANGO_NOTIFICATIONS_CONFIG": {"USE_JSONFIELD": True},
        "INSTALLED_APPS": [
            "django.contrib.admin",
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.messages",
            "django.contrib.sessions",
            "django.contrib.staticfiles",
            "follow",
            "stream",
            "stream.notifications",
            "stream.contrib.notifications",
            "tests.peers.notifications_site",
        ],
        "MIDDLEWARE": [
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ],
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
        # Tables straight from the models, which have a column for each registered model
        "MIGRATION_MODULES": dict.fromkeys(["stream", "follow"]),
    },
    reasons={
        "test_list": "the admin of notifications has the label `stream_notifications`",
        "test_mark_all_as_read_manager_with_soft_delete": READ,
        "test_mark_all_deleted_manager": READ,
        "test_mark_all_deleted_manager_without_soft_delete": "the archive needs no setting",
        "test_all_messages_page": "the address leads to the new page (301)",
        "test_unread_messages_pages": "the address leads to the new page (301)",
        "test_delete_messages_pages": BUTTON,
        "test_next_pages": BUTTON,
        "test_soft_delete_messages_manager": BUTTON,
        "test_malicious_next_pages": f"{BUTTON}, to hosts in `ALLOWED_HOSTS` alone",
        "test_unread_list_api_mark_as_read": "GET marks nothing as read; POST does",
    },
)
