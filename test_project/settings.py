"""Settings of the demo site, for your own machine.

``STREAM_DEMO_DB`` is the database's path. ``STREAM_DEMO_SECRET_KEY`` takes the place of the public
key, with which wsgi.py and asgi.py serve nobody else.
"""

import os
from base64 import urlsafe_b64encode
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

import django
from django.urls import reverse

BASE_DIR = Path(__file__).resolve().parent

DEBUG = True
SECRET_KEY = os.environ.get("STREAM_DEMO_SECRET_KEY", "")
SECRET_KEY_IS_PUBLIC = not SECRET_KEY
if SECRET_KEY_IS_PUBLIC:
    SECRET_KEY = "insecure: this key is public, for the demo on your own machine only"
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
SESSION_COOKIE_NAME = "stream_demo_session"  # cookies are shared by all ports of localhost
CSRF_COOKIE_NAME = "stream_demo_csrf"

INSTALLED_APPS = [
    "test_project.dashboard",  # first: it restyles templates of the apps below
    "stream",
    "stream.live",
    "stream.notifications",
    "stream.syndication",
    "stream.timelines",
    "follow",
    "rest_framework",
    "drf_spectacular",
    "django_htmx",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "test_project.dashboard.middleware.figures",
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "test_project.dashboard.middleware.NotFound",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "test_project.dashboard.context_processors.sample",
                "test_project.dashboard.context_processors.badge",
            ]
        },
    }
]
ROOT_URLCONF = "test_project.urls"
WSGI_APPLICATION = "test_project.wsgi.application"
ASGI_APPLICATION = "test_project.asgi.application"

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("STREAM_DEMO_DB") or BASE_DIR / "demo.sqlite3",
        "OPTIONS": {
            # Readers never wait for a writer, and a writer waits for its turn instead of failing.
            "init_command": "PRAGMA journal_mode = wal; PRAGMA synchronous = normal",
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# The columns of stream and follow depend on the models registered here, and so do the migrations.
MIGRATION_MODULES = {
    "stream": "test_project.migrations_stream",
    "follow": "test_project.migrations_follow",
}
STREAM_VERBS = [
    ("committed", "{actor} committed {action_object} to {target}", {"icon": "commit"}),
    ("tagged", "{actor} tagged {action_object} in {target}", {"icon": "tag", "compact": True}),
    ("starred", "starred", {"icon": "star", "tint": "amber", "compact": True}),
    ("commented", "{actor} commented on {action_object} in {target}", {"icon": "comment"}),
]
# Comments are told apart by their commits, which are the action objects.
STREAM_NOTIFICATION_GROUP_BY = ("verb", "target", "action_object", "day")
STREAM_NOTIFICATION_KINDS = {
    "starred": {"label": "Stars", "reason": "because you follow {target}"},
    "commented": {"label": "Comments", "reason": "because you follow or wrote in {target}"},
}
# Mails are printed where the demo runs.
STREAM_SITE_URL, STREAM_SITE_NAME = "http://127.0.0.1:8000", "Headwater"
STREAM_CHANNELS = {"email": "stream.notifications.channels.EmailChannel"}
if find_spec("pywebpush"):  # browsers keep their subscriptions while the key is the same
    PUSH_KEY = urlsafe_b64encode(sha256(f"web push {SECRET_KEY}".encode()).digest()).decode()
    STREAM_CHANNELS["push"] = {
        "BACKEND": "stream.notifications.channels.WebPushChannel",
        "OPTIONS": {"private_key": PUSH_KEY.rstrip("="), "subject": "mailto:demo@example.com"},
    }
CONSOLE = "django.core.mail.backends.console.EmailBackend"
if django.VERSION >= (6, 1):
    MAILERS = {"default": {"BACKEND": CONSOLE}}
else:
    EMAIL_BACKEND = CONSOLE
# Home feeds are read by a join. What is stored besides is for the page that compares the timelines.
STREAM_TIMELINE = "stream.timelines.JoinTimeline"
STREAM_REDIS_URL = os.environ.get("STREAM_REDIS_URL")
STREAM_REDIS_PREFIX = "headwater:"
# By Redis where its address is given, or else by a look at the database each second.
STREAM_LIVE = {"poll": 1}

REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}
SPECTACULAR_SETTINGS = {"TITLE": "Headwater", "VERSION": "1"}

ABSOLUTE_URL_OVERRIDES = {
    "auth.user": lambda user: reverse("person", args=[user.username]),
}
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"

STATIC_URL = "static/"
USE_TZ = True
TIME_ZONE = "UTC"
