"""What a site says of a model, its own or another app's: ``stream.py`` in an app, as ``admin.py``.

``@register("shop.Product")`` on a subclass of ``ModelOptions``.
"""

from stream.arc.options import ModelOptions, options_of, register

__all__ = ["ModelOptions", "options_of", "register"]
