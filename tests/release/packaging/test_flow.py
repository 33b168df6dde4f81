"""A writer read as a file: no deadlock, and half a package never looks like a whole one."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from threading import active_count
from typing import BinaryIO

import pyrage
import pytest

from abeyance.release.packaging import Flow, check_package, write_package
from tests.release.packaging.world import contents, table


def test_a_package_flows_into_age_and_comes_out_whole_and_the_end_stays_the_end() -> None:
    identity, out = pyrage.x25519.Identity.generate(), io.BytesIO()
    rows = ((n, f"name {n}") for n in range(50_000))
    with Flow(lambda target: write_package(target, contents(table("accounts", ["n", "name"], rows)))) as source:
        pyrage.encrypt_io(source, out, [identity.to_public()])
        assert [source.read(10), source.read(10)] == [b"", b""]
        written = source.result
    package = pyrage.decrypt(out.getvalue(), [identity])
    assert len(package) == written.size
    assert check_package(io.BytesIO(package)).rows == (("accounts", 50_000),)


def test_a_writer_that_fails_fails_the_reader_however_often_it_asks() -> None:
    def write(target: BinaryIO) -> None:
        target.write(b"x" * 3_000_000)
        raise ConnectionResetError("the service went away")

    with Flow(write) as source:
        with pytest.raises(ConnectionResetError):
            source.read()
        with pytest.raises(ValueError, match="not read to its end"):
            _ = source.result


def test_a_reader_that_leaves_stops_the_writer() -> None:
    before, stopped = active_count(), []

    def write(target: BinaryIO) -> None:
        try:
            while True:
                target.write(b"x" * 2**20)
        finally:
            stopped.append(True)

    with Flow(write) as source:
        assert source.read(3) == b"xxx"
    assert stopped
    assert active_count() == before


def lying_in(folder: Path) -> list[bytes]:
    """What this process has open in the folder, also without a name."""
    found = []
    for link in Path("/proc/self/fd").iterdir():
        if link.is_symlink() and os.readlink(link).startswith(str(folder)):
            found.append(link.read_bytes())
    return found


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="no /proc to look at open files in")
def test_nothing_readable_lies_in_the_spool_folder_while_a_package_is_written(tmp_path: Path) -> None:
    mark, seen = b"planted-string-in-a-cell", []

    def rows() -> Iterator[tuple[int, str]]:
        for number in range(250_000):
            if number == 249_999:
                seen.extend(lying_in(tmp_path))
            yield (number, mark.decode())

    write_package(lambda piece: None, contents(table("x", ["n", "mark"], rows())), level=0, spool=tmp_path)
    assert sum(map(len, seen)) > 2**20
    assert not any(mark in content for content in seen)
    assert list(tmp_path.iterdir()) == []
    with tempfile.TemporaryFile(dir=tmp_path) as control:  # the same look finds what is not sealed
        control.write(mark)
        control.flush()
        assert lying_in(tmp_path) == [mark]
