"""The models of the old package without their tables, for what old migrations point to."""

import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

from stream.contrib.moving.stand_ins import NoRows, content_type_key


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("contenttypes", "__first__"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Notification",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("level", models.CharField(default="info", max_length=20)),
                (
                    "recipient",
                    models.ForeignKey(
                        settings.AUTH_USER_MODEL,
                        models.DO_NOTHING,
                        related_name="+",
                        db_constraint=False,
                    ),
                ),
                ("unread", models.BooleanField(default=True)),
                ("actor_content_type", content_type_key()),
                ("actor_object_id", models.CharField(max_length=255)),
                ("verb", models.CharField(max_length=255)),
                ("description", models.TextField(null=True)),
                ("target_content_type", content_type_key(null=True)),
                ("target_object_id", models.CharField(max_length=255, null=True)),
                ("action_object_content_type", content_type_key(null=True)),
                ("action_object_object_id", models.CharField(max_length=255, null=True)),
                ("timestamp", models.DateTimeField(default=django.utils.timezone.now)),
                ("public", models.BooleanField(default=True)),
                ("deleted", models.BooleanField(default=False)),
                ("emailed", models.BooleanField(default=False)),
                ("data", models.JSONField(null=True)),
            ],
            options={
                "db_table": "notifications_notification",
                "managed": False,
                "base_manager_name": "objects",
                "default_permissions": (),
            },
            managers=[
                ("objects", NoRows()),
            ],
        ),
    ]
