"""django-activity-stream 2.0.0, whose tests follow and send as users, groups and sites."""

from tests.peers.running import Peer

PEER = Peer(
    requirement="django-activity-stream==2.0.0",
    package="actstream",
    names="stream.contrib.actstream",
    modules=(
        "test_activity",
        "test_apps",
        "test_gfk",
        "test_views",
        "test_zombies",
        "test_feeds",
        "test_drf",
    ),
    settings={
        "SECRET_KEY": "only for tests",
        "DATABASES": {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "USE_TZ": False,  # their times have no zone
        "SITE_ID": 1,
        "ROOT_URLCONF": "tests.peers.actstream_site.urls",
        "STREAM_ACTION_MANAGER": "stream.contrib.actstream.managers.ActionManager",
        "INSTALLED_APPS": [
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.messages",
            "django.contrib.sessions",
            "django.contrib.sites",
            "stream",
            "follow",
            "stream.syndication",
            "stream.contrib.actstream",
            "tests.peers.actstream_site",
        ],
        "MIDDLEWARE": [
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                    ]
                },
            }
        ],
        # Tables straight from the models, which have a column for each registered model
        "MIGRATION_MODULES": dict.fromkeys(["stream", "follow", "stream_syndication"]),
    },
    reasons={
        "test_apps": "asks for an app with the label `actstream`, which is kept for the stand-in",
        "test_follow_unfollow": "GET changes nothing here; POST answers as it expects",
        "test_follow_unfollow_with_flag": "GET changes nothing here; POST answers as it expects",
        "test_views": "the address leads to the new page (301), which has its own templates",
        "test_feed": "the address leads (301) to the page of the user's own feed addresses",
        "test_feeds": "the address leads to the new feed (301), which is worded otherwise",
        "test_drf": "the REST API is another: the addresses lead to it (301), the JSON differs",
    },
)
