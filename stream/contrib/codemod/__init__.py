"""``python -m stream.contrib.codemod PATH…``: code of old packages becomes code of this one.

Nothing here imports Django: it reads the files of a site, which need not run.
"""
