"""Routers of databases."""


class Primary:
    """Writes to the default database, whichever replica a row was read from."""

    def db_for_write(self, model, **hints):
        return "default"

    def allow_relation(self, *objects, **hints):
        return True
