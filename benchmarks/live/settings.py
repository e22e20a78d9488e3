"""Settings of the site whose streams are measured; variables of the environment say the rest."""

import os

SECRET_KEY = "only for measuring"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "benchmarks.live.urls"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "follow",
    "stream",
    "stream.live",
    "stream.notifications",
    "benchmarks.live",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
MIGRATION_MODULES = dict.fromkeys(["auth", "contenttypes", "sessions", "stream", "follow"])
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
if os.environ.get("LIVE_ENGINE", "postgresql") == "postgresql":
    DATABASE = {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": os.environ.get("PGHOST", "127.0.0.1"),
        "PORT": os.environ.get("PGPORT", "5432"),
        "USER": os.environ.get("PGUSER", "postgres"),
        "PASSWORD": os.environ.get("PGPASSWORD", ""),
    }
else:
    DATABASE = {
        "ENGINE": "django.db.backends.sqlite3",
        "OPTIONS": {
            "init_command": "PRAGMA journal_mode = wal",
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
        },
    }
DATABASES = {"default": DATABASE | {"NAME": os.environ["LIVE_DB"]}}
STREAM_REDIS_URL = os.environ.get("LIVE_REDIS", "redis://127.0.0.1:6379/14")
STREAM_REDIS_PREFIX = f"{os.environ['LIVE_DB']}:"
STREAM_LIVE = {"broker": os.environ["LIVE_BROKER"], "streams": 20_000}
