"""The admin by its old names: that of this package registers itself."""

from stream.contrib.old_modules import old_names

__getattr__ = old_names(
    __name__,
    {
        "ActionAdmin": "stream.admin.ActionAdmin",
        "FollowAdmin": "follow.admin.FollowAdmin",
        "models": "stream.contrib.actstream.models",
    },
)
