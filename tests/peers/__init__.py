"""The test suites of other packages, run unmodified against their old names here.

``python -m tests.peers actstream`` fetches the source distribution from the package index into a
temporary folder, lets the package's import name stand for our old names in this process alone, runs
its tests, and prints a table of what passes and why the others do not. Nothing of it is kept.
"""
