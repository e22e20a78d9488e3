"""Where stored timelines are kept."""
