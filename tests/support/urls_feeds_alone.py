"""A site that includes the feeds, but no pages of actions."""

from django.urls import include, path

urlpatterns = [path("feeds/", include("stream.syndication.urls"))]
