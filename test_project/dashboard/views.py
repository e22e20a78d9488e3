"""The pages."""

from functools import cache

from django.contrib.auth.models import User
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.functional import cached_property
from django.views.generic import DetailView, ListView, TemplateView
from drf_spectacular.generators import SchemaGenerator

import follow.views
from follow.models import Follow
from stream.htmx import ScrollMixin, wants_rows
from stream.models import Action
from stream.streams import user_stream
from stream.syndication.models import FeedToken
from test_project.dashboard.activity import Activity
from test_project.dashboard.models import Commit, Repository, Tag
from test_project.dashboard.queries import people, repositories, who_to_follow

FILTERS = {"": "Everything", "committed": "Commits", "tagged": "Tags"}


class FeedView(ScrollMixin, ListView):
    """A page of actions, newest first; ``?verb=`` shows those of one verb."""

    page_size = 20
    poll_seconds = 30

    @cached_property
    def verb(self):
        """The verb that is asked for; "", which stands for all, where it is unknown."""
        verb = self.request.GET.get("verb", "")
        return verb if verb in FILTERS else ""

    def get_actions(self):
        raise NotImplementedError

    def get_queryset(self):
        actions = self.get_actions()
        return actions.filter(verb=self.verb) if self.verb else actions

    def get_surroundings(self):
        """Return what the page shows beside its rows. Where htmx asks for rows, it is left out."""
        return {}

    def get_context_data(self, **kwargs):
        context = super().get_context_data(verb=self.verb, filters=FILTERS, **kwargs)
        return context if context["is_part"] else {**context, **self.get_surroundings()}


class HomeView(FeedView):
    """What the signed-in user follows; for visitors, the newest actions and a welcome."""

    template_name = "dashboard/home.html"

    def get_actions(self):
        return user_stream(self.request.user)

    def get_surroundings(self):
        user = self.request.user
        followed = Follow.objects.following(user, User)
        suggestions = who_to_follow(user)
        if not suggestions:
            suggestions = people().exclude(pk=user.pk).exclude(pk__in=followed)[:5]
        return {
            "followed_people": followed.order_by("first_name", "last_name")[:12],
            "followed_repositories": Follow.objects.following(user, Repository)[:12],
            "suggestions": Follow.objects.mark(user, suggestions),
            "feed_token": FeedToken.objects.filter(user=user).first(),
        }


class LandingView(FeedView):
    """The newest actions and a welcome."""

    template_name = "dashboard/landing.html"

    def get_actions(self):
        return Action.objects.public().with_objects()

    def get_surroundings(self):
        return {"repositories": repositories()[:6]}


def front_page(request):
    """Show who is signed in their feed, and visitors the newest actions."""
    view = HomeView if request.user.is_authenticated else LandingView
    return view.as_view()(request)


class PersonView(FeedView):
    """What a person has done."""

    template_name = "dashboard/person.html"

    @cached_property
    def person(self):
        people = User.objects.annotate(commit_count=Count("commits"))
        return get_object_or_404(people, username=self.kwargs["username"])

    def get_actions(self):
        return Action.objects.get_for_actor(self.person).public().with_objects()

    def get_surroundings(self):
        theirs = Repository.objects.filter(commits__author=self.person)
        theirs = theirs.annotate(commit_count=Count("commits")).order_by("-commit_count")
        with_follower_count(self.person)
        Follow.objects.mark(self.request.user, [self.person])
        return {
            "person": self.person,
            "activity": Activity(self.get_actions()),
            "repositories": Follow.objects.mark(self.request.user, theirs[:8]),
        }


class RepositoryView(FeedView):
    """What has happened in a repository."""

    template_name = "dashboard/repository.html"

    @cached_property
    def repository(self):
        repositories = Repository.objects.annotate(commit_count=Count("commits"))
        return get_object_or_404(repositories, slug=self.kwargs["slug"])

    def get_actions(self):
        return Action.objects.get_for_target(self.repository).public().with_objects()

    def get_surroundings(self):
        authors = User.objects.filter(commits__repository=self.repository)
        top = authors.annotate(commit_count=Count("commits")).order_by("-commit_count", "pk")[:6]
        with_follower_count(self.repository)
        Follow.objects.mark(self.request.user, [self.repository])
        return {
            "repository": self.repository,
            "activity": Activity(self.get_actions()),
            "contributors": Follow.objects.mark(self.request.user, top),
            "tags": self.repository.tags.all()[:12],
        }


class CommitView(DetailView):
    """A commit and what has been done with it."""

    queryset = Commit.objects.select_related("author", "repository")
    template_name = "dashboard/commit.html"
    context_object_name = "commit"

    def get_context_data(self, **kwargs):
        commit = self.object
        Follow.objects.mark(self.request.user, [commit.author])
        tags = Tag.objects.filter(repository=commit.repository_id, sha=commit.sha)[:12]
        actions = Action.objects.get_for_action_object(commit).public().with_objects()
        return super().get_context_data(tags=tags, page=actions[:20], **kwargs)


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
        return super().get_context_data(commit=commit, page=actions[:20], **kwargs)


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
        obj = self.get_object(app, model, pk)
        if "count" in request.POST:
            with_follower_count(obj)
        return render(request, "dashboard/follow_button.html", {"object": obj})


class FollowView(FollowButtonMixin, follow.views.FollowView):
    pass


class UnfollowView(FollowButtonMixin, follow.views.UnfollowView):
    pass


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


def with_follower_count(obj):
    """Let the follow button of an object show how many follow it."""
    obj.follower_count = Follow.objects.get_follows(obj).count()
