"""The API keeps to its OpenAPI schema, whatever it is sent."""

import json
import zlib

import pytest
import schemathesis
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from hypothesis import HealthCheck, Phase, settings
from rest_framework.test import APIClient
from schemathesis.specs.openapi.checks import positive_data_acceptance

from follow.utils import follow
from stream.feeds.conf import news_feed_classes
from stream.utils import action
from tests.early.models import Band
from tests.testapp.models import Song, Tag

pytestmark = pytest.mark.django_db

TOKEN = "x" * 32


def test_the_schema_is_valid_and_complete(tmp_path):
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "schema"))


def test_each_operation_is_described():
    schema = SchemaGenerator().get_schema(request=None, public=True)
    validate_schema(schema)
    operations = [
        operation
        for path in schema["paths"].values()
        for operation in path.values()
        if operation["operationId"].startswith("stream_")
    ]
    assert len(operations) == 32
    assert all(operation["description"] for operation in operations)


@pytest.mark.parametrize("chosen", [{}, {"liked": {}, "read": {}}])
def test_acting_is_described_where_the_site_allows_it(settings, chosen):
    settings.STREAM_API_ACTIONS = chosen
    schema = SchemaGenerator().get_schema(request=None, public=True)
    assert ("post" in schema["paths"]["/api/actions/"]) == bool(chosen)
    assert ("NewAction" in schema["components"]["schemas"]) == bool(chosen)
    enums = [each.get("enum") for each in schema["components"]["schemas"].values()]
    assert (["liked", "read"] in enums) == bool(chosen)


class Site:
    """The site, and its schema at an address of its own."""

    def __init__(self):
        schema = SchemaGenerator().get_schema(request=None, public=True)
        self.schema = json.dumps(schema, default=str).encode()
        self.site = get_wsgi_application()

    def __call__(self, environ, start_response):
        if environ["PATH_INFO"] == "/schema":
            start_response("200 OK", [("Content-Type", "application/json")])
            return [self.schema]
        return self.site({**environ, "HTTP_HOST": "testserver"}, start_response)


schema = schemathesis.openapi.from_wsgi("/schema", Site())

MODELS = ["auth.user", "early.band", "testapp.song", "testapp.tag", None]


@schema.hook
def map_path_parameters(context, path_parameters):
    """Let most addresses name a model, so that odd keys come to columns of each type."""
    if path_parameters and "name" in path_parameters:
        feeds = [*news_feed_classes(), path_parameters["name"]]
        return {"name": feeds[zlib.crc32(repr(path_parameters).encode()) % len(feeds)]}
    if path_parameters and "app" in path_parameters:
        label = MODELS[zlib.crc32(repr(path_parameters).encode()) % len(MODELS)]
        if label:
            app, model = label.split(".")
            return {**path_parameters, "app": app, "model": model}
    return path_parameters


@pytest.fixture
def headers(lennon, hendrix):
    """A user's headers, with something behind each kind of address."""
    band, group = Band.objects.create(name="x"), Group.objects.create(name="x")
    action.send(hendrix, "met", lennon, band, data={"stars": 5})
    action.send(lennon, "met", group, hendrix, public=False)
    action.send(lennon, "made", Song.objects.create(title="x"))
    action.send(band, "used", Tag.objects.create(name="0"))
    for obj in (hendrix, band):
        follow(lennon, obj)
    client = APIClient()
    client.force_login(lennon)
    session = client.cookies["sessionid"].value
    request_started.disconnect(close_old_connections)  # as Django's own client does
    request_finished.disconnect(close_old_connections)
    yield {"Cookie": f"sessionid={session}; csrftoken={TOKEN}", "X-CSRFToken": TOKEN}
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


@schema.parametrize()
@settings(
    max_examples=25,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_answers_keep_to_the_schema(case, headers):
    # Of texts, a schema cannot say which are keys and cursors.
    case.call_and_validate(headers=headers, excluded_checks=[positive_data_acceptance])
