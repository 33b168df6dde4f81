"""Run by `home` in a process of its own: roles, database, migrations and grants, all as the owner."""

from __future__ import annotations

import os
import sys

from abeyance.errors import AbeyanceError, Unsafe
from abeyance.site import home, options


def main() -> int:
    try:
        bring_up_to_date()
    except AbeyanceError as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


def bring_up_to_date() -> None:
    import psycopg

    from abeyance.site import databases, roles

    place, settings = home.here(), options.load(os.environ)
    os.environ["ABEYANCE_PROCESS"] = "owner"
    try:
        databases.prepare(place, settings)
        _migrate()
        with databases.connect_as_owner(place, settings) as connection:
            roles.apply_grants(connection, databases.role_names(settings))
    except psycopg.Error as problem:
        said = str(problem).strip().splitlines()
        raise Unsafe(f"The database could not be set up: {said[0] if said else type(problem).__name__}.") from None


def _migrate() -> None:
    import django
    from django.core.management import call_command

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "abeyance.site.settings")
    django.setup()
    call_command("migrate", verbosity=0, interactive=False)


if __name__ == "__main__":
    sys.exit(main())
