"""``path("api/", include("stream.api.urls"))``: the REST API."""

from typing import Any

from django.apps import apps
from django.urls import path

from stream.api import conf, follow_views, views
from stream.models import Action

app_name = "stream_api"

conf.check()

LIST: Any = {"get": "list"}
MODEL = "<str:app>/<str:model>/"
OBJECT = "<str:app>/<str:model>/<str:pk>/"

urlpatterns = [
    path(
        "actions/",
        views.ActionViewSet.as_view({**LIST, "post": "create"}),
        name="actions",
    ),
    path("actions/<str:pk>/", views.ActionViewSet.as_view({"get": "retrieve"}), name="action"),
    path("streams/home/", views.HomeStream.as_view(LIST), name="home"),
    path("feeds/<str:name>/", views.NamedFeed.as_view(LIST), name="feed"),
    path(f"streams/{MODEL}", views.ModelStream.as_view(LIST), name="model"),
    path(f"streams/{OBJECT}", views.ObjectStream.as_view(LIST), name="object"),
    *(
        path(
            f"streams/{OBJECT}{role}/",
            views.ObjectStream.as_view(LIST, roles=[role], operation=role),
            name=role,
        )
        for role in Action.arcs
    ),
    path("follows/", follow_views.OwnFollows.as_view(LIST), name="follows"),
    path("follows/check/", follow_views.FollowChecks.as_view({"get": "check"}), name="check"),
    path(
        f"follows/{OBJECT}",
        follow_views.FollowViewSet.as_view(
            {"get": "retrieve", "post": "create", "delete": "destroy"}
        ),
        name="follow",
    ),
    path(f"follows/{OBJECT}followers/", follow_views.Followers.as_view(LIST), name="followers"),
    path(f"follows/{OBJECT}following/", follow_views.Following.as_view(LIST), name="following"),
]
if apps.is_installed("stream.notifications"):
    from stream.api import notification_views as own, preference_views

    urlpatterns += [
        path("notifications/", own.NotificationViewSet.as_view(LIST), name="notifications"),
        path(
            "notifications/counts/",
            own.CountsViewSet.as_view({"get": "counts"}),
            name="notification_counts",
        ),
        *(
            path(
                f"notifications/{name}/",
                own.CountsViewSet.as_view({"post": name}),
                name=f"notifications_{name}",
            )
            for name in ("seen", "read", "unread", "archive", "restore")
        ),
        path(
            "notifications/mutes/",
            own.MuteViewSet.as_view({**LIST, "post": "create"}),
            name="mutes",
        ),
        path(
            "notifications/mutes/remove/",
            own.MuteViewSet.as_view({"post": "remove"}),
            name="unmute",
        ),
        path(
            "notifications/preferences/",
            preference_views.PreferenceViewSet.as_view({**LIST, "post": "choose"}),
            name="preferences",
        ),
        path(
            "notifications/<str:pk>/",
            own.NotificationViewSet.as_view({"get": "retrieve", "delete": "destroy"}),
            name="notification",
        ),
    ]
