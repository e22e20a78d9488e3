"""An app of a site that has a foreign key to notifications."""
