"""What pages, syndication, API and notifications share."""
