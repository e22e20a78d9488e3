"""A URLconf without pages of stream."""

urlpatterns = []
