"""The classes of old feeds have no counterpart: ``stream.syndication`` has pages of its own."""

from stream.contrib.old_modules import old_names

VIEW = "include stream.syndication.urls, or subclass stream.syndication.views.%sFeedView"
KINDS = {"User": VIEW % "Home", "Model": VIEW % "Model", "Object": VIEW % "Object"}
DOCUMENTS = "its documents are made by stream.syndication.documents"
MIXIN = "put stream.syndication.pages.ActivityStreamsMixin before a page of actions"
GONE = {
    **{f"{kind}ActivityFeed": text for kind, text in KINDS.items()},
    **{f"Atom{kind}ActivityFeed": text for kind, text in KINDS.items()},
    **{f"{kind}JSONActivityFeed": text for kind, text in KINDS.items()},
    **{f"{kind}ActivityMixin": MIXIN for kind in KINDS},
    "CustomJSONActivityFeed": MIXIN,
    "CustomStreamMixin": MIXIN,
    "StreamKwargsMixin": MIXIN,
    "AbstractActivityStream": DOCUMENTS,
    "ActivityStreamsBaseFeed": DOCUMENTS,
    "ActivityStreamsAtomFeed": DOCUMENTS,
    "JSONActivityFeed": DOCUMENTS,
    "Site": "write django.contrib.sites.models.Site",
}

STREAMS = ("any_stream", "model_stream", "user_stream")
MOVED = {name: f"stream.contrib.actstream.models.{name}" for name in STREAMS}

__getattr__ = old_names(__name__, {"Action": "stream.models.Action", **MOVED}, GONE)
