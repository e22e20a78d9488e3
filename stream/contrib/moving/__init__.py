"""Moving from other packages: each of their rows, by one statement for each batch."""
