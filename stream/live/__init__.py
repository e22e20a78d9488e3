"""Live updates: a page hears of new notifications and new rows of the home feed as they come."""
