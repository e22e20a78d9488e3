"""What is shown of actions whose objects are gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.template import TemplateSyntaxError

from stream.feeds.conf import POLICIES, missing_data_policy
from stream.groups.group import Group, missing_roles

if TYPE_CHECKING:
    from stream.models import Action


class MissingData(LookupError):  # noqa: N818 - named like Django's DoesNotExist
    """An object of an action is gone, or the queryset that loads it leaves it out."""


def chosen_policy(policy: str | None) -> str:
    """Return the policy of a tag, by default the setting's. Raises TemplateSyntaxError."""
    if policy is None:
        return missing_data_policy()
    if policy not in POLICIES:
        known = ", ".join(map(repr, POLICIES))
        raise TemplateSyntaxError(
            f"render_activity: {policy!r:.80} is no policy for missing data; write one of {known}."
        )
    return policy


def is_shown(activity: Action | Group, policy: str) -> bool:
    """Tell whether an action or group is shown. Raises MissingData if the policy is "raise"."""
    if policy == "placeholder":
        return True
    if isinstance(activity, Group):
        missing, newest = activity.missing_roles(), activity.newest
    else:
        missing, newest = missing_roles(activity), activity
    if missing and policy == "raise":
        raise MissingData(
            f"render_activity: the {' and '.join(missing)} of action {newest.pk} is gone; "
            f"write missing_data_policy='ignore' to leave such actions out"
        )
    return not missing
