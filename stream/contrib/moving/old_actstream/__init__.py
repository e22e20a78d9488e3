"""Stands in for django-activity-stream, so that migrations that name it can be loaded."""
