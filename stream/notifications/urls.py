"""``path("notifications/", include("stream.notifications.urls"))``: a user's pages."""

from django.urls import path

from stream.notifications import preference_views, push_views, views

app_name = "stream_notifications"

urlpatterns = [
    path("", views.NotificationListView.as_view(), name="list"),
    path("count/", views.CountView.as_view(), name="count"),
    path("seen/", views.MarkView.as_view(what="mark_seen"), name="seen"),
    path("read/", views.MarkView.as_view(what="mark_read"), name="read"),
    path("unread/", views.MarkView.as_view(what="mark_unread"), name="unread"),
    path("archive/", views.MarkView.as_view(what="archive"), name="archive"),
    path("restore/", views.MarkView.as_view(what="restore"), name="restore"),
    path("delete/", views.MarkView.as_view(what="delete"), name="delete"),
    path("mute/", views.MuteView.as_view(muted=True), name="mute"),
    path("unmute/", views.MuteView.as_view(muted=False), name="unmute"),
    path("preferences/", preference_views.PreferencesView.as_view(), name="preferences"),
    path(
        "unsubscribe/<str:token>/", preference_views.UnsubscribeView.as_view(), name="unsubscribe"
    ),
    path("push/subscribe/", push_views.SubscribeView.as_view(), name="push_subscribe"),
    path("push/unsubscribe/", push_views.EndSubscriptionView.as_view(), name="push_unsubscribe"),
    path("push/worker.js", push_views.WorkerView.as_view(), name="push_worker"),
    path("<int:pk>/", views.OpenView.as_view(), name="open"),
]
