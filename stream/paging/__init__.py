"""Keyset pages: cursors that stay right while rows come and go, and no COUNT."""

from stream.paging.pages import InvalidCursor, Page
from stream.paging.views import PageMixin

__all__ = ["InvalidCursor", "Page", "PageMixin"]
