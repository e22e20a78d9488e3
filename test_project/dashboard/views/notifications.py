"""Notifications: the views of the library, and what this site does in its own way."""

from collections import defaultdict

from django.apps import apps
from django.http import HttpResponseRedirect

import stream.notifications.views
from stream.notifications.models import Mute
from stream.notifications.views import own_or_404


class NotificationsView(stream.notifications.views.NotificationListView):
    """What is shown is seen; what is muted is listed below."""

    page_size = 15

    def get_context_data(self, **kwargs):
        context = super().get_context_data(mutes=muted_by(self.request.user), **kwargs)
        if self.feed.unseen_count and self.request.method == "GET":
            self.feed.mark_seen_all()
        return context


class OpenView(stream.notifications.views.OwnMixin):
    """Mark the group of a notification as read and go to the commit or repository."""

    def get(self, request, pk):
        notification = own_or_404(self.feed, pk)
        if request.method == "GET":
            self.feed.mark_read(group=notification.group)
        action = notification.action
        return HttpResponseRedirect((action.action_object or action.target).get_absolute_url())


def muted_by(user):
    """Return a user's mutes with their objects: a query, and one for each model of them."""
    mutes = list(Mute.objects.filter(user=user).order_by("pk"))
    keys = defaultdict(list)
    for mute in mutes:
        if mute.model:
            keys[mute.model].append(mute.object_id)
    found = {name: apps.get_model(name).objects.in_bulk(keys[name]) for name in keys}
    for mute in mutes:
        if mute.model:
            model = apps.get_model(mute.model)
            mute.object = found[mute.model].get(model._meta.pk.to_python(mute.object_id))
    return [mute for mute in mutes if mute.verb or mute.object]
