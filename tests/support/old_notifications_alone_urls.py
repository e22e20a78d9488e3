"""Old addresses of notifications without the new ones."""

from django.urls import include, path

urlpatterns = [path("inbox/", include("stream.contrib.notifications.urls"))]
