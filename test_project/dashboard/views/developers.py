"""The pages for those who write programs."""

from functools import cache

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.shortcuts import redirect
from django.views.generic import TemplateView
from drf_spectacular.generators import SchemaGenerator

from test_project.dashboard import timelines


class DevelopersView(TemplateView):
    """The feeds and the API, for those who write programs."""

    template_name = "dashboard/developers.html"

    def get_context_data(self, **kwargs):
        return super().get_context_data(operations=api_operations(), **kwargs)


@cache
def api_operations():
    """Return the method, path and description of all that the API can do, from its schema."""
    paths = SchemaGenerator().get_schema(public=True)["paths"]
    return [
        (method.upper(), path, operation.get("description", ""))
        for path, operations in paths.items()
        for method, operation in operations.items()
    ]


class TimelinesView(LoginRequiredMixin, TemplateView):
    """The same page of one's home feed, read by each timeline; POST stores it anew.

    What is not stored yet is stored by the first visit.
    """

    template_name = "dashboard/timelines.html"

    def get_context_data(self, **kwargs):
        user = self.request.user
        if any(each.problem == timelines.NOTHING_STORED for each in timelines.states(user)):
            list(timelines.rebuild(user))
        return super().get_context_data(
            results=timelines.compare(user), size=timelines.SIZE, rounds=timelines.ROUNDS, **kwargs
        )

    def post(self, request):
        for name, count, ms in timelines.rebuild(request.user):
            entries = "entry" if count == 1 else "entries"
            messages.success(request, f"{name}: {count:,} {entries} stored in {ms:.1f} ms.")
        return redirect("timelines")
