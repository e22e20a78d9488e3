"""Settings of the tests. ``STREAM_TEST_DB`` chooses the engine: sqlite, postgresql or mariadb."""

import os

ENGINE = os.environ.get("STREAM_TEST_DB", "sqlite")
NAME = os.environ.get("STREAM_TEST_NAME", "django_stream")  # another where two run at once

SECRET_KEY = "only for tests"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "tests.urls"
STATIC_URL = "static/"
STREAM_ACTION_MANAGER = "tests.support.managers.SiteManager"
STREAM_API_ACTIONS = {
    "slept": {},
    "praised": {
        "target": ["auth.Group", "auth.User", "early.Band", "testapp.Song", "testapp.Tag"],
    },
    "introduced": {"target": ["early.Band"], "action_object": ["auth.User"]},
    "näht": {},
}
STREAM_LIVE = {"broker": "polling"}  # with which sending an action costs what it does without
LOGIN_URL = "/login/"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher"
]  # the others are slow on purpose
# Django 6.1 wants one to be named; tests replace it.
MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}

INSTALLED_APPS = [
    "tests.early",  # registers its models before the apps that own the tables are loaded
    "tests.activities",
    "tests.polls",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "drf_spectacular",
    "follow",
    "rest_framework",
    "stream",
    "stream.contrib.moving.old_actstream",
    "stream.contrib.moving.old_notifications",
    "stream.live",
    "stream.notifications",
    "stream.syndication",
    "stream.timelines",
    "tests.testapp",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
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
            ]
        },
    }
]

# Tables straight from the models; tests/projects runs real migrations in real projects.
MIGRATION_MODULES = dict.fromkeys(
    ["admin", "auth", "contenttypes", "sessions", "stream", "follow"], None
)

if ENGINE == "postgresql":
    DATABASE = {
        "ENGINE": "tests.support.postgresql",
        "HOST": os.environ.get("PGHOST", "127.0.0.1"),
        "PORT": os.environ.get("PGPORT", "5432"),
        "USER": os.environ.get("PGUSER", "postgres"),
        "PASSWORD": os.environ.get("PGPASSWORD", ""),
        "NAME": NAME,
        "OPTIONS": {"options": "-c synchronous_commit=off"},  # nothing is to survive a crash
    }
elif ENGINE == "mariadb":
    import pymysql  # stands in for mysqlclient, which needs a C compiler to install

    pymysql.version_info = (2, 2, 7, "final", 0)
    pymysql.install_as_MySQLdb()
    DATABASE = {
        "ENGINE": "django.db.backends.mysql",
        "HOST": os.environ.get("MYSQL_HOST", "127.0.0.1"),
        "PORT": os.environ.get("MYSQL_PORT", "3306"),
        "USER": os.environ.get("MYSQL_USER", "root"),
        "PASSWORD": os.environ.get("MYSQL_PASSWORD", ""),
        "NAME": NAME,
        "OPTIONS": {"charset": "utf8mb4"},
    }
elif ENGINE == "sqlite":
    DATABASE = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
else:
    raise ValueError(f"STREAM_TEST_DB={ENGINE}: choose sqlite, postgresql or mariadb")

DATABASES = {
    "default": DATABASE,
    "other": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"},
}
