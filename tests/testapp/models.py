"""Models with every kind of primary key and inheritance."""

import uuid

from django.conf import settings
from django.db import models

from follow.utils import register
from stream.utils import register_action_object, register_actor, register_target


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
    name = models.CharField(max_length=50, primary_key=True)

    def __str__(self):
        return self.name


@register(actor_only=False)
@register_target
class Stage(models.Model):
    """Does nothing itself: its followers want to see what is done to it."""

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
