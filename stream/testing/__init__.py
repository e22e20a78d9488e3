"""Helpers for the tests of a site: which actions were sent, and options for one test."""

from stream.arc.options import override_options
from stream.testing.sent import assert_action_sent, capture_actions

__all__ = ["assert_action_sent", "capture_actions", "override_options"]
