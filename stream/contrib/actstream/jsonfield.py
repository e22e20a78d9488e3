"""``DataField`` of old: Django has such a field."""

from stream.contrib.old_modules import old_names

__getattr__ = old_names(
    __name__,
    {"DataField": "django.db.models.JSONField"},
    {"USE_JSONFIELD": "Action.data is always there"},
)
