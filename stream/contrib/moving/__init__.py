"""What a site has while it moves: apps in the place of old ones, and operations of migrations."""
