from django.contrib import admin
from django.contrib.auth.views import LoginView
from django.urls import include, path

urlpatterns = [
    path("login/", LoginView.as_view(), name="login"),
    path("admin/", admin.site.urls),
    path("new/", include("stream.notifications.urls")),
    path("", include("stream.contrib.notifications.urls")),
]
