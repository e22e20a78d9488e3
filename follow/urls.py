"""URLs ``follow``, ``unfollow`` and ``toggle``, without a namespace, as in the original."""

from django.urls import path

from follow import views

# Keys may be numbers, UUIDs or texts with slashes.
OBJECT = "<str:app>/<str:model>/<path:pk>/"

urlpatterns = [
    path(f"follow/{OBJECT}", views.FollowView.as_view(), name="follow"),
    path(f"unfollow/{OBJECT}", views.UnfollowView.as_view(), name="unfollow"),
    path(f"toggle/{OBJECT}", views.ToggleView.as_view(), name="toggle"),
]
