"""The tables of the floor: as narrow as they can be, with the one index that a page needs."""

from django.db import models


class FloorEntry(models.Model):
    """An action on a user's timeline."""

    pk = models.CompositePrimaryKey("user_id", "datetime", "action_id")
    user_id = models.BigIntegerField()
    datetime = models.DateTimeField()
    action_id = models.BigIntegerField()

    class Meta:
        db_table = "bench_entry"

    def __str__(self) -> str:
        return f"{self.user_id}: {self.action_id}"
