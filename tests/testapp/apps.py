from django.apps import AppConfig

from stream.utils import register_target


class TestAppConfig(AppConfig):
    name = "tests.testapp"

    def ready(self):
        register_target("testapp.Venue")
