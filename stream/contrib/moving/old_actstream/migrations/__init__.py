"""Migrations with the names of the old package, which make nothing."""
