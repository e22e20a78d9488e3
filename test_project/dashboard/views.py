"""The pages."""

from django.contrib.auth.models import User
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404
from django.utils.functional import cached_property
from django.views.generic import DetailView, ListView

from follow.models import Follow
from stream.models import Action
from stream.paging import PageMixin
from stream.streams import user_stream
from test_project.dashboard.models import Commit, Repository, Tag


def repositories():
    """Return all repositories, the biggest first, with their number of commits."""
    return Repository.objects.annotate(commit_count=Count("commits")).order_by(
        "-commit_count", "pk"
    )


def people():
    """Return the people who have done something, the most active first."""
    active = User.objects.annotate(commit_count=Count("commits"))
    return active.order_by("-commit_count", "pk").filter(Q(email__gt="") | Q(commit_count__gt=0))


class FeedView(PageMixin, ListView):
    """A page of actions, newest first."""

    context_object_name = "actions"
    page_size = 20


class HomeView(FeedView):
    """What the signed-in user follows; for visitors, the newest actions and a welcome."""

    def get_queryset(self):
        user = self.request.user
        if not user.is_authenticated:
            return Action.objects.public().with_objects()
        return user_stream(user)

    def get_template_names(self):
        name = "home" if self.request.user.is_authenticated else "landing"
        return [f"dashboard/{name}.html"]

    def get_context_data(self, **kwargs):
        user = self.request.user
        if not user.is_authenticated:
            return super().get_context_data(repositories=repositories()[:6], **kwargs)
        followed = Follow.objects.following(user, User)
        others = people().exclude(pk=user.pk).exclude(pk__in=followed)[:5]
        return super().get_context_data(
            followed_people=followed.order_by("first_name", "last_name")[:12],
            followed_repositories=Follow.objects.following(user, Repository)[:12],
            suggestions=Follow.objects.mark(user, others),
            **kwargs,
        )


class PersonView(FeedView):
    """What a person has done."""

    template_name = "dashboard/person.html"

    @cached_property
    def person(self):
        people = User.objects.annotate(commit_count=Count("commits"))
        return get_object_or_404(people, username=self.kwargs["username"])

    def get_queryset(self):
        return Action.objects.get_for_actor(self.person).public().with_objects()

    def get_context_data(self, **kwargs):
        theirs = Repository.objects.filter(commits__author=self.person)
        Follow.objects.mark(self.request.user, [self.person])
        return super().get_context_data(
            person=self.person,
            followers=Follow.objects.get_follows(self.person).count(),
            repositories=theirs.annotate(commit_count=Count("commits")).order_by("-commit_count")[
                :8
            ],
            **kwargs,
        )


class RepositoryView(FeedView):
    """What has happened in a repository."""

    template_name = "dashboard/repository.html"

    @cached_property
    def repository(self):
        repositories = Repository.objects.annotate(commit_count=Count("commits"))
        return get_object_or_404(repositories, slug=self.kwargs["slug"])

    def get_queryset(self):
        return Action.objects.get_for_target(self.repository).public().with_objects()

    def get_context_data(self, **kwargs):
        authors = User.objects.filter(commits__repository=self.repository)
        top = authors.annotate(commit_count=Count("commits")).order_by("-commit_count", "pk")[:6]
        Follow.objects.mark(self.request.user, [self.repository])
        return super().get_context_data(
            repository=self.repository,
            followers=Follow.objects.get_follows(self.repository).count(),
            contributors=Follow.objects.mark(self.request.user, top),
            tags=self.repository.tags.all()[:12],
            **kwargs,
        )


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
        return super().get_context_data(tags=tags, actions=actions[:20], **kwargs)


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
        return super().get_context_data(commit=commit, actions=actions[:20], **kwargs)


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
