"""The same models for django-activity-stream.

Both projects put ``actor_actions`` and its like on what is registered, so the peer gets proxies:
the same tables and content types, under attributes of its own.
"""

from django.contrib.auth.models import User

from benchmarks.app.models import Comment, Commit, Repository


class PeerUser(User):
    class Meta:
        proxy = True


class PeerRepository(Repository):
    class Meta:
        proxy = True


class PeerCommit(Commit):
    class Meta:
        proxy = True


class PeerComment(Comment):
    class Meta:
        proxy = True


MODELS = {
    "user": PeerUser,
    "repository": PeerRepository,
    "commit": PeerCommit,
    "comment": PeerComment,
}
