"""Repositories, their commits and tags. People are Django's users, known by e-mail."""

from django.conf import settings
from django.db import models
from django.urls import reverse

from follow import utils as follow
from stream.utils import register_action_object, register_actor, register_target

SAMPLE_EMAIL = "@sample.invalid"
SAMPLE_SOURCE = "sample:"


@register_target
@follow.register(actor_only=False)  # followers see what is done to it
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


register_actor(settings.AUTH_USER_MODEL)
register_target(settings.AUTH_USER_MODEL)
follow.register(settings.AUTH_USER_MODEL)
