"""Stands in for django-notifications-hq, so that migrations that name it can be loaded."""
