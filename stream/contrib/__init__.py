"""What sites name while they come from other packages. It may import everything, and nothing it."""
