from django.db import migrations


class Migration(migrations.Migration):
    """No table: the model is another face of that of stream.notifications."""

    initial = True
    dependencies = [("stream_notifications", "0001_initial")]
    operations = [
        migrations.CreateModel(
            name="Notification",
            fields=[],
            options={"proxy": True, "default_permissions": (), "indexes": [], "constraints": []},
            bases=("stream_notifications.notification",),
        ),
    ]
