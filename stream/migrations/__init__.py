"""No migrations: they belong to the project. Importing this package says what to write."""

from stream.arc.checks import refuse_own_migrations

refuse_own_migrations("stream")
