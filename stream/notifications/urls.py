"""``path("notifications/", include("stream.notifications.urls"))``: pages of one's own."""

from django.urls import path

from stream.notifications import views

app_name = "stream_notifications"

urlpatterns = [
    path("", views.NotificationListView.as_view(), name="list"),
    path("count/", views.CountView.as_view(), name="count"),
    path("seen/", views.MarkView.as_view(what="seen"), name="seen"),
    path("read/", views.MarkView.as_view(what="read"), name="read"),
    path("delete/", views.MarkView.as_view(what="delete"), name="delete"),
    path("mute/", views.MuteView.as_view(muted=True), name="mute"),
    path("unmute/", views.MuteView.as_view(muted=False), name="unmute"),
    path("<int:pk>/", views.OpenView.as_view(), name="open"),
]
