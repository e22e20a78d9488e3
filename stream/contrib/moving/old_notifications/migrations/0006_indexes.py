"""A name that old migrations depend on."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("notifications", "0005_auto_20160504_1520")]
