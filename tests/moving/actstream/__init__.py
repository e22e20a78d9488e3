"""A site with the old names of django-activity-stream: ``test_old_names_of_actstream`` runs it."""
