from django.urls import include, path

urlpatterns = [
    path("stream/", include("stream.urls")),
    path("syndication/", include("stream.syndication.urls")),
    path("", include("stream.contrib.actstream.urls")),
]
