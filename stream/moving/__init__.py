"""Carrying the rows of other packages over: their tables, which rows can come, and comparing."""
