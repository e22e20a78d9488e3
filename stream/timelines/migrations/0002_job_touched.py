from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("stream_timelines", "0001_initial")]

    operations = [
        migrations.AddIndex(
            "job", models.Index(fields=["touched_at"], name="stream_timelines_job_touched")
        ),
    ]
