from django.apps import AppConfig


class PollsConfig(AppConfig):
    name = "tests.polls"
    label = "Polls"
