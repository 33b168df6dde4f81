"""What the portal's role reads of entries: public ones that a checkpoint covers, and of them what opens them. The salt
of whoever did it stays behind: with it, a few codes of members are soon tried."""

from django.db import migrations, models

MAKE = """
CREATE VIEW ledger_opened WITH (security_barrier) AS
SELECT e.id, substring(e.salt FROM 1 FOR 32) AS salt, e.content, p.index AS leaf
FROM ledger_entry e JOIN ledger_place p ON p.entry_id = e.id
WHERE e.public AND p.index < (SELECT max(size) FROM ledger_checkpoint)
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Opened",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("salt", models.BinaryField()),
                ("content", models.BinaryField()),
                ("leaf", models.BigIntegerField()),
            ],
            options={"db_table": "ledger_opened", "managed": False},
        ),
        migrations.RunSQL(MAKE, "DROP VIEW ledger_opened"),
    ]
