"""Models with every kind of primary key and inheritance."""

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from follow.utils import register
from stream.arc import Arc
from stream.arc.models import ArcModel, ArcQuerySet
from stream.utils import (
    register_action_object,
    register_actor,
    register_context,
    register_target,
)


class CollatedCharField(models.CharField):
    """Text with a collation for each kind of database: the tests have two at once."""

    def __init__(self, collations, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.collations = collations

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        return name, path, [self.collations, *args], kwargs

    def db_parameters(self, connection):
        return super().db_parameters(connection) | {"collation": self.collations[connection.vendor]}


@register
@register_target
@register_action_object
class Song(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    title = models.CharField(max_length=50)

    def __str__(self):
        return self.title


@register
@register_target
class Tag(models.Model):
    name = CollatedCharField(
        {"sqlite": "RTRIM", "postgresql": "POSIX", "mysql": "utf8mb4_general_ci"},
        max_length=50,
        primary_key=True,
    )

    def __str__(self):
        return self.name


@register(actor_only=False)
@register_context
class Stage(models.Model):
    """Does nothing itself: its followers want to see what happens there."""

    name = models.CharField(max_length=50)

    def __str__(self):
        return self.name


class Venue(models.Model):
    """Registered as target in ``ready()``."""

    name = models.CharField(max_length=50)

    def __str__(self):
        return self.name


class Studio(Venue):
    """A child of a registered model."""


@register_actor(field_name="actor_crew", related_name="crew_actions", on_delete=models.SET_NULL)
@register
class Crew(models.Model):
    """Registered with every option."""

    name = models.CharField(max_length=50)

    def __str__(self):
        return self.name


class RoadCrew(Crew):
    """A child registered itself, besides its parent."""


register_actor(RoadCrew)


class Orchestra(models.Model):
    """Not registered."""

    name = models.CharField(max_length=50)

    def __str__(self):
        return self.name


# Registered nowhere: a column for each makes all tests slower.


class Rest(models.Model):
    length = models.DurationField(primary_key=True)


class Price(models.Model):
    amount = models.DecimalField(max_digits=8, decimal_places=2, primary_key=True)


class Moment(models.Model):
    when = models.DateTimeField(primary_key=True)


class Host(models.Model):
    address = models.GenericIPAddressField(primary_key=True)


class Pitch(models.Model):
    hertz = models.FloatField(primary_key=True)


ODD_KEYS = [Rest, Price, Moment, Host, Pitch]

if not settings.DATABASES["default"]["ENGINE"].endswith("mysql"):  # no keys without a length

    class Sample(models.Model):
        data = models.BinaryField(primary_key=True)

    ODD_KEYS.append(Sample)


class CrewProxy(Crew):
    class Meta:
        proxy = True


# Keys that share a type with others in the database, but not in Python or not in their collation


class Serial:
    """A number that is no int, as the keys of django-hashid-field."""

    def __init__(self, number):
        self.number = int(number)

    def __eq__(self, other):
        return isinstance(other, Serial) and other.number == self.number

    def __hash__(self):
        return hash(("serial", self.number))

    def __str__(self):
        return f"no-{self.number}"


class SerialField(models.BigAutoField):
    def from_db_value(self, value, expression, connection):
        return None if value is None else Serial(value)

    def to_python(self, value):
        return value if value is None or isinstance(value, Serial) else Serial(value)

    def get_prep_value(self, value):
        return value.number if isinstance(value, Serial) else value


class Ticket(models.Model):
    id = SerialField(primary_key=True)
    name = models.CharField(max_length=50)


class Width(models.Model):
    amount = models.DecimalField(primary_key=True, max_digits=9, decimal_places=1)


class Weight(models.Model):
    amount = models.DecimalField(primary_key=True, max_digits=9, decimal_places=3)


@register
@register_target
class Label(models.Model):
    name = CollatedCharField(
        {"sqlite": "NOCASE", "postgresql": "C", "mysql": "utf8mb4_unicode_ci"},
        max_length=50,
        primary_key=True,
    )


class Box(ArcModel):
    """Holds one of them. Columns on actions would make their table a wide one for all tests."""

    item = Arc("item_%(model_name)s", related_name="+", register="Box.item.add")
    datetime = models.DateTimeField(default=timezone.now)

    objects = ArcQuerySet.as_manager()

    class Meta:
        app_label = "stream"  # or the checks would ask for migrations of this app

    @classmethod
    def check(cls, **kwargs):  # those of the app's migrations are made once, for Action
        return []


for _model in (Ticket, Width, Weight, Tag, Label, Stage):
    Box.item.add(_model)
