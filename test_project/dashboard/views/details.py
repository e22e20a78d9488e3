"""The pages of a commit, where people talk about it, and of a tag."""

from django.contrib.auth.views import redirect_to_login
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.generic import DetailView

from follow.models import Follow
from stream.models import Action
from stream.web.scrolling import wants_rows
from test_project.dashboard.forms import CommentForm
from test_project.dashboard.models import Commit, Tag
from test_project.dashboard.queries import with_stars

MOST_COMMENTS = 100


class CommitView(DetailView):
    """A commit, what has been done with it and what is said about it; POST adds a comment."""

    queryset = Commit.objects.select_related("author", "repository")
    template_name = "dashboard/commit.html"
    context_object_name = "commit"

    def get_context_data(self, **kwargs):
        commit = self.object
        Follow.objects.mark(self.request.user, [commit.author])
        with_stars(commit.repository, self.request.user)
        tags = Tag.objects.filter(repository=commit.repository_id, sha=commit.sha)[:12]
        actions = Action.objects.get_for_action_object(commit).public().with_objects()
        actions = actions.exclude(verb="commented")  # they are beside it, in full
        return super().get_context_data(
            **{"tags": tags, "stream_page": actions[:20], **conversation(commit), **kwargs}
        )

    def post(self, request, pk):
        if not request.user.is_authenticated:
            return sign_in_first(request, request.path)
        self.object = commit = self.get_object()
        form = CommentForm(request.POST)
        form.instance.author, form.instance.commit = request.user, commit
        if form.is_valid():
            form.save()
            if not wants_rows(request):
                return redirect(f"{commit.get_absolute_url()}#conversation")
            form = CommentForm()
        if wants_rows(request):
            context = {"commit": commit, **conversation(commit), "form": form}
            return render(request, "dashboard/_conversation.html", context)
        return self.render_to_response(self.get_context_data(form=form))


class TagView(DetailView):
    """A tag and its commit."""

    queryset = Tag.objects.select_related("tagger", "repository")
    template_name = "dashboard/tag.html"
    context_object_name = "tag"

    def get_context_data(self, **kwargs):
        tag = self.object
        Follow.objects.mark(self.request.user, [tag.tagger])
        commit = Commit.objects.filter(repository=tag.repository_id, sha=tag.sha).first()
        actions = Action.objects.get_for_action_object(tag).public().with_objects()
        return super().get_context_data(commit=commit, stream_page=actions[:20], **kwargs)


def conversation(commit):
    """Return what the conversation about a commit shows: the newest comments, oldest first."""
    newest = commit.comments.select_related("author").order_by("-created_at", "-id")
    return {"comments": newest[:MOST_COMMENTS][::-1], "form": CommentForm()}


def sign_in_first(request, url):
    """Lead to the form to sign in, and from there back to a page."""
    response = redirect_to_login(url)
    return HttpResponse(headers={"HX-Redirect": response.url}) if wants_rows(request) else response
