from django.urls import include, path

urlpatterns = [
    path("stream/", include("stream.urls")),
    path("syndication/", include("stream.syndication.urls")),
    path("api/", include("stream.api.urls")),
    path("follow/", include("follow.urls")),
    path("activity/", include("stream.contrib.actstream.urls")),
]
