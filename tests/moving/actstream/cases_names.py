"""What sites could import from the old modules can be imported, or says what to write.

The names are those of django-activity-stream 2.0.0 and django-notifications-hq 1.8.3, with what
their modules import from elsewhere, but without those of the REST API.
"""

import importlib
import warnings

import pytest
from django.core.exceptions import ImproperlyConfigured

NAMES = {
    "actstream": "action",
    "actstream.actions": """
        ContentType _ action action_handler apps check follow is_following now settings unfollow
    """,
    "actstream.admin": "ActionAdmin FollowAdmin ModelAdmin admin models",
    "actstream.apps": """
        ActstreamConfig AppConfig OrderedDict action actstream_settings apps pre_delete settings
    """,
    "actstream.decorators": "stream",
    "actstream.feeds": """
        AbstractActivityStream Action ActivityStreamsAtomFeed ActivityStreamsBaseFeed Atom1Feed
        AtomModelActivityFeed AtomObjectActivityFeed AtomUserActivityFeed ContentType
        CustomJSONActivityFeed CustomStreamMixin Feed Http404 HttpResponse JSONActivityFeed
        ModelActivityFeed ModelActivityMixin ModelJSONActivityFeed ObjectActivityFeed
        ObjectActivityMixin ObjectDoesNotExist ObjectJSONActivityFeed Site StreamKwargsMixin
        UserActivityFeed UserActivityMixin UserJSONActivityFeed View add_domain any_stream
        force_str get_object_or_404 model_stream reverse rfc3339_date user_stream
    """,
    "actstream.follows": "Follow ImproperlyConfigured delete_orphaned_follows",
    "actstream.gfk": """
        EmptyGFKQuerySet EmptyQuerySet GFKManager GFKQuerySet GenericForeignKey Manager QuerySet
        settings
    """,
    "actstream.jsonfield": "DataField JSONField USE_JSONFIELD",
    "actstream.managers": """
        ActionManager ContentType FollowManager GFKManager Model Q Type apps check
        get_user_model stream
    """,
    "actstream.models": """
        Action ContentType Follow FollowManager GenericForeignKey _ action_object_stream
        actor_stream actstream_settings any_stream djtimesince followers following model_stream
        models now reverse settings target_stream user_stream
    """,
    "actstream.registry": """
        ActionableModelRegistry GenericRelation ImproperlyConfigured ModelBase RegistrationError
        apps check is_installed isclass label register registry setup_generic_relations
        unregister validate
    """,
    "actstream.settings": """
        DRF_SETTINGS FETCH_RELATIONS ImproperlyConfigured SETTINGS USE_DRF USE_JSONFIELD
        get_action_manager import_obj settings
    """,
    "actstream.signals": "Signal action",
    "actstream.streams": "stream wraps",
    "actstream.templatetags.activity_tags": """
        Action AsNode ContentType DisplayAction DisplayActivityActorUrl DisplayActivityFollowUrl
        Follow IsFollowing Library Node TemplateSyntaxError Variable activity_stream actor_url
        display_action follow_all_url follow_url is_following is_following_tag register
        render_to_string reverse
    """,
    "actstream.urls": "USE_DRF feeds include path re_path router urlpatterns views",
    "actstream.views": """
        ContentType HttpResponse HttpResponseRedirect USER_MODEL actions actor csrf_exempt
        detail follow_unfollow followers following get_object_or_404 get_user_model
        login_required model models render respond stream user username_field
    """,
    "notifications.admin": """
        AbstractNotificationAdmin Notification NotificationAdmin admin gettext_lazy load_model
        mark_unread
    """,
    "notifications.apps": "AppConfig Config _",
    "notifications.base.admin": "AbstractNotificationAdmin admin",
    "notifications.base.models": """
        AbstractNotification Choices ContentType EXTRA_DATA GenericForeignKey Group
        ImproperlyConfigured JSONField NoReverseMatch NotificationQuerySet QuerySet
        StrictVersion _ assert_soft_delete format_html get_version id2slug is_soft_delete
        load_model models notifications_settings notify notify_handler reverse settings timezone
    """,
    "notifications.helpers": """
        get_config get_notification_list get_num_to_fetch id2slug model_to_dict
    """,
    "notifications.models": """
        AbstractNotification Notification notify_handler swappable_setting
    """,
    "notifications.settings": "CONFIG_DEFAULTS get_config settings",
    "notifications.signals": "Signal notify",
    "notifications.templatetags.notifications_tags": """
        Library StrictVersion cache format_html get_cached_notification_unread_count get_config
        get_version has_notification live_notify_badge live_notify_list notifications_unread
        register register_notify_callbacks reverse settings user_context
    """,
    "notifications.urls": "StrictVersion app_name get_version pattern urlpatterns views",
    "notifications.utils": "id2slug long slug2id",
    "notifications.views": """
        AllNotificationsList HttpResponse JsonResponse ListView Notification
        NotificationViewList StrictVersion UnreadNotificationsList date_handler delete
        get_notification_list get_object_or_404 get_version iri_to_uri
        live_all_notification_count live_all_notification_list live_unread_notification_count
        live_unread_notification_list load_model login_required mark_all_as_read mark_as_read
        mark_as_unread method_decorator never_cache notification_settings redirect settings
        slug2id url_has_allowed_host_and_scheme
    """,
}


def is_answered(module, name):
    try:
        return hasattr(module, name)
    except (ImportError, ImproperlyConfigured) as error:  # it says what there is instead
        return name in str(error) and ": " in str(error)


@pytest.mark.parametrize("module", NAMES)
def test_names_of_old_modules_can_be_imported(module):
    new = importlib.import_module(f"stream.contrib.{module}")
    with warnings.catch_warnings(action="ignore"):
        assert [name for name in NAMES[module].split() if not is_answered(new, name)] == []


def test_name_of_django_says_where_it_is():
    new = importlib.import_module("stream.contrib.actstream.managers")
    with pytest.warns(DeprecationWarning, match="django.contrib.contenttypes.models.ContentType"):
        assert new.ContentType.__name__ == "ContentType"
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = new.Nothing
