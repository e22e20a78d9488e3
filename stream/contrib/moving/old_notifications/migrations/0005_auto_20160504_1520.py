"""A name that old migrations depend on."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("notifications", "0004_auto_20150826_1508")]
