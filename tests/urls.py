from django.contrib import admin
from django.contrib.auth.views import LoginView
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("login/", LoginView.as_view(), name="login"),
    path("", include("follow.urls")),
    path("notifications/", include("stream.notifications.urls")),
    path("live/", include("stream.live.urls")),
    path("stream/", include("stream.urls")),
    path("feeds/", include("stream.syndication.urls")),
    path("api/", include("stream.api.urls")),
]
