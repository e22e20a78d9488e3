"""A name that old migrations depend on."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("notifications", "0002_auto_20150224_1134")]
