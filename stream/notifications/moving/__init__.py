"""Taking over the notifications of django-notifications-hq."""
