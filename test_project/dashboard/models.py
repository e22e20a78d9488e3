"""Repositories, their commits and tags, and what visitors do with them.

People are Django's users, known by e-mail.
"""

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from follow import utils as follow
from stream.activity import Activity
from stream.utils import register_action_object, register_actor, register_target
from test_project.dashboard.text import shortened

SAMPLE_EMAIL = "@sample.invalid"
SAMPLE_SOURCE = "sample:"
QUOTE_LENGTH = 200


@register_target
@follow.register
class Repository(models.Model):
    """A git repository, or made-up sample data."""

    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=100, unique=True)
    source = models.CharField(
        max_length=1000, unique=True, help_text="The path on this machine, or “sample:” and a name."
    )
    head = models.CharField(
        max_length=64, blank=True, help_text="The commit up to which all history is loaded."
    )

    class Meta:
        verbose_name_plural = "repositories"
        ordering = ["name"]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("repository", args=[self.slug])

    @property
    def is_sample(self):
        return self.source.startswith(SAMPLE_SOURCE)


@register_action_object
class Commit(models.Model):
    """A commit, by the author and author date that git knows."""

    # No index of its own: the unique constraint begins with this column.
    repository = models.ForeignKey(
        Repository, on_delete=models.CASCADE, related_name="commits", db_index=False
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="commits"
    )
    sha = models.CharField("SHA", max_length=64)
    summary = models.CharField(max_length=300, blank=True)
    committed_at = models.DateTimeField()

    class Meta:
        ordering = ["-committed_at", "-id"]
        indexes = [models.Index(fields=["repository", "author"], name="commit_contributors")]
        constraints = [
            models.UniqueConstraint(fields=["repository", "sha"], name="commit_once"),
        ]

    def __str__(self):
        return self.sha[:7]

    # By key, not by repository and SHA: a feed shows links without loading a repository for each.
    def get_absolute_url(self):
        return reverse("commit", args=[self.pk])


@register_action_object
class Tag(models.Model):
    """A tag, annotated or not."""

    repository = models.ForeignKey(
        Repository, on_delete=models.CASCADE, related_name="tags", db_index=False
    )
    name = models.CharField(max_length=255)
    tagger = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="tags"
    )
    sha = models.CharField("SHA of the commit", max_length=64)
    tagged_at = models.DateTimeField()

    class Meta:
        ordering = ["-tagged_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["repository", "name"], name="tag_once")]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("tag", args=[self.pk])


class Star(Activity):
    """A user likes a repository. It publishes itself: no view has to send an action."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="stars", db_index=False
    )
    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="stars")
    created_at = models.DateTimeField(default=timezone.now)

    activity_verb = "starred"
    activity_target = "repository"
    activity_action_object = None

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "repository"], name="star_once"),
        ]

    def __str__(self):
        return f"{self.user} ★ {self.repository}"

    @property
    def activity_notify(self):
        """Return those who follow the repository."""
        return get_user_model().objects.filter(pk__in=followers(self.repository))


class Comment(Activity):
    """What somebody says about a commit."""

    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="comments"
    )
    commit = models.ForeignKey(Commit, on_delete=models.CASCADE, related_name="comments")
    text = models.TextField("comment", max_length=2000)
    created_at = models.DateTimeField(default=timezone.now)

    activity_actor = "author"
    activity_verb = "commented"
    activity_target = "commit__repository"
    activity_action_object = "commit"
    activity_refresh = True  # the admin may change the text

    class Meta:
        ordering = ["created_at", "id"]

    def __str__(self):
        return self.text[:50]

    @property
    def activity_data(self):
        """Return what a feed quotes, so that it need not read the comment."""
        return {"quote": shortened(" ".join(self.text.split()), QUOTE_LENGTH)}

    @property
    def activity_notify(self):
        """Return who wrote the commit, who has commented on it, and who follows the repository."""
        return get_user_model().objects.filter(
            Q(pk=self.commit.author_id)
            | Q(pk__in=self.commit.comments.order_by().values("author"))
            | Q(pk__in=followers(self.commit.repository))
        )


def followers(repository):
    """Return the keys of those who follow a repository, for use in another query."""
    return repository.get_follows().order_by().values("user")


register_actor(settings.AUTH_USER_MODEL)
register_target(settings.AUTH_USER_MODEL)
follow.register(settings.AUTH_USER_MODEL)
