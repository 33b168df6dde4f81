"""A second PostgreSQL, copied from the suite's, that a test may stop as hard as it likes."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, connections

from abeyance.site import home
from abeyance.site.postgres import PORT, SUPERUSER, Cluster


class Stop(Enum):
    IMMEDIATE = "pg_ctl stop -m immediate"
    KILLED = "SIGKILL of the postmaster"


@contextmanager
def own_server() -> Iterator[Cluster]:
    """Inside, Django's connections lead to the copy."""
    if settings.ABEYANCE.database_url:
        pytest.skip("an outside server is not copied and not stopped")
    path = Path(tempfile.mkdtemp(prefix="abe-"))  # short and reachable, as in `tests/server.py`
    path.chmod(0o711)
    try:
        cluster = _copied(home.here().cluster, path)
        cluster.join()
        try:
            with _connected_to(cluster):
                yield cluster
        finally:
            cluster.leave()
    finally:
        shutil.rmtree(path, ignore_errors=True)


def stop(cluster: Cluster, how: Stop) -> None:
    """Without a checkpoint, a goodbye or a rollback: what comes back is what the log on the disk holds."""
    postmaster = int((cluster.data / "postmaster.pid").read_text().split()[0])
    if how is Stop.KILLED:
        os.kill(postmaster, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while cluster.answers():  # the kernel takes a moment
            assert time.monotonic() < deadline, "a killed server still answers"
            time.sleep(0.005)
    else:
        said = cluster.user.run(
            [cluster.program("pg_ctl"), "stop", "-w", "-s", "-m", "immediate", "-D", cluster.data], timeout=30
        )
        assert said.returncode == 0, said.stdout


def _copied(source: Cluster, path: Path) -> Cluster:
    copy = Cluster(path)
    for folder in (copy.folder, path / "run", copy.password_file.parent):
        folder.mkdir(mode=0o711)
    shutil.copy(source.password_file, copy.password_file)
    shutil.copy(source.folder / "version", copy.folder / "version")
    (copy.folder / source.version).symlink_to(source.folder / source.version)
    where = ["-h", source.sockets, "-p", str(PORT), "-U", SUPERUSER, "-D", copy.data]
    subprocess.run(
        [source.program("pg_basebackup"), *where, "--checkpoint=fast", "--no-sync", "--no-manifest"],
        env={"PGPASSWORD": source.password(), "PATH": os.environ["PATH"]},
        check=True,
        capture_output=True,
    )
    source.user.own(copy.data, *copy.data.rglob("*"))
    return copy


@contextmanager
def _connected_to(cluster: Cluster) -> Iterator[None]:
    before = connection.settings_dict["HOST"]
    connections.close_all()
    connection.settings_dict["HOST"] = str(cluster.sockets)
    try:
        yield
    finally:
        connections.close_all()
        connection.settings_dict["HOST"] = before
