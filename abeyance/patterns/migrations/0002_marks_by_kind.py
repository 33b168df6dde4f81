from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("patterns", "0001_initial"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="markrow",
            name="mark_digest",
        ),
        migrations.AddIndex(
            model_name="markrow",
            index=models.Index(fields=["digest", "kind"], include=["case"], name="mark_digest_kind"),
        ),
    ]
