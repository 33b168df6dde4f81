"""The table of Django's cache in a database, which makes none by a migration of its own."""

from django.db import migrations

MAKE = """
CREATE TABLE IF NOT EXISTS signin_attempts (
    cache_key varchar(255) PRIMARY KEY,
    value text NOT NULL,
    expires timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS signin_attempts_expires ON signin_attempts (expires);
"""


class Migration(migrations.Migration):
    dependencies = [("signin", "0001_initial")]

    operations = [migrations.RunSQL(MAKE, "DROP TABLE signin_attempts")]
