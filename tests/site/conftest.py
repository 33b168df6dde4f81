from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.site.homes import Home, make_home


@pytest.fixture
def home() -> Iterator[Home]:
    made = make_home()
    yield made
    made.remove()
    shutil.rmtree(made.path.parent, ignore_errors=True)


@pytest.fixture(scope="session")
def ready() -> Iterator[Home]:
    """A home that was set up once, for tests that leave it as it is."""
    made = make_home()
    made.run("member", "list")
    yield made
    made.remove()
    shutil.rmtree(made.path.parent, ignore_errors=True)
