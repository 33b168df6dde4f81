import django.db.models
from django.db import migrations, models


def first_row(apps: object, schema_editor: object) -> None:
    apps.get_model("fence", "Fence").objects.create(id=1, epoch=0)  # type: ignore[attr-defined]


class Migration(migrations.Migration):
    initial = True
    dependencies = ()
    operations = [
        migrations.CreateModel(
            name="Fence",
            fields=[
                ("id", models.SmallIntegerField(primary_key=True, serialize=False)),
                ("epoch", models.BigIntegerField(default=0)),
            ],
            options={
                "constraints": [models.CheckConstraint(condition=django.db.models.Q(("id", 1)), name="fence_one_row")]
            },
        ),
        migrations.RunPython(first_row, migrations.RunPython.noop),
    ]
