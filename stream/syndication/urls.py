"""``path("feeds/", include("stream.syndication.urls"))``: feeds, with or without a format."""

from django.urls import URLPattern, path

from stream.syndication import views

app_name = "stream_syndication"

KINDS = {
    "home/<str:token>/": views.HomeFeedView,
    "model/<str:app>/<str:model>/": views.ModelFeedView,
    "object/<str:app>/<str:model>/<str:pk>/": views.ObjectFeedView,
    "actor/<str:app>/<str:model>/<str:pk>/": views.ActorFeedView,
}

urlpatterns: list[URLPattern] = [path("token/", views.TokenView.as_view(), name="token")]
for route, view in KINDS.items():
    urlpatterns += [
        path(route, view.as_view(), name=view.kind),
        path(f"{route}<str:format>/", view.as_view(), name=view.kind),
    ]
