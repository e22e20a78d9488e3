"""The REST API: ``path("api/", include("stream.api.urls"))``. Needs ``django-stream[api]``."""
