from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("casefile", "0005_court_orders"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="demand",
            index=models.Index(
                condition=models.Q(("labels_agreed_by__isnull", True), ("version__gt", 1)),
                fields=["case"],
                name="demand_relabelled",
            ),
        ),
    ]
