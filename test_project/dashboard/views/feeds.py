"""The pages that show a feed."""

from django.contrib.auth.models import User
from django.db.models import Count
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property
from django.views.generic import ListView

from follow.models import Follow
from stream.models import Action
from stream.streams import user_stream
from stream.web.scrolling import ScrollMixin
from test_project.dashboard.activity import Activity
from test_project.dashboard.models import Repository
from test_project.dashboard.queries import (
    people,
    repositories,
    who_to_follow,
    with_follower_count,
    with_stars,
)

FILTERS = {
    "": "Everything",
    "committed": "Commits",
    "tagged": "Tags",
    "starred": "Stars",
    "commented": "Comments",
}


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
        return context if context["stream_is_part"] else {**context, **self.get_surroundings()}


class HomeView(FeedView):
    """What the signed-in user follows; for visitors, the newest actions and a welcome."""

    template_name = "dashboard/home.html"
    live_source = "home"

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
        }


class GroupedHomeView(HomeView):
    """The same in groups: "Ann Lee and 2 others starred app"."""

    poll_seconds = None

    def get_queryset(self):
        return super().get_queryset().grouped("verb", "target", "day")

    def get_context_data(self, **kwargs):
        return super().get_context_data(is_grouped=True, **kwargs)


class LandingView(FeedView):
    """The newest actions and a welcome."""

    template_name = "dashboard/landing.html"

    def get_actions(self):
        return Action.objects.public().with_objects()

    def get_surroundings(self):
        return {"repositories": repositories()[:6]}


def front_page(request):
    """Show who is signed in their feed, and visitors the newest actions."""
    view = LandingView
    if request.user.is_authenticated:
        view = GroupedHomeView if "grouped" in request.GET else HomeView
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
        with_stars(self.repository, self.request.user)
        Follow.objects.mark(self.request.user, [self.repository])
        return {
            "repository": self.repository,
            "activity": Activity(self.get_actions()),
            "contributors": Follow.objects.mark(self.request.user, top),
            "tags": self.repository.tags.all()[:12],
        }
