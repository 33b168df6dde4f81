from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("casefile", "0005_court_orders"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="demand",
            index=models.Index(
                condition=models.Q(("version__gt", 1), ("labels_agreed_by__isnull", True)),
                fields=["case"],
                name="demand_relabelled",
            ),
        ),
    ]
