"""A database of our own, with the tables of seals and a stand-in for the release room's, whatever else is migrated."""

from __future__ import annotations

import os
from pathlib import Path
from uuid import UUID, uuid4

from django.core.management import call_command
from django.db import connection, connections

from abeyance.site.home import Home
from abeyance.site.postgres import PORT, Cluster


class World:
    """One server. `home` is the home under test; `use` points Django and the next key holder at this server."""

    def __init__(self, folder: Path) -> None:
        self.cluster = Cluster(folder)

    def start(self) -> None:
        Home(self.cluster.home).make_folders()
        self.cluster.join()

    def stop(self) -> None:
        connections.close_all()
        self.cluster.leave()

    def use(self) -> None:
        connections.close_all()
        said = {"HOST": str(self.cluster.sockets), "PORT": str(PORT), "USER": "postgres", "NAME": "postgres"}
        connection.settings_dict.update({**said, "PASSWORD": self.cluster.password(), "OPTIONS": {}})
        os.environ["ABEYANCE_DATABASE_KEYS"] = (
            f"postgresql://postgres:{self.cluster.password()}@/postgres?host={self.cluster.sockets}&port={PORT}"
        )

    def make_tables(self) -> None:
        call_command("migrate", "seals", verbosity=0, interactive=False)
        run("CREATE TABLE release_release (act uuid PRIMARY KEY, package_id uuid, made timestamptz, agency_key text)")


def run(statement: str, *arguments: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, list(arguments))


def value(statement: str, *arguments: object) -> object:
    with connection.cursor() as cursor:
        cursor.execute(statement, list(arguments))
        row = cursor.fetchone()
    return row[0] if row else None


def released(package: UUID, *, minutes_ago: int = 0) -> UUID:
    act = uuid4()
    run(
        "INSERT INTO release_release VALUES (%s, %s, clock_timestamp() - make_interval(mins => %s))",
        act,
        package,
        minutes_ago,
    )
    return act
