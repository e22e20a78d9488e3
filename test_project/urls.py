from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path
from drf_spectacular.views import SpectacularJSONAPIView

from test_project.dashboard import views

urlpatterns = [
    path("", views.front_page, name="home"),
    path("explore/", views.ExploreView.as_view(), name="explore"),
    path("people/<str:username>/", views.PersonView.as_view(), name="person"),
    path("repositories/<slug:slug>/", views.RepositoryView.as_view(), name="repository"),
    path("commits/<int:pk>/", views.CommitView.as_view(), name="commit"),
    path("tags/<int:pk>/", views.TagView.as_view(), name="tag"),
    path("developers/", views.DevelopersView.as_view(), name="developers"),
    path("sign-in/", LoginView.as_view(redirect_authenticated_user=True), name="sign-in"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    # In place of follow.urls, for buttons that need no new page.
    path("follow/<str:app>/<str:model>/<path:pk>/", views.FollowView.as_view(), name="follow"),
    path(
        "unfollow/<str:app>/<str:model>/<path:pk>/", views.UnfollowView.as_view(), name="unfollow"
    ),
    path("stream/", include("stream.urls")),
    path("feeds/", include("stream.syndication.urls")),
    path("api/", include("stream.api.urls")),
    path("api/schema/", SpectacularJSONAPIView.as_view(), name="schema"),
    path("admin/", admin.site.urls),
]
