from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest
from django.db import connection, connections

from abeyance.seals import client
from tests.keyholding import running_keyholder
from tests.seals.world import World, run


@pytest.fixture(scope="session")
def short_folder() -> Iterator[Path]:
    """Reachable for the server's own user, and short enough for a socket."""
    folder = Path(tempfile.mkdtemp(prefix="seals-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def server(short_folder: Path) -> Iterator[World]:
    world = World(short_folder / "s")
    world.start()
    yield world
    world.stop()


@pytest.fixture
def elsewhere(django_db_blocker: Any) -> Iterator[None]:
    """Lets a test use another database than the suite's, and puts everything back."""
    said, address = dict(connection.settings_dict), os.environ.get("ABEYANCE_DATABASE_KEYS")
    with django_db_blocker.unblock():
        yield
        connections.close_all()
    connection.settings_dict.clear()
    connection.settings_dict.update(said)
    if address is None:
        os.environ.pop("ABEYANCE_DATABASE_KEYS", None)
    else:
        os.environ["ABEYANCE_DATABASE_KEYS"] = address


@pytest.fixture
def world(server: World, elsewhere: None) -> World:
    server.use()
    run("DROP SCHEMA public CASCADE")
    run("CREATE SCHEMA public")
    server.make_tables()
    return server


@pytest.fixture
def home(tmp_path: Path, settings: Any) -> Iterator[Path]:
    settings.ABEYANCE_HOME = tmp_path
    (tmp_path / "run").mkdir()
    yield tmp_path
    client.disconnect()


@pytest.fixture
def keyholder(world: World, home: Path) -> Iterator[Popen[bytes]]:
    """A key holder with trial keys, unlocked."""
    with running_keyholder(home) as holder:
        yield holder
