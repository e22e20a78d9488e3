"""A site whose users act and are acted on, as in the tests of django-notifications-hq."""
