"""A file that somebody names is a plain one: nothing waits for a pipe, and nothing reads a device without an end."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from abeyance import givenfile
from abeyance.errors import BadInput
from abeyance.intake import taking
from abeyance.ledger import verifying
from abeyance.pauses import commands as pauses
from abeyance.people.directory import entry
from abeyance.policy import commands as policy
from abeyance.release.packaging import opening
from abeyance.site.keeping import manifest

READERS: tuple[Callable[[Path], Any], ...] = (
    lambda path: givenfile.content(path, 10),
    lambda path: verifying.verify_file(path, None),
    opening.check_package,
    pauses.document_of,
    policy.text_of,
    entry.entries_of,
    lambda path: taking.take_together([path], channel="file", by="operator", now=datetime.now(UTC)),
)


@pytest.fixture(autouse=True)
def _in_time() -> Iterator[None]:
    def late(*_: object) -> None:
        raise AssertionError("it waited")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def test_a_pipe_a_device_or_a_socket_is_refused_without_waiting(tmp_path: Path) -> None:
    pipe, name = tmp_path / "pipe", tmp_path / "s"
    os.mkfifo(pipe)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(name))
        for path in (pipe, Path("/dev/zero"), name):
            for read in READERS:
                with pytest.raises(BadInput, match=r"not a plain file|cannot be read"):
                    read(path)
    for read in READERS[2:]:
        with pytest.raises(BadInput, match="is a folder"):
            read(tmp_path)
    (taken,) = taking.take_each([pipe], channel="file", by="operator", now=datetime.now(UTC))
    assert (taken.arrived, "not a plain file" in taken.refused) == (None, True)


def test_a_folder_with_a_pipe_in_it_is_neither_a_publication_nor_a_backup(tmp_path: Path) -> None:
    for name in (verifying.RECEIPT, verifying.LIST, manifest.NAME):
        os.mkfifo(tmp_path / name)
    assert not verifying.verify_file(tmp_path, None).holds
    with pytest.raises(BadInput, match="not a backup"):
        manifest.read(tmp_path)


def test_a_plain_file_is_read_up_to_its_bound_also_behind_a_link(tmp_path: Path) -> None:
    file, link = tmp_path / "a", tmp_path / "b"
    file.write_bytes(b"x" * 100)
    link.symlink_to(file)
    assert [len(givenfile.content(each, 10)) for each in (file, link)] == [11, 11]
    assert givenfile.content(file, 1000) == b"x" * 100
    with pytest.raises(BadInput, match="No such file"):
        givenfile.content(tmp_path / "absent", 10)
