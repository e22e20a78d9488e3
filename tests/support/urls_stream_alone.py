"""A site without the addresses of following."""

from django.urls import include, path

urlpatterns = [path("stream/", include("stream.urls"))]
