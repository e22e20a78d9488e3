"""Making actions, and finding them: the streams."""
