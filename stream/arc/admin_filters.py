"""Filters of lists that are too long to be read for all their values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _, pgettext

from stream.arc.arc import Arc
from stream.arc.names import name_for_staff
from stream.arc.requests import clean_key

RECENT_ROWS = 1000  # the newest, whose values a filter offers


class RecentValuesFilter(admin.SimpleListFilter):
    """Offers the values of a column in the newest rows; an address may name any other."""

    def labels(self, model: type[Model]) -> dict[str, Any]:
        """Return labels of values, which are offered even where no recent row has them."""
        return {}

    def label(self, value: Any) -> str:
        """Return the label of any other value."""
        return str(value)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        name = self.parameter_name
        order = model_admin.get_changelist(request).newest_first
        rows = model_admin.get_queryset(request).order_by(*order).values_list(name, flat=True)
        labels = self.labels(model_admin.model)
        values = {*labels, *rows[:RECENT_ROWS]}
        if (chosen := self.value()) is not None:
            values.add(chosen)
        shown = {
            value: labels.get(value, self.label(value) or model_admin.get_empty_value_display())
            for value in values
        }
        return sorted(shown.items(), key=lambda pair: str(pair[1]).casefold())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if (chosen := self.value()) is None:
            return queryset
        return queryset.filter((self.parameter_name, chosen))


class RoleFilter(admin.SimpleListFilter):
    """Offers the models in a role: ``?target=blog.post``, or ``none``.

    An address may name an object: ``blog.post:5``.
    """

    parameter_name: str
    key: str = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        self.arc: Arc = model_admin.model.arcs[self.parameter_name]
        models = [(model._meta.label_lower, _name(model)) for model in self.arc.models]
        models.sort(key=lambda pair: pair[1].casefold())
        return models if self.arc.required else [*models, ("none", pgettext("no object", "None"))]

    def has_output(self) -> bool:
        return bool(self.arc.models)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        if not chosen:
            return queryset
        if chosen == "none":
            return queryset.filter(self.arc.q_none())
        label, _colon, self.key = chosen.partition(":")
        fields = {each.related_model._meta.label_lower: each for each in self.arc.fields}
        if (field := fields.get(label)) is None:
            raise IncorrectLookupParameters(f"{label} is not registered as {self.parameter_name}")
        if not self.key:
            return queryset.filter(Q((f"{field.name}__isnull", False)))
        key = clean_key(field.related_model, self.key)
        if key is None:
            raise IncorrectLookupParameters(f"no {label} has the key {self.key!a:.80}")
        return queryset.filter(Q((field.name, key)))

    def choices(self, changelist: Any) -> Iterator[Any]:
        yield from super().choices(changelist)
        if self.key:
            # From a row, not by the key: the name is only for staff who may see such a row.
            rows = iter(changelist.result_list)
            names = (name_for_staff(getattr(row, self.parameter_name)) for row in rows)
            yield {
                "selected": True,
                "query_string": changelist.get_query_string(),
                "display": next(names, self.key),
            }


def _name(model: type[Model]) -> str:
    return capfirst(str(model._meta.verbose_name))


class TimeFilter(admin.ListFilter):
    """Offers some days, and a form for any: ``?since=2026-01-01&until=…``, both included.

    No query, unlike ``date_hierarchy``.
    """

    title = _("time")
    template = "admin/stream/time_filter.html"
    field_name = "datetime"

    def __init__(
        self, request: HttpRequest, params: dict[str, list[str]], model: Any, model_admin: Any
    ) -> None:
        super().__init__(request, params, model, model_admin)
        for name in ("since", "until"):
            self.used_parameters[name] = params.pop(name, [""])[-1]

    def has_output(self) -> bool:
        return True

    def expected_parameters(self) -> Any:
        return ["since", "until"]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if since := self._midnight("since", 0):
            queryset = queryset.filter((f"{self.field_name}__gte", since))
        if until := self._midnight("until", 1):
            queryset = queryset.filter((f"{self.field_name}__lt", until))
        return queryset

    def _midnight(self, name: str, days_later: int) -> dt.datetime | None:
        text = str(self.used_parameters[name])
        if not text:
            return None
        try:
            day = parse_date(text)
            if day is None:
                raise ValueError(f"{name}={text!r:.80} is no day")
            day += dt.timedelta(days=days_later)
            when = dt.datetime.combine(day, dt.time())
            # In UTC the first and last days may be out of the calendar.
            return timezone.make_aware(when).astimezone(dt.UTC) if settings.USE_TZ else when
        except (ValueError, OverflowError) as error:
            raise IncorrectLookupParameters(error) from error

    def choices(self, changelist: Any) -> Iterator[Any]:
        now = timezone.now()
        today = (timezone.localtime(now) if settings.USE_TZ else now).date()
        chosen = tuple(self.used_parameters.values())
        for title, day in (
            (_("Any time"), None),
            (_("Today"), today),
            (_("Past 7 days"), today - dt.timedelta(days=7)),
            (_("This month"), today.replace(day=1)),
            (_("This year"), today.replace(month=1, day=1)),
        ):
            since = str(day or "")
            yield {
                "selected": chosen == (since, ""),
                "query_string": changelist.get_query_string(
                    {"since": since or None, "until": None}
                ),
                "display": title,
            }
        self.others = [
            (name, value)
            for name, values in changelist.filter_params.items()
            if name not in self.used_parameters
            for value in values
        ]
