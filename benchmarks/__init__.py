"""Side-by-side measurements: this project, django-activity-stream and SQL by hand.

``python -m benchmarks --help`` lists the options, ``make bench`` runs all of it.
"""
