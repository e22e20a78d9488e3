"""A manager as a site wrote it."""

from django.db.models import Q

from stream.contrib.actstream.decorators import stream
from stream.contrib.actstream.managers import ActionManager


class SiteManager(ActionManager):
    @stream
    def by_verb(self, verb):
        return {"verb": verb}

    @stream
    def of_pair(self, verb, content_type):
        return [Q(verb=verb), Q(actor_content_type=content_type)]

    @stream
    def hidden(self):
        return self.filter(public=False)
