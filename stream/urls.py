"""``path("stream/", include("stream.urls"))``: the page of an action."""

from django.urls import path

from stream.views import ActionDetailView

app_name = "stream"

urlpatterns = [path("action/<int:pk>/", ActionDetailView.as_view(), name="action")]
