"""``path("stream/", include("stream.urls"))``: pages of actions, streams and follows.

Keys are quoted as in the addresses of the admin, so any key works. The pages of following are there
where the app ``follow`` is installed; the others serve ActivityStreams and link to Atom and RSS
where ``stream.syndication`` is.
"""

from typing import Any

from django.urls import path, register_converter
from django.views import View

from stream import views
from stream.feeds.conf import news_feed_classes
from stream.following import find_follow_model
from stream.web.pages import PAGE_MIXINS

app_name = "stream"


def page(view: type[View]) -> Any:
    """Return a page of actions with what other apps add to it, such as links to syndication."""
    if PAGE_MIXINS:
        view = type(view.__name__, (*PAGE_MIXINS, view), {"__doc__": view.__doc__})
    return view.as_view()


class FeedName:
    """Matches the names of news feeds alone, so that an app called "feed" has its pages, too."""

    regex = "[^/]+"

    def to_python(self, value: str) -> str:
        if value not in news_feed_classes():
            raise ValueError(value)
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(FeedName, "stream_feed")

# Before the pages of models. Without a page of its own in syndication.
urlpatterns = (
    [path("feed/<stream_feed:name>/", views.NamedFeedView.as_view(), name="named_feed")]
    if find_follow_model()
    else []
)
urlpatterns += [
    path("action/<int:pk>/", page(views.ActionDetailView), name="action"),
    path("<str:app>/<str:model>/", page(views.ModelStreamView), name="model"),
    path("<str:app>/<str:model>/<str:pk>/", page(views.ObjectStreamView), name="object"),
    path("<str:app>/<str:model>/<str:pk>/actor/", page(views.ActorStreamView), name="actor"),
]
if find_follow_model():
    urlpatterns += [
        path("", page(views.FeedView), name="feed"),
        path("people/", views.PeopleView.as_view(), name="people"),
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
