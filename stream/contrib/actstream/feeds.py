"""The classes of old feeds have no counterpart: ``stream.syndication`` has pages of its own."""

from stream.contrib.actstream.telling import old_names

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
}

__getattr__ = old_names(__name__, gone=GONE)
