"""Finding what sites import from the old modules: also what these had from Django and Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pkgutil import resolve_name
from typing import Any

from stream.contrib.deprecation import deprecated

PATHS = (
    "collections.OrderedDict",
    "functools.wraps",
    "inspect.isclass",
    "typing.Type",
    "django.apps.AppConfig",
    "django.apps.apps",
    "django.conf.settings",
    "django.contrib.admin",
    "django.contrib.admin.ModelAdmin",
    "django.contrib.auth.decorators.login_required",
    "django.contrib.auth.get_user_model",
    "django.contrib.auth.models.Group",
    "django.contrib.contenttypes.fields.GenericForeignKey",
    "django.contrib.contenttypes.fields.GenericRelation",
    "django.contrib.contenttypes.models.ContentType",
    "django.contrib.syndication.views.Feed",
    "django.contrib.syndication.views.add_domain",
    "django.core.cache.cache",
    "django.core.exceptions.ImproperlyConfigured",
    "django.core.exceptions.ObjectDoesNotExist",
    "django.db.models",
    "django.db.models.JSONField",
    "django.db.models.Manager",
    "django.db.models.Model",
    "django.db.models.Q",
    "django.db.models.base.ModelBase",
    "django.db.models.query.EmptyQuerySet",
    "django.db.models.query.QuerySet",
    "django.db.models.signals.pre_delete",
    "django.dispatch.Signal",
    "django.forms.model_to_dict",
    "django.get_version",
    "django.http.Http404",
    "django.http.HttpResponse",
    "django.http.HttpResponseRedirect",
    "django.http.JsonResponse",
    "django.shortcuts.get_object_or_404",
    "django.shortcuts.redirect",
    "django.shortcuts.render",
    "django.template.Library",
    "django.template.Node",
    "django.template.TemplateSyntaxError",
    "django.template.Variable",
    "django.template.loader.render_to_string",
    "django.urls.NoReverseMatch",
    "django.urls.include",
    "django.urls.path",
    "django.urls.re_path",
    "django.urls.reverse",
    "django.utils.decorators.method_decorator",
    "django.utils.encoding.force_str",
    "django.utils.encoding.iri_to_uri",
    "django.utils.feedgenerator.Atom1Feed",
    "django.utils.feedgenerator.rfc3339_date",
    "django.utils.html.format_html",
    "django.utils.http.url_has_allowed_host_and_scheme",
    "django.utils.timezone",
    "django.utils.timezone.now",
    "django.utils.translation.gettext_lazy",
    "django.views.decorators.cache.never_cache",
    "django.views.decorators.csrf.csrf_exempt",
    "django.views.generic.ListView",
    "django.views.generic.View",
)
FOUND_AT = {path.rpartition(".")[2]: path for path in PATHS} | {
    "_": "django.utils.translation.gettext_lazy",
    "djtimesince": "django.utils.timesince.timesince",
}


def old_names(
    module: str, moved: Mapping[str, str] = {}, gone: Mapping[str, str] = {}
) -> Callable[[str], Any]:
    """Return the ``__getattr__`` of a module: what has moved is found by its path.

    What the module had from Django or Python is found, too. Raises ImportError, which says what to
    write, for what has no counterpart.
    """

    def find(name: str) -> Any:
        if name in gone:
            raise ImportError(f"{module}.{name} has no counterpart: {gone[name]}")
        path = moved.get(name) or FOUND_AT.get(name)
        if path is None:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        deprecated(f"{module}.{name}", path)
        return resolve_name(path)

    return find
