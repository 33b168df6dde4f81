import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("casefile", "0007_places_and_findings")]

    operations = [
        migrations.CreateModel(
            name="IncidentStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("step", models.CharField(max_length=24)),
                ("done_by", models.CharField(max_length=16, null=True)),
                ("done_at", models.DateTimeField(null=True)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="incident_steps", to="casefile.case"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["case", "step"], name="incident_step_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "step__in",
                                [
                                    "person-reached",
                                    "lawyer-sent",
                                    "counsel-called",
                                    "shut-out",
                                    "keys-rotated",
                                    "others-warned",
                                    "papers-kept",
                                ],
                            )
                        ),
                        name="incident_step_known",
                    ),
                ]
            },
        ),
    ]
