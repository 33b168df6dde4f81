"""What the portal's role reads of pauses: those that are announced and in force, without what is the desk's own."""

from django.db import migrations, models

MAKE = """
CREATE VIEW pauses_announced WITH (security_barrier) AS
SELECT id, name, version,
       (body - 'hold_release_meanwhile') || '{"reason": "-"}'::jsonb AS body,
       since_epoch, declared_epoch, declared_at, starts_at, change,
       NULL::bigint AS ended_epoch, NULL::timestamptz AS ended_at, NULL::timestamptz AS confirm_by,
       lifted, outcome, successor, closing_statement
FROM pauses_pauserow
WHERE ended_epoch IS NULL AND (starts_at IS NULL OR starts_at <= clock_timestamp())
"""


class Migration(migrations.Migration):
    dependencies = [("pauses", "0002_life")]

    operations = [
        migrations.CreateModel(
            name="Announced",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=64)),
                ("version", models.IntegerField()),
                ("body", models.JSONField()),
                ("since_epoch", models.BigIntegerField()),
                ("declared_epoch", models.BigIntegerField()),
                ("declared_at", models.DateTimeField()),
                ("starts_at", models.DateTimeField(null=True)),
                ("change", models.TextField(default="")),
                ("ended_epoch", models.BigIntegerField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                ("confirm_by", models.DateTimeField(null=True)),
                ("lifted", models.BooleanField(default=False)),
                ("outcome", models.CharField(default="", max_length=24)),
                ("successor", models.CharField(default="", max_length=64)),
                ("closing_statement", models.TextField(default="")),
            ],
            options={"db_table": "pauses_announced", "managed": False},
        ),
        migrations.RunSQL(MAKE, "DROP VIEW pauses_announced"),
    ]
