"""``path("live/", include("stream.live.urls"))``: the stream of events."""

from django.urls import path

from stream.live import views

app_name = "stream_live"

urlpatterns = [path("", views.events, name="events")]
