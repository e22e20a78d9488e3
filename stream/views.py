"""Pages of what the reader may see. They extend the site's ``base.html`` where there is one."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _, pgettext
from django.views.generic import DetailView, ListView, TemplateView

from stream.actions.sending import ActionQuerySet
from stream.arc.loading import load_objects
from stream.arc.models import ArcQuerySet
from stream.arc.names import object_name
from stream.arc.values import is_storable
from stream.arc.visibility import visible_objects
from stream.feeds.base import TimelineFeed
from stream.feeds.manager import feed_manager
from stream.following import follow_model, has_follow_page
from stream.models import Action
from stream.paging.feed import Feed
from stream.web.links import feed_url, named_feed_url, stream_url
from stream.web.lookup import get_model_or_404, get_object_or_404
from stream.web.pages import SitePageMixin
from stream.web.people import active_lately, marked, suggestions
from stream.web.scrolling import ScrollMixin, wants_rows

__all__ = [
    "ActionDetailView",
    "ActionListView",
    "ActorStreamView",
    "FeedView",
    "FollowersView",
    "FollowingView",
    "ModelStreamView",
    "NamedFeedView",
    "ObjectStreamView",
    "PeopleView",
]

ASKED = {"1": True, "true": True, "0": False, "false": False}


def asked_flag(request: HttpRequest) -> str | None:
    """Return the kind of following in an address, or None for all. 404 for what is no flag."""
    flag = request.GET.get("flag")
    if flag is not None and not is_storable(flag):
        raise Http404("no flag holds NUL or half of a surrogate pair")
    return flag


class ActionDetailView(SitePageMixin, DetailView):  # type: ignore[type-arg]
    """The page of an action that the reader may see."""

    template_name = "stream/pages/action.html"
    context_object_name = "stream_action"
    page = "action"
    object: Action

    def get_queryset(self) -> ActionQuerySet[Action]:
        actions: ActionQuerySet[Action] = Action.objects.visible_to(self.reader).with_objects()
        return actions

    def get_title(self) -> str:
        return str(self.object)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        objects = (getattr(self.object, role) for role in self.object.arcs)
        streams = {stream_url(obj): obj for obj in objects if obj is not None}
        links = [(url, obj) for url, obj in streams.items() if url]
        return super().get_context_data(stream_links=links, **kwargs)


class ActionListView(SitePageMixin, ScrollMixin, ListView):  # type: ignore[type-arg]
    """A page of actions, and a line that says when there are new ones."""

    poll_seconds: int | None = 60

    @staticmethod
    def listed(actions: ActionQuerySet[Action]) -> ActionQuerySet[Action]:
        """Defer ``data``: it is read for the whole page if a custom template shows it."""
        return actions.defer("data")


class FeedView(LoginRequiredMixin, ActionListView):
    """The home feed of the user who is signed in.

    ``?with_user_activity=1`` adds what the user does, and 0 leaves it out; ``?flag=`` takes what
    the user follows in one way.
    """

    template_name = "stream/pages/feed.html"
    page = "feed"
    live_source = "home"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.GET.keys() & {"with_user_activity", "flag"}:
            self.live_source = ""  # whose events count what is new in the plain feed
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> ActionQuerySet[Action]:
        asked = self.request.GET.get("with_user_activity", "")
        feed: ActionQuerySet[Action] = Action.objects.user_stream(
            self.reader, ASKED.get(asked.lower()), flag=asked_flag(self.request)
        )
        return self.listed(feed)

    def get_title(self) -> str:
        return _("Your feed")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        is_first = self.request.GET.keys().isdisjoint({"after", "before"})
        if is_first and not context["stream_page"].rows:  # an empty feed leads on
            context["stream_suggestions"] = suggestions(self.reader)
        return {**context, "stream_tabs": self.get_tabs()}

    def get_tabs(self) -> list[tuple[str, str, bool]]:
        """Return the looks of the home feed: address, label, and whether it is this page.

        That of the home page, and then each news feed that is not the same as it.
        """
        feeds = feed_manager.get_news_feeds(self.reader).items()
        others = [(name, feed) for name, feed in feeds if type(feed) is not TimelineFeed]
        shown = self.kwargs.get("name")
        is_home = shown not in dict(others)
        tabs = [(feed_url(), str(TimelineFeed.label), is_home)]
        tabs += [
            (named_feed_url(name), feed_label(name, feed), name == shown) for name, feed in others
        ]
        return [tab for tab in tabs if tab[0]]

    def handle_no_permission(self) -> Any:
        if "since" in self.request.GET:
            return HttpResponse(status=286)  # htmx asks no more
        if wants_rows(self.request):  # a form to sign in does not belong in a list
            return HttpResponse(status=401, headers={"HX-Refresh": "true"})
        return super().handle_no_permission()


def feed_label(name: str, feed: Feed[Any]) -> str:
    """Return what pages call a feed: its label, or else its name."""
    return str(feed.label) or name.replace("_", " ").capitalize()


class NamedFeedView(FeedView):
    """A news feed of the user who is signed in, by its name in ``STREAM_NEWS_FEEDS``."""

    page = "named_feed"
    live_source = ""  # its rows may be groups, which grow

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not hasattr(self.feed, "count_newer"):
            self.poll_seconds = None
        return super().get(request, *args, **kwargs)

    @cached_property
    def feed(self) -> Feed[Any]:
        """The feed of the address. 404 for one that the manager does not have."""
        name = self.kwargs["name"]
        feeds: dict[str, Feed[Any]] = feed_manager.get_news_feeds(self.reader)
        if name not in feeds:
            raise Http404(f"there is no news feed {name!a}")
        return feeds[name]

    def get_queryset(self) -> Any:
        return self.feed

    def get_title(self) -> str:
        return f"{super().get_title()}: {feed_label(self.kwargs['name'], self.feed)}"


class PeopleView(SitePageMixin, TemplateView):
    """Those who acted last, to follow."""

    template_name = "stream/pages/people.html"

    def get_title(self) -> str:
        return _("People")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(stream_people=active_lately(self.reader), **kwargs)


class ModelStreamView(ActionListView):
    """What objects of a model take part in, in any role."""

    template_name = "stream/pages/model.html"
    page = "model"

    @cached_property
    def model_class(self) -> type[Model]:
        """The model of the address. 404 for one that is unknown or has no such page."""
        return get_model_or_404(self.kwargs["app"], self.kwargs["model"], self.page)

    def get_queryset(self) -> ArcQuerySet[Any]:
        actions: ActionQuerySet[Action] = Action.objects.with_messages().get_for_model(
            self.model_class
        )
        return self.listed(actions.visible_to(self.reader).with_objects())

    def get_title(self) -> str:
        return _("Activity around %(models)s") % {
            "models": self.model_class._meta.verbose_name_plural
        }


class ObjectStreamView(ModelStreamView):
    """What an object takes part in, in any role."""

    template_name = "stream/pages/object.html"
    page = "object"

    @cached_property
    def object(self) -> Model:
        """The object of the address. 404 for one that is not there for the reader."""
        return get_object_or_404(self.model_class, self.kwargs["pk"], self.reader)

    def get_queryset(self) -> ArcQuerySet[Any]:
        actions: ActionQuerySet[Action] = Action.objects.with_messages().get_for_any(self.object)
        return self.listed(actions.visible_to(self.reader).with_objects())

    def get_title(self) -> str:
        return _("Activity around %(object)s") % {"object": object_name(self.object)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        labels = {
            "object": _("Everything"),
            "actor": _("Own activity"),
            "followers": _("Followers"),
            "following": pgettext("what a user follows", "Following"),
        }
        urls = [(page, stream_url(self.object, page)) for page in labels]
        tabs = [(url, labels[page], page == self.page) for page, url in urls if url]
        return super().get_context_data(
            stream_object=self.object,
            stream_tabs=tabs,
            # Visitors get a link to sign in in place of the button.
            stream_can_follow=self.reader not in (None, self.object)
            and has_follow_page(self.object),
            **kwargs,
        )


class ActorStreamView(ObjectStreamView):
    """What an object does, such as a user."""

    template_name = "stream/pages/actor.html"
    page = "actor"

    def get_queryset(self) -> ArcQuerySet[Any]:
        actions: ActionQuerySet[Action] = Action.objects.with_messages().get_for_actor(self.object)
        return self.listed(actions.visible_to(self.reader).with_objects())

    def get_title(self) -> str:
        return _("What %(object)s does") % {"object": object_name(self.object)}


class FollowersView(ObjectStreamView):
    """Who follows an object: each follow, with its kind, the newest first; ``?flag=`` of one."""

    template_name = "stream/pages/followers.html"
    rows_template_name = "stream/pages/_follows.html"
    page = "followers"
    poll_seconds = None

    def get_queryset(self) -> ArcQuerySet[Any]:
        follows, flag = self.get_follows(), asked_flag(self.request)
        return follows if flag is None else follows.filter(flag=flag)

    def get_follows(self) -> ArcQuerySet[Any]:
        """Return the follows of all kinds."""
        return follow_model(type(self).__name__)._default_manager.get_follows(self.object)

    def get_title(self) -> str:
        return _("Who follows %(object)s") % {"object": object_name(self.object)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        follows = context["stream_page"].rows
        shown = zip(self.load(follows), follows, strict=True)
        found = [(obj, follow.flag) for obj, follow in shown if obj is not None]
        marked(self.reader, [obj for obj, _flag in found])
        context["stream_follows"] = found
        return context

    def load(self, follows: list[Any]) -> list[Model | None]:
        """Return the object to show for each follow; None where the reader may not know of it."""
        people = visible_objects(get_user_model(), self.reader)
        by_pk = people.in_bulk({follow.user_id for follow in follows})
        return [by_pk.get(follow.user_id) for follow in follows]


class FollowingView(FollowersView):
    """What a user follows, of all models, the newest first."""

    template_name = "stream/pages/following.html"
    page = "following"

    def get_follows(self) -> ArcQuerySet[Any]:
        return follow_model(type(self).__name__)._default_manager.filter(user=self.object.pk)

    def get_title(self) -> str:
        return _("What %(object)s follows") % {"object": object_name(self.object)}

    def load(self, follows: list[Any]) -> list[Model | None]:
        models = {type(follow).target.model_and_key(follow)[0] for follow in follows}
        load_objects(follows, {model: visible_objects(model, self.reader) for model in models})
        return [follow.target for follow in follows]
