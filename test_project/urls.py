from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path

from test_project.dashboard import views

urlpatterns = [
    path("", views.HomeView.as_view(), name="home"),
    path("explore/", views.ExploreView.as_view(), name="explore"),
    path("people/<str:username>/", views.PersonView.as_view(), name="person"),
    path("repositories/<slug:slug>/", views.RepositoryView.as_view(), name="repository"),
    path("commits/<int:pk>/", views.CommitView.as_view(), name="commit"),
    path("tags/<int:pk>/", views.TagView.as_view(), name="tag"),
    path("sign-in/", LoginView.as_view(redirect_authenticated_user=True), name="sign-in"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("", include("follow.urls")),
    path("stream/", include("stream.urls")),
    path("admin/", admin.site.urls),
]
