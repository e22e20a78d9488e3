from django.apps import AppConfig


class DashboardConfig(AppConfig):
    name = "test_project.dashboard"
    default_auto_field = "django.db.models.BigAutoField"
