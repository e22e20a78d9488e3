"""The base of all views of the API."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar

from django.contrib.admin.utils import unquote
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation import gettext as _
from rest_framework import parsers
from rest_framework.exceptions import NotFound, ParseError, ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.permissions import SAFE_METHODS, IsAuthenticated, IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle, ScopedRateThrottle
from rest_framework.utils.urls import remove_query_param, replace_query_param
from rest_framework.viewsets import GenericViewSet

from stream import following
from stream.api.conf import RATES, login_is_required
from stream.api.fields import clean_query
from stream.api.objects import NOT_FOUND
from stream.api.params import NoParams
from stream.api.schema import StreamSchema
from stream.arc import Arc
from stream.arc.requests import find_model, find_object
from stream.paging import InvalidCursor, Page


class JSONParser(parsers.JSONParser):
    """Reads JSON in UTF-8, whatever the request calls it."""

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Any = None
    ) -> dict[str, Any]:
        context = {**(parser_context or {}), "encoding": "utf-8"}
        try:
            return super().parse(stream, media_type, context)
        except RecursionError:
            raise ParseError("The body is nested too deep.") from None


def follow_model() -> Any:
    """Return the model of follows, or answer 404 if the app is not installed."""
    try:
        return following.follow_model("stream.api")
    except ImproperlyConfigured:
        raise NotFound(_("Nobody can follow anything on this site.")) from None


class StreamThrottle(ScopedRateThrottle):
    """Limits a scope to its rate in ``DEFAULT_THROTTLE_RATES``, by default that in ``conf``."""

    scope_attr = "stream_scope"

    def get_rate(self) -> str | None:
        rates: Any = api_settings.DEFAULT_THROTTLE_RATES  # live
        rate: str | None = rates.get(self.scope, RATES.get(str(self.scope)))
        return rate


class StreamPagination(BasePagination):
    """Pages by the cursors of ``stream.paging``."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> Any:
        params = view.params
        cursors = {name: params.get(name) for name in ("after", "before")}
        try:
            self.page: Page[Any] = queryset.page(params["page_size"], **cursors)
        except InvalidCursor:
            [name] = (name for name, cursor in cursors.items() if cursor)
            raise ValidationError(
                {name: ["No cursor of this site; take the links next and previous of a page."]}
            ) from None
        self.here = request.build_absolute_uri()
        return self.page.rows

    def get_paginated_response(self, data: Any) -> Response:
        links = {
            "next": self._link("after", self.page.next),
            "previous": self._link("before", self.page.previous),
        }
        return Response({**links, "results": data})

    def _link(self, name: str, cursor: str | None) -> str | None:
        if cursor is None:
            return None
        bare = remove_query_param(remove_query_param(self.here, "after"), "before")
        return replace_query_param(bare, name, cursor)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": "string", "format": "uri", "nullable": True}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }


class BaseViewSet(GenericViewSet[Any]):
    """Anybody may read and only users may write; the site's stricter permissions hold besides.

    Under Django's ``LoginRequiredMiddleware`` only users may read.

    For each action of the view set, ``query`` holds the query parameters that it takes (all others
    are refused), ``bodies`` what is sent, and ``statuses`` the status of success unless it is 200.
    ``params`` holds the checked parameters.
    """

    permission_classes: Any = [IsAuthenticatedOrReadOnly]
    parser_classes = [JSONParser]
    pagination_class: Any = StreamPagination
    filter_backends: Any = []
    versioning_class = None
    schema = StreamSchema()
    operation: str
    query: ClassVar[dict[str, type[Serializer[Any]]]] = {}
    bodies: ClassVar[dict[str, type[Serializer[Any]]]] = {}
    statuses: ClassVar[dict[str, int]] = {}
    write_scope = "stream_create"
    params: dict[str, Any]
    is_private = False

    def get_permissions(self) -> list[Any]:
        site: Any = api_settings.DEFAULT_PERMISSION_CLASSES
        # REST framework exempts its views from Django's middleware, which knows only sessions.
        login = [IsAuthenticated()] if login_is_required() else []
        return [*login, *(each() for each in site), *super().get_permissions()]

    def get_throttles(self) -> list[BaseThrottle]:
        return [*super().get_throttles(), StreamThrottle()]

    @property
    def stream_scope(self) -> str:
        """The name of the rate that limits the request."""
        return "stream_read" if self.request.method in SAFE_METHODS else self.write_scope

    def perform_authentication(self, request: Request) -> None:
        super().perform_authentication(request)
        self.is_private = request.user.is_authenticated

    def finalize_response(self, *args: Any, **kwargs: Any) -> Any:
        """Keep caches from giving what a user is shown to anybody else."""
        response: Any = super().finalize_response(*args, **kwargs)
        patch_vary_headers(response, ["Authorization"])  # and Cookie, by Django's sessions
        if self.is_private:
            patch_cache_control(response, private=True)
        return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.params = clean_query(self.query.get(self.action, NoParams), request)

    def is_offered(self) -> bool:
        """Tell whether the site lets users do this; otherwise the schema leaves it out."""
        return True

    def body(self) -> Any:
        """Return what was sent, checked."""
        serializer = self.bodies[self.action](
            data=self.request.data, context=self.get_serializer_context()
        )
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data

    def named_model(self, arcs: Collection[Arc]) -> type[Model]:
        """Return the model in the address, registered with one of the arcs, or answer 404."""
        model = find_model(f"{self.kwargs['app']}.{self.kwargs['model']}", arcs)
        if not model:
            raise NotFound("No such type.")
        return model

    def named_object(self, model: type[Model]) -> Model:
        """Return the object in the address if the user may view it, or answer 404."""
        obj = find_object(model, self.key, self.request.user)
        if obj is None:
            raise NotFound(NOT_FOUND)
        return obj

    @property
    def key(self) -> str:
        """The key in the address, as text."""
        return unquote(self.kwargs["pk"])
