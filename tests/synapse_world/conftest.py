"""One Synapse for the tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.synapse_world import world


@pytest.fixture(scope="session")
def synapse() -> Iterator[world.World]:
    if reason := world.missing():
        pytest.skip(reason)
    with world.running() as made:
        yield made
