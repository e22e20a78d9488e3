from django.urls import include, path

urlpatterns = [path("live/", include("stream.live.urls"))]
