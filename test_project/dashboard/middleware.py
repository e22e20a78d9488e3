"""What a page took, in its footer, and a page of the site for what is not there."""

from time import perf_counter

from django.db import connection
from django.http import Http404
from django.shortcuts import render

from stream.models import Action

PLACE = b"<!-- figures -->"


def figures(get_response):
    """Say in the footer of each page how many actions there are, and what the page took."""

    def middleware(request):
        queries = 0

        def count(execute, *args):
            nonlocal queries
            queries += 1
            return execute(*args)

        begin = perf_counter()
        with connection.execute_wrapper(count):
            response = get_response(request)
        if not response.streaming and PLACE in response.content:
            ms = (perf_counter() - begin) * 1000
            said = f"{Action.objects.count():,} actions, {queries} queries, {ms:.0f} ms"
            response.content = response.content.replace(PLACE, said.encode())
            response.headers["Content-Length"] = str(len(response.content))
        return response

    return middleware


class NotFound:
    """Show the site's own page for what is not there, also while it is developed."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_exception(self, request, exception):
        if isinstance(exception, Http404):
            return render(request, "404.html", status=404)
        return None


def not_found(request):
    """Answer all addresses that no other pattern has."""
    raise Http404(f"nothing has the address {request.path}")
