"""The old REST API has no counterpart by its names."""

raise ImportError(
    "stream.contrib.actstream.drf has no counterpart: include stream.api.urls, and subclass the "
    "views of stream.api.views."
)
