"""Who and what there is to follow."""

from collections import Counter

from django.contrib.auth.models import User
from django.db.models import Count, Exists, OuterRef, Q

from follow.models import Follow
from stream.models import Action
from test_project.dashboard.models import Commit, Repository

LATELY = 500  # actions that suggestions are drawn from


def repositories():
    """Return all repositories, the biggest first, with their number of commits."""
    return Repository.objects.annotate(commit_count=Count("commits")).order_by(
        "-commit_count", "pk"
    )


def people():
    """Return the people who have done something, the most active first."""
    active = User.objects.annotate(commit_count=Count("commits"))
    return active.order_by("-commit_count", "pk").filter(Q(email__gt="") | Q(commit_count__gt=0))


def who_to_follow(user, size=5):
    """Return the people who do most, lately, where the user's interest lies: two queries.

    That is in the repositories that the user follows, and in those that followed people commit to.
    """
    followed = Follow.objects.following(user, User)
    theirs = Commit.objects.filter(repository=OuterRef("pk"), author__in=followed)
    interesting = Repository.objects.filter(
        Q(pk__in=Follow.objects.following(user, Repository)) | Exists(theirs)
    )
    actions = Action.objects.public().filter(target_repository__in=interesting)
    actions = actions.exclude(actor_user__in=followed).exclude(actor_user=user)
    counts = Counter(actions.values_list("actor_user", flat=True)[:LATELY])
    found = User.objects.in_bulk([pk for pk, _ in counts.most_common(size)])
    for person in found.values():
        person.recent_count = counts[person.pk]
    return sorted(found.values(), key=lambda person: (-person.recent_count, person.pk))


def with_follower_count(obj):
    """Let the follow button of an object show how many follow it."""
    obj.follower_count = Follow.objects.get_follows(obj).count()


def with_stars(repository, user):
    """Let the star button of a repository show how many stars there are: one query.

    And whether the user has given one.
    """
    mine = Count("pk", filter=Q(user=user.pk))
    counts = repository.stars.aggregate(count=Count("pk"), mine=mine)
    repository.star_count, repository.is_starred = counts["count"], bool(counts["mine"])
