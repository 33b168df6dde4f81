from django.db import migrations, models

FILL = """
UPDATE casefile_case c SET countries = d.codes
FROM (SELECT case_id, string_agg(DISTINCT jurisdiction, ',' ORDER BY jurisdiction) AS codes FROM casefile_demand
    WHERE jurisdiction IS NOT NULL GROUP BY case_id) d
WHERE d.case_id = c.id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("casefile", "0010_added_later"),
    ]

    operations = [
        migrations.AddField(
            model_name="case",
            name="countries",
            field=models.TextField(default=""),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["countries"], name="case_countries"),
        ),
        # Else the first lists are planned without knowing how many requests a country has.
        migrations.RunSQL("ANALYZE casefile_case", migrations.RunSQL.noop),
    ]
