from django.contrib import admin
from django.contrib.auth.views import LoginView
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("login/", LoginView.as_view(), name="login"),
    path("stream/", include("stream.urls")),
    path("syndication/", include("stream.syndication.urls")),
    path("notifications/", include("stream.notifications.urls")),
    path("api/", include("stream.api.urls")),
    path("follow/", include("follow.urls")),
    path("activity/", include("stream.contrib.actstream.urls")),
]
