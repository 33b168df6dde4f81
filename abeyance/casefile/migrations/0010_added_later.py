from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("casefile", "0009_clocks_with_long_names"),
    ]

    operations = [
        migrations.AddField(
            model_name="item",
            name="asked_at",
            field=models.DateTimeField(null=True),
        ),
    ]
