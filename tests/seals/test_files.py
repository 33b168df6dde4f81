from __future__ import annotations

import hashlib
import io
import os
import tracemalloc
from pathlib import Path
from subprocess import Popen
from uuid import uuid4

import pytest
from django.db import transaction

from abeyance import seals
from abeyance.errors import BadInput, NotFound, Refused, Unsafe
from abeyance.seals.segments import HEADER, SEGMENT, STORED
from tests.seals.world import released, run

PLACE = "document:1"


@pytest.fixture(autouse=True)
def case(keyholder: Popen[bytes]) -> None:
    with transaction.atomic():
        seals.new_case_key("case:1", "HK")


def sealed(tmp_path: Path, plain: bytes, place: str = PLACE) -> Path:
    target = tmp_path / f"{uuid4().hex}.sealed"
    made = seals.seal_file("case:1", io.BytesIO(plain), target, place=place)
    assert made == seals.FileSeal(len(plain), hashlib.sha256(plain).digest())
    return target


def opened(path: Path, place: str = PLACE, start: int = 0) -> bytes:
    return b"".join(seals.unseal_file("case:1", path, place=place, start=start))


@pytest.mark.parametrize("size", [0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 2 * SEGMENT, 3 * SEGMENT + 17])
def test_a_file_of_any_size_comes_back(tmp_path: Path, size: int) -> None:
    plain = os.urandom(size)
    path = sealed(tmp_path, plain)
    assert opened(path) == plain
    assert path.stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.glob(".*.part"))


def test_reading_may_start_anywhere(tmp_path: Path) -> None:
    plain = os.urandom(2 * SEGMENT + 100)
    path = sealed(tmp_path, plain)
    for start in (0, 1, SEGMENT - 1, SEGMENT, 2 * SEGMENT, 2 * SEGMENT + 99, 2 * SEGMENT + 100):
        assert opened(path, start=start) == plain[start:]
    for beyond in (-1, 4 * SEGMENT):
        with pytest.raises(BadInput):
            opened(path, start=beyond)


def test_a_file_that_was_cut_moved_or_changed_is_noticed(tmp_path: Path) -> None:
    stored = sealed(tmp_path, b"a" * (3 * SEGMENT)).read_bytes()
    head, body = stored[:HEADER], stored[HEADER:]
    first, second, third = body[:STORED], body[STORED : 2 * STORED], body[2 * STORED :]
    path = tmp_path / "changed"
    path.write_bytes(head + first + second + third)
    assert opened(path) == b"a" * (3 * SEGMENT)
    changed = bytearray(stored)
    changed[HEADER + STORED + 5] ^= 1
    bad = [head + first + second, head + second + first + third, head + first + third, stored[:-1], stored + b"x"]
    bad += [head + first + second + third + third, head, b"", b"x" * len(stored), bytes(HEADER) + body, bytes(changed)]
    for data in bad:
        path.write_bytes(data)
        with pytest.raises((Unsafe, BadInput)):
            opened(path)


def test_a_file_opens_in_its_place_and_for_its_holder_only(tmp_path: Path) -> None:
    path = sealed(tmp_path, b"x")
    with transaction.atomic():
        seals.new_case_key("case:2", "HK")
    assert opened(path) == b"x"
    with pytest.raises(Unsafe):
        opened(path, place="document:2")
    with pytest.raises(Unsafe):
        seals.unseal_file("case:2", path, place=PLACE)
    with pytest.raises(NotFound):
        seals.unseal_file("case:1", tmp_path / "absent", place=PLACE)


def test_a_sealed_file_is_never_replaced_and_a_failed_one_leaves_nothing(tmp_path: Path) -> None:
    path = sealed(tmp_path, b"first")
    with pytest.raises(BadInput, match="never replaced"):
        seals.seal_file("case:1", io.BytesIO(b"second"), path, place=PLACE)
    assert opened(path) == b"first"

    class Fails(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError(28, "No space left on device")

    with pytest.raises(Unsafe, match="No space"):
        seals.seal_file("case:1", Fails(), tmp_path / "other", place=PLACE)
    assert not (tmp_path / "other").exists()
    assert not list(tmp_path.glob(".*.part"))


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    class Zeros(io.RawIOBase):
        left = 64 * SEGMENT

        def read(self, size: int = -1) -> bytes:
            taken = min(size, self.left)
            self.left -= taken
            return bytes(taken)

    tracemalloc.start()
    try:
        seals.seal_file("case:1", Zeros(), tmp_path / "big", place=PLACE)  # type: ignore[arg-type]
        assert sum(len(piece) for piece in seals.unseal_file("case:1", tmp_path / "big", place=PLACE)) == 64 * SEGMENT
        assert tracemalloc.get_traced_memory()[1] < 12 * 2**20
    finally:
        tracemalloc.stop()


def test_a_package_opens_for_its_committed_release_once_and_for_nothing_else(tmp_path: Path) -> None:
    package = uuid4()
    place = f"package:{package}"
    path = sealed(tmp_path, b"what was asked", place)
    with pytest.raises(BadInput, match="release"):
        seals.unseal_file("case:1", path, place=place)
    with pytest.raises(Unsafe):
        opened(path)  # a place that is no package's does not help
    act = released(package)
    assert b"".join(seals.open_package("case:1", path, place=place, release_act=act)) == b"what was asked"
    for wrong in (
        act,
        uuid4(),
        released(uuid4()),
        released(package, minutes_ago=11),
        released(package, minutes_ago=-5),
    ):
        with pytest.raises(Refused) as refused:
            seals.open_package("case:1", path, place=place, release_act=wrong)
        assert refused.value.reasons[0].code == ("release-used" if wrong == act else "no-release")
    again = released(package)
    assert b"".join(seals.open_package("case:1", path, place=place, release_act=again, start=5)) == b"was asked"


def test_a_release_that_is_not_committed_opens_nothing(tmp_path: Path) -> None:
    package = uuid4()
    path = sealed(tmp_path, b"x", f"package:{package}")
    with transaction.atomic():
        act = released(package)
        with pytest.raises(Refused):
            seals.open_package("case:1", path, place=f"package:{package}", release_act=act)
    assert b"".join(seals.open_package("case:1", path, place=f"package:{package}", release_act=act)) == b"x"


def test_a_release_for_a_key_that_does_not_open_is_not_used_up(tmp_path: Path) -> None:
    package = uuid4()
    place, act = f"package:{package}", released(package)
    other = sealed(tmp_path, b"x", f"package:{uuid4()}")
    with pytest.raises(Unsafe):
        seals.open_package("case:1", other, place=place, release_act=act)
    path = sealed(tmp_path, b"y", place)
    assert b"".join(seals.open_package("case:1", path, place=place, release_act=act)) == b"y"


def test_a_database_that_may_forget_gives_no_package(tmp_path: Path) -> None:
    package = uuid4()
    path, act = sealed(tmp_path, b"x", f"package:{package}"), released(package)
    run("ALTER ROLE postgres SET synchronous_commit = off")
    try:
        # The key holder's next connection has the bad setting.
        run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'abeyance-keys'")
        with pytest.raises(Unsafe, match="synchronous_commit"):
            seals.open_package("case:1", path, place=f"package:{package}", release_act=act)
    finally:
        run("ALTER ROLE postgres RESET synchronous_commit")
