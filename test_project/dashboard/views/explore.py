"""Finding people and repositories, and following them."""

from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.views.generic import ListView

import follow.views
from follow.models import Follow
from stream.arc.requests import find_model, find_to_follow
from stream.web.scrolling import wants_rows
from test_project.dashboard.queries import people, repositories, with_follower_count


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


class FollowButtonMixin:
    """Answer htmx with the button as it is now, in place of the way back to the page."""

    def post(self, request, app, model, pk):
        response = super().post(request, app, model, pk)
        if not wants_rows(request):
            return response
        if not request.user.is_authenticated:
            return HttpResponse(headers={"HX-Redirect": response.url})
        obj = find_to_follow(find_model(f"{app}.{model}", [Follow.target]), pk, request.user)
        if obj is None:  # unfollowed, though it is hidden or gone
            return response
        if "count" in request.POST:
            with_follower_count(obj)
        return render(request, "dashboard/follow_button.html", {"object": obj})


class FollowView(FollowButtonMixin, follow.views.FollowView):
    pass


class UnfollowView(FollowButtonMixin, follow.views.UnfollowView):
    pass
