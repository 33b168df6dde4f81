from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("casefile", "0011_countries"),
    ]

    operations = [
        migrations.AlterField(
            model_name="release",
            name="exception",
            field=models.TextField(default=""),
        ),
    ]
