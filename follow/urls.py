"""URLs ``follow``, ``unfollow`` and ``toggle``, without a namespace, as in the original."""

from django.urls import path

from follow import views

# Keys may be numbers, UUIDs or texts with slashes.
OBJECT = "<str:app>/<str:model>/<path:pk>"

urlpatterns = [
    path("follow/<str:app>/<str:model>/<path:pk>/", views.FollowView.as_view(), name="follow"),
    path(
        "unfollow/<str:app>/<str:model>/<path:pk>/", views.UnfollowView.as_view(), name="unfollow"
    ),
    path("toggle/<str:app>/<str:model>/<path:pk>/", views.ToggleView.as_view(), name="toggle"),
]
