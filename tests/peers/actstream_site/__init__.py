"""A site with the models that the tests of django-activity-stream register."""
