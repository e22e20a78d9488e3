"""Finding people and repositories, and following them."""

from django.db.models import Q
from django.views.generic import ListView

from follow.models import Follow
from test_project.dashboard.queries import people, repositories


class ExploreView(ListView):
    """All people and repositories, to follow; ``?q=`` searches their names."""

    template_name = "dashboard/explore.html"
    context_object_name = "people"
    paginate_by = 24

    @property
    def search(self):
        return self.request.GET.get("q", "").replace("\x00", "").strip()[:100]

    def get_queryset(self):
        found = people()
        for word in self.search.split():
            found = found.filter(
                Q(first_name__icontains=word)
                | Q(last_name__icontains=word)
                | Q(username__icontains=word)
            )
        return found

    def get_context_data(self, **kwargs):
        context = super().get_context_data(search=self.search, **kwargs)
        found = []
        if context["page_obj"].number == 1:
            found = repositories().filter(name__icontains=self.search)[:24]
        context["repositories"] = Follow.objects.mark(self.request.user, found)
        context["people"] = Follow.objects.mark(self.request.user, context["people"])
        return context
