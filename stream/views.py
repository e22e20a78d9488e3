"""Pages."""

from __future__ import annotations

from typing import Any

from django.template.loader import select_template
from django.views.generic import DetailView

from stream.models import Action
from stream.query import ActionQuerySet


class ActionDetailView(DetailView):  # type: ignore[type-arg]
    """The page of a public action; it extends the site's ``base.html`` where there is one."""

    template_name = "stream/pages/action.html"

    def get_queryset(self) -> ActionQuerySet:
        actions: ActionQuerySet = Action.objects.public().with_objects()
        return actions

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        base = select_template(["base.html", "stream/pages/base.html"])
        return super().get_context_data(base_template=base, **kwargs)
