"""Let users follow any model: a port of django-follow on real foreign keys."""
