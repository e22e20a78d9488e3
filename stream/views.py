"""Pages."""

from __future__ import annotations

from django.views.generic import DetailView

from stream.models import Action
from stream.query import ActionQuerySet


class ActionDetailView(DetailView):  # type: ignore[type-arg]
    """The page of a public action."""

    model = Action
    template_name = "stream/action_detail.html"

    def get_queryset(self) -> ActionQuerySet:
        return Action.objects.public().with_objects()
