"""Addresses of a site that includes nothing but the pages of notifications."""

from django.urls import include, path

urlpatterns = [path("notifications/", include("stream.notifications.urls"))]
