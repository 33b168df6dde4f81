"""One Synapse for the tests of this folder, and the role that the desk reads it with."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from abeyance.rules.services import DataMap
from tests.synapse_world import world


@pytest.fixture(scope="session")
def synapse() -> Iterator[world.World]:
    if reason := world.missing():
        pytest.skip(reason)
    with world.running() as made:
        yield made


@pytest.fixture(scope="session")
def held() -> DataMap:
    from abeyance.services import maps

    found = maps.shipped("synapse")
    assert found is not None
    return found


@pytest.fixture(scope="session")
def reader(synapse: world.World, held: DataMap) -> str:
    """The address of a role made by exactly what `abeyance service grants synapse` prints."""
    from abeyance.services.postgres import grants
    from abeyance.services.synapse import SYNAPSE

    password = secrets.token_hex(12)
    with synapse.superuser() as connection:
        connection.execute(grants.script(held, SYNAPSE).encode())
        connection.execute(f"ALTER ROLE {grants.ROLE} PASSWORD '{password}'".encode())
    return synapse.dsn_for(grants.ROLE, password)
