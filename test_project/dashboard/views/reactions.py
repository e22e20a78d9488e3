"""What visitors do: star a repository, take a comment back. The models send the actions."""

from django.contrib.auth.mixins import LoginRequiredMixin
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.generic import View

from stream.web.scrolling import wants_rows
from test_project.dashboard.models import Comment, Repository, Star
from test_project.dashboard.queries import with_stars
from test_project.dashboard.views.details import conversation, sign_in_first


class ReactionView(LoginRequiredMixin, View):
    """Do something by POST, and go back to ``next``. Visitors sign in first, then try again."""

    http_method_names = ["post"]

    def back(self, otherwise):
        """Return the address of this site to go back to."""
        url = self.request.POST.get("next", "")
        is_safe = url_has_allowed_host_and_scheme(url, {self.request.get_host()})
        return url if is_safe else otherwise

    def handle_no_permission(self):
        return sign_in_first(self.request, self.back("/"))


class StarView(ReactionView):
    """Star a repository, or take the star back; htmx gets the button as it is now."""

    is_star = True

    def post(self, request, slug):
        repository = get_object_or_404(Repository, slug=slug)
        if self.is_star:
            Star.objects.get_or_create(user=request.user, repository=repository)
        else:
            Star.objects.filter(user=request.user, repository=repository).delete()
        if not wants_rows(request):
            return redirect(self.back(repository.get_absolute_url()))
        with_stars(repository, request.user)
        return render(request, "dashboard/_star.html", {"repository": repository})


class DeleteCommentView(ReactionView):
    """Delete a comment of one's own, and with it its action and its notifications."""

    def post(self, request, pk):
        comments = Comment.objects.select_related("commit__repository")
        comment = get_object_or_404(comments, pk=pk, author=request.user)
        commit = comment.commit
        comment.delete()
        if not wants_rows(request):
            return redirect(f"{commit.get_absolute_url()}#conversation")
        context = {"commit": commit, **conversation(commit)}
        return render(request, "dashboard/_conversation.html", context)
