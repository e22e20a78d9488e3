"""``path("activity/", include("stream.contrib.actstream.urls"))``: old addresses lead to new ones.

Their names are the old ones. The new ones are those of ``stream.urls``, ``stream.syndication.urls``
and ``stream.api.urls``, as far as the site includes them.
"""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, path, re_path

from stream.contrib.actstream.views import OldActor, OldAddress, OldFollow
from stream.contrib.deprecation import deprecated
from stream.contrib.old_modules import old_names

deprecated(f"include('{__name__}')", "include('stream.urls')")

MODEL = "<str:content_type_id>/"
OBJECT = f"{MODEL}<str:object_id>/"
OBJECT_AND_FLAG = r"(?P<content_type_id>[^/]+)/(?P<object_id>[^/]+)/(?:(?P<flag>[^/]+)/)?$"
FORMATS = {"": "rss", "atom/": "atom", "json/": "json"}


def old(route: str, new: str, name: str | None = None, **options: Any) -> URLPattern:
    """Return the pattern of an old address, which leads to a new one."""
    view = OldAddress.as_view(new=new, **options)
    return path(route, view, name=name)


def follow(route: str, name: str, **options: Any) -> URLPattern:
    return re_path(f"^{route}/{OBJECT_AND_FLAG}", OldFollow.as_view(**options), name=name)


def feeds(route: str, new: str, name: str, **options: Any) -> list[URLPattern]:
    """Return the patterns of a feed in each of its formats."""
    found = []
    for part, file_format in FORMATS.items():
        ending = (file_format,) if options.get("page") else ()
        each = f"{name}_{file_format}" if part else name
        found.append(old(f"{route}{part}", new, each, ending=ending, **options))
    return found


API = "stream_api:"
urlpatterns = [
    old("api/actions/", f"{API}actions"),
    old("api/actions/streams/my-actions/", f"{API}actor", is_own=True),
    old("api/actions/streams/following/", f"{API}home"),
    old(f"api/actions/streams/model/{MODEL}", f"{API}model", page="model"),
    *(
        old(f"api/actions/streams/{role}/{OBJECT}", f"{API}{role}")
        for role in ("actor", "target", "action_object")
    ),
    old(f"api/actions/streams/any/{OBJECT}", f"{API}object"),
    old("api/actions/<int:action_id>/", f"{API}action"),
    old("api/follows/", f"{API}follows"),
    old("api/follows/following/", f"{API}follows"),
    old("api/follows/followers/", f"{API}followers", is_own=True),
    old(f"api/follows/is_following/{OBJECT}", f"{API}follow", page="followers"),
    # The page where users find the secret address of their feed
    *feeds("feed/", "stream_syndication:token", "actstream_feed", page=""),
    *feeds(f"feed/{MODEL}", "stream_syndication:model", "actstream_model_feed", page="model"),
    *feeds(f"feed/{OBJECT}", "stream_syndication:object", "actstream_object_feed", page="object"),
    follow("follow", "actstream_follow"),
    follow("follow_all", "actstream_follow_all", actor_only=False),
    follow("unfollow_all", "actstream_unfollow_all", does_follow=False),
    follow("unfollow", "actstream_unfollow", does_follow=False),
    re_path(
        f"^followers/{OBJECT_AND_FLAG}",
        OldAddress.as_view(new="stream:followers", page="followers"),
        name="actstream_followers",
    ),
    re_path(
        r"^following/(?P<user_id>[^/]+)/(?:(?P<flag>[^/]+)/)?$",
        OldAddress.as_view(new="stream:following"),
        name="actstream_following",
    ),
    path(f"actors/{OBJECT}", OldActor.as_view(), name="actstream_actor"),
    old(f"actors/{MODEL}", "stream:model", "actstream_model", page="model"),
    old("detail/<int:action_id>/", "stream:action", "actstream_detail"),
    old("<str:username>/", "stream:actor", "actstream_user"),
    old("", "stream:feed", "actstream"),
]

__getattr__ = old_names(
    __name__,
    {"feeds": "stream.contrib.actstream.feeds", "views": "stream.contrib.actstream.views"},
    {"USE_DRF": "include stream.api.urls", "router": "include stream.api.urls"},
)
