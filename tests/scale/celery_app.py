"""The Celery app, made as a project makes it."""

from celery import Celery


def make_app():
    app = Celery("tests")
    app.config_from_object("django.conf:settings", namespace="CELERY")
    app.autodiscover_tasks()
    return app


app = make_app()
