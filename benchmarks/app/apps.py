from django.apps import AppConfig
from django.conf import settings


class BenchConfig(AppConfig):
    name = "benchmarks.app"
    label = "bench"

    def ready(self) -> None:
        if settings.PEER:
            from actstream import registry

            from benchmarks.app import peer_models

            registry.register(*peer_models.MODELS.values())
