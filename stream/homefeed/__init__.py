"""The stream of what a user follows, and where its rows are read from."""
