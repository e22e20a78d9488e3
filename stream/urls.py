"""``path("stream/", include("stream.urls"))``: pages of actions, streams and follows.

Keys are quoted as in the addresses of the admin, so any key works. The pages of following are there
where the app ``follow`` is installed; the others serve ActivityStreams and announce feeds where
``stream.syndication`` is.
"""

from typing import Any

from django.apps import apps
from django.urls import path
from django.views import View

from stream import views
from stream.following import find_follow_model

app_name = "stream"


def page(view: type[View]) -> Any:
    """Return a page of actions, which has feeds where the app of feeds is installed."""
    if apps.is_installed("stream.syndication"):
        from stream.syndication.pages import StreamPageMixin

        view = type(view.__name__, (StreamPageMixin, view), {"__doc__": view.__doc__})
    return view.as_view()


urlpatterns = [
    path("action/<int:pk>/", page(views.ActionDetailView), name="action"),
    path("<str:app>/<str:model>/", page(views.ModelStreamView), name="model"),
    path("<str:app>/<str:model>/<str:pk>/", page(views.ObjectStreamView), name="object"),
    path("<str:app>/<str:model>/<str:pk>/actor/", page(views.ActorStreamView), name="actor"),
]
if find_follow_model():
    urlpatterns += [
        path("", page(views.FeedView), name="feed"),
        path(
            "<str:app>/<str:model>/<str:pk>/followers/",
            views.FollowersView.as_view(),
            name="followers",
        ),
        path(
            "<str:app>/<str:model>/<str:pk>/following/",
            views.FollowingView.as_view(),
            name="following",
        ),
    ]
