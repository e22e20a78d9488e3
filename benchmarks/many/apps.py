from django.apps import AppConfig


class ManyConfig(AppConfig):
    name = "benchmarks.many"
    label = "many"
