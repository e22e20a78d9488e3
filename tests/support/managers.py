"""A manager as a site writes it."""

from stream.managers import ActionManager, stream


class SiteManager(ActionManager):
    @stream
    def by_verb(self, verb):
        return {"verb": verb}

    @stream
    def either(self, *verbs):
        return tuple({"verb": verb} for verb in verbs)

    @stream
    def hidden(self):
        return self.filter(public=False)

    @stream
    def wrong(self):
        return "verb"


class NoManager:
    pass
