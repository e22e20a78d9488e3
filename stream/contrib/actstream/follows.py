"""``delete_orphaned_follows`` of old: foreign keys leave no orphans."""

from stream.contrib.actstream.telling import old_names

__getattr__ = old_names(
    __name__,
    gone={"delete_orphaned_follows": "foreign keys leave no orphans; take the receiver out"},
)
