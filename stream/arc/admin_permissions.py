"""What staff are shown in the admin: the names of objects that they may view, and no others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.admin.widgets import ForeignKeyRawIdWidget
from django.contrib.auth import get_permission_codename
from django.db.models import Model
from django.http import HttpRequest

from stream.arc.models import ArcModel


class Unseen:
    """Stands for an object that the user may not view, and is shown as "band 5".

    It has the attributes of the object, which a site's custom columns may use.
    """

    def __init__(self, row: Any, field: Any) -> None:
        self._field, self._using = field, row._state.db
        self._obj = field.get_cached_value(row, None)
        self._meta = field.related_model._meta
        self.pk = row.__dict__[field.attname]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if self._obj is None:
            self._obj = self._field.related_model._base_manager.using(self._using).get(
                **{self._field.target_field.attname: self.pk}
            )
        return getattr(self._obj, name)

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"


def may_view(site: Any, request: HttpRequest, model: type[Model], obj: Any = None) -> bool:
    """Tell whether a user may view the objects of a model, or one of them, in an admin site."""
    if site.is_registered(model):
        allowed: bool = site.get_model_admin(model).has_view_or_change_permission(request, obj)
        return allowed
    opts, user = model._meta, request.user
    names = (get_permission_codename(what, opts) for what in ("view", "change"))
    return any(user.has_perm(f"{opts.app_label}.{name}") for name in names)


def hide_objects(site: Any, request: HttpRequest, rows: Iterable[Any]) -> None:
    """Replace the objects of rows that the user may not view by ``Unseen``. No query."""
    for row in rows:
        for field in row._meta.concrete_fields:
            if not field.is_relation or row.__dict__.get(field.attname) is None:
                continue
            obj, model = field.get_cached_value(row, None), field.related_model
            if isinstance(obj, Unseen):
                continue
            if not may_view(site, request, model, obj):
                field.set_cached_value(row, Unseen(row, field))
            elif isinstance(obj, ArcModel):
                hide_objects(site, request, [obj])


def reveal_objects(row: Any) -> None:
    """Remove each ``Unseen``: saving a row, and receivers of signals, need the objects."""
    for field in row._meta.concrete_fields:
        if field.is_relation and isinstance(field.get_cached_value(row, None), Unseen):
            field.delete_cached_value(row)


class PermittedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """An admin that shows no name of an object that the user may not view."""

    def hide(self, request: HttpRequest, rows: Iterable[Any]) -> None:
        hide_objects(self.admin_site, request, rows)

    def get_paginator(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Return a paginator that hides objects, too: autocomplete fields use its pages."""
        paginator: Any = super().get_paginator(request, *args, **kwargs)
        make_page = paginator.page

        def page(number: Any) -> Any:
            made = make_page(number)
            made.object_list = list(made.object_list)
            self.hide(request, made.object_list)
            return made

        paginator.page = page
        return paginator

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        row = super().get_object(request, *args, **kwargs)
        if row is not None:
            for field in row._meta.concrete_fields:  # an object that is loaded later would be shown
                if field.is_relation and issubclass(field.related_model, ArcModel):
                    getattr(row, field.name)
            self.hide(request, [row])
        return row

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        reveal_objects(obj)
        super().save_model(request, obj, form, change)
        self.hide(request, [obj])  # for the message that it was saved

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        reveal_objects(obj)
        super().delete_model(request, obj)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        rows = list(queryset)
        self.hide(request, rows)
        return super().log_deletions(request, rows)  # type: ignore[arg-type]

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Name the chosen rows, and count what is deleted with them."""
        rows = list(objs)
        self.hide(request, rows)
        named, *others = super().get_deleted_objects(rows, request)
        return [each for each in named if not isinstance(each, list)], *others


class PermittedRawIdWidget(ForeignKeyRawIdWidget):
    """The key of an object, and its name where the user may view the model."""

    may_view = False

    def label_and_url_for_value(self, value: Any) -> tuple[str, str]:
        return super().label_and_url_for_value(value) if self.may_view else ("", "")
