from django.db import migrations, models

import stream.jobs.models


class Migration(migrations.Migration):
    dependencies = [("stream_timelines", "0002_job_touched")]

    operations = [
        migrations.RemoveIndex("job", "stream_timelines_job_touched"),
        migrations.RenameField("job", "touched_at", "due_at"),
        migrations.AlterField(
            "job",
            "due_at",
            models.DateTimeField(
                default=stream.jobs.models.soon, null=True, verbose_name="next attempt"
            ),
        ),
        migrations.AddField(
            "job",
            "is_held",
            models.BooleanField(default=False, verbose_name="is being done"),
        ),
        migrations.AddIndex(
            "job", models.Index(fields=["due_at"], name="stream_timelines_job_due")
        ),
    ]
