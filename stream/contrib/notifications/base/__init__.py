"""The module ``base`` of the old package."""
