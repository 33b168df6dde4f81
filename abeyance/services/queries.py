"""Which services are connected, what may be read of them, and the one way to a connector."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings

from abeyance.errors import NotFound
from abeyance.rules.services import DataMap
from abeyance.services import addresses, maps
from abeyance.services.connector import Connector, relations_of
from abeyance.services.models import Service
from abeyance.services.postgres import access, grants
from abeyance.services.postgres.access import Access
from abeyance.services.postgres.connecting import connected
from abeyance.services.postgres.reading import PostgresConnector


@dataclass(frozen=True)
class Way:
    """Everything that is needed to open a connection, so that another thread can do it without our database."""

    held: DataMap
    connector: str
    dsn: str

    @contextmanager
    def opened(self) -> Iterator[Connector]:
        """Refuses (errors.Unsafe) a role that can read a secret or write."""
        relations = relations_of(self.connector)
        with connected(self.dsn) as connection:
            access.refuse_dangerous(connection, self.held, relations)
            yield PostgresConnector(connection, self.held, relations)


def services() -> list[Service]:
    return list(Service.objects.order_by("name"))


def service(name: str) -> Service:
    found = Service.objects.filter(name=name[:80], disconnected_at=None).first()
    if found is None:
        raise NotFound(f"There is no connected service {name[:80]!r}. `abeyance service list` shows them.")
    return found


def way_to(name: str) -> Way:
    """By the data map in force at this moment."""
    row = service(name)
    return Way(maps.in_force(row.name), row.connector, addresses.read(settings.ABEYANCE_HOME, row.address_file))


def check(name: str) -> tuple[DataMap, Access]:
    way = way_to(name)
    with connected(way.dsn) as connection:
        return way.held, access.look_at(connection, way.held, relations_of(way.connector))


def grants_for(name: str, *, role: str = grants.ROLE) -> str:
    """For a service that is not connected yet, by the map in force, or else the shipped one of that name."""
    row = Service.objects.filter(name=name[:80]).first()
    try:
        held: DataMap | None = maps.in_force(name)
    except NotFound:
        held = maps.shipped(name)
        if held is None:
            raise
    assert held is not None
    kind = row.connector if row else "synapse" if name == "synapse" else "postgres"
    return grants.script(held, relations_of(kind), role=role)
