"""``notify``, importable before apps are loaded. The app's ``ready()`` connects what it does."""

from django.dispatch import Signal

notify = Signal()
