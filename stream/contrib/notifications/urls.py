"""``include("stream.contrib.notifications.urls")``: the old names of addresses."""

from django.urls import path

from stream.contrib.deprecation import deprecated
from stream.contrib.notifications import views
from stream.contrib.old_modules import old_names

deprecated(f"include('{__name__}')", "include('stream.notifications.urls')")

app_name = "notifications"

urlpatterns = [
    path("", views.ListView.as_view(), name="all"),
    path("unread/", views.ListView.as_view(query="?unread"), name="unread"),
    path("mark-all-as-read/", views.MarkAllReadView.as_view(), name="mark_all_as_read"),
    path("mark-as-read/<int:slug>/", views.MarkView.as_view(), name="mark_as_read"),
    path(
        "mark-as-unread/<int:slug>/",
        views.MarkView.as_view(what="mark_unread"),
        name="mark_as_unread",
    ),
    path("delete/<int:slug>/", views.MarkView.as_view(what="delete"), name="delete"),
    path("api/unread_count/", views.LiveView.as_view(), name="live_unread_notification_count"),
    path("api/all_count/", views.LiveView.as_view(what="all"), name="live_all_notification_count"),
    path(
        "api/unread_list/",
        views.LiveView.as_view(with_list=True),
        name="live_unread_notification_list",
    ),
    path(
        "api/all_list/",
        views.LiveView.as_view(what="all", with_list=True),
        name="live_all_notification_list",
    ),
]

__getattr__ = old_names(
    __name__,
    gone={
        "StrictVersion": "write packaging.version.Version",
        "pattern": "write django.urls.path",
    },
)
