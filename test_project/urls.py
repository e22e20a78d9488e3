from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularJSONAPIView

from test_project.dashboard.middleware import not_found
from test_project.dashboard.views import (
    details,
    developers,
    explore,
    feeds,
    notifications,
    reactions,
)

urlpatterns = [
    path("", feeds.front_page, name="home"),
    path("explore/", explore.ExploreView.as_view(), name="explore"),
    path("people/<str:username>/", feeds.PersonView.as_view(), name="person"),
    path("repositories/<slug:slug>/", feeds.RepositoryView.as_view(), name="repository"),
    path("repositories/<slug:slug>/star/", reactions.StarView.as_view(), name="star"),
    path(
        "repositories/<slug:slug>/unstar/",
        reactions.StarView.as_view(is_star=False),
        name="unstar",
    ),
    path("commits/<int:pk>/", details.CommitView.as_view(), name="commit"),
    path("comments/<int:pk>/delete/", reactions.DeleteCommentView.as_view(), name="delete-comment"),
    path("tags/<int:pk>/", details.TagView.as_view(), name="tag"),
    path("developers/", developers.DevelopersView.as_view(), name="developers"),
    path("developers/timelines/", developers.TimelinesView.as_view(), name="timelines"),
    path("sign-in/", LoginView.as_view(redirect_authenticated_user=True), name="sign-in"),
    path("sign-out/", LogoutView.as_view(), name="sign-out"),
    path("", include("follow.urls")),
    # Before stream.notifications.urls, of which they do two things in the demo's way.
    path("notifications/", notifications.NotificationsView.as_view()),
    path("notifications/<int:pk>/", notifications.OpenView.as_view()),
    path("notifications/", include("stream.notifications.urls")),
    path("live/", include("stream.live.urls")),
    path("stream/", include("stream.urls")),
    path("feeds/", include("stream.syndication.urls")),
    path("api/", include("stream.api.urls")),
    path("api/schema/", SpectacularJSONAPIView.as_view(), name="schema"),
    path("admin/", admin.site.urls),
    re_path("^(?:.*/)?$", not_found),  # Django adds the slash to the others
]
