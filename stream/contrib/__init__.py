"""The old names of other packages, and moving from them."""
