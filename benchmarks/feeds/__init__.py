"""Timelines at scale and notifications, beside Stream-Framework and django-notifications-hq."""
