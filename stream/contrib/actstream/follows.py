"""``delete_orphaned_follows`` of old: foreign keys leave no orphans."""

from stream.contrib.old_modules import old_names

__getattr__ = old_names(
    __name__,
    {"Follow": "follow.models.Follow"},
    {"delete_orphaned_follows": "foreign keys leave no orphans; take the receiver out"},
)
