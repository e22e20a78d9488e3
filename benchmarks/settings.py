"""Settings of the benchmarks; ``benchmarks.options`` sets the variables that are read here."""

import os
from importlib.util import find_spec

ENGINE = os.environ.setdefault("BENCH_ENGINE", "sqlite")
NAME = os.environ.setdefault("BENCH_NAME", "bench_stream")
MODELS = int(os.environ.get("BENCH_MODELS", "0"))  # generated ones, in databases of their own
PEER = find_spec("actstream") is not None and not MODELS

# The servers and their variables (PGHOST, MYSQL_HOST, …) are those of the tests.
os.environ["STREAM_TEST_DB"] = ENGINE
from tests.settings import DATABASE  # noqa: E402

SECRET_KEY = "only for benchmarks"
USE_TZ = True
TIME_ZONE = "UTC"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STREAM_VERBS = ()

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "follow",
    "stream",
    "benchmarks.many" if MODELS else "benchmarks.app",
]
if PEER:
    INSTALLED_APPS.append("actstream")

# Tables straight from the models.
MIGRATION_MODULES = dict.fromkeys(["auth", "contenttypes", "stream", "follow", "actstream"], None)

DATABASES = {"default": {**DATABASE, "NAME": NAME}}
if ENGINE == "mariadb":
    DATABASES["default"]["OPTIONS"] = {**DATABASE["OPTIONS"], "local_infile": True}
