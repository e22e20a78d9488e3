"""``ACTSTREAM_SETTINGS`` is not read: what has come in the place of its options."""

from stream.contrib.old_modules import old_names

API = "include stream.api.urls, and see the settings of the REST API"
__getattr__ = old_names(
    __name__,
    gone={
        "SETTINGS": "ACTSTREAM_SETTINGS is not read",
        "get_action_manager": "STREAM_ACTION_MANAGER names the class",
        "FETCH_RELATIONS": "streams load their objects; elsewhere with_objects() does",
        "USE_JSONFIELD": "Action.data is always there",
        "USE_DRF": API,
        "DRF_SETTINGS": API,
        "import_obj": "Django has django.utils.module_loading.import_string",
    },
)
