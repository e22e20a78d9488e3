"""A name that old migrations depend on."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("notifications", "0008_index_together_recipient_unread")]
