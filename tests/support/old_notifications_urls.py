"""The URLs of a site that moves from django-notifications-hq: old addresses beside the new ones."""

from django.urls import include, path

from tests.urls import urlpatterns as new

urlpatterns = [
    path("inbox/", include("stream.contrib.notifications.urls")),
    *new,
]
