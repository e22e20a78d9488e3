from tests.settings import *  # noqa: F403
from tests.settings import DATABASES, INSTALLED_APPS, NAME

INSTALLED_APPS = [*INSTALLED_APPS, "stream.contrib.actstream", "stream.contrib.notifications"]
STREAM_ACTION_MANAGER = "tests.moving.actstream.site.SiteManager"
ROOT_URLCONF = "tests.moving.actstream.urls"
TEST = {"NAME": f"test_{NAME}_old"}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    TEST = {}
DATABASES = {**DATABASES, "default": {**DATABASES["default"], "TEST": TEST}}
