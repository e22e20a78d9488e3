"""Jobs: what must happen after a commit, and survives whoever does it.

A job is a row that is written with what makes it necessary, in the same transaction. Timelines have
jobs, and so have the channels of notifications; each has a table of its own.
"""
