"""Promise 7: after an erasure run, a backup and its write-ahead log from before it do not open the erased case.

The same copy is tried twice: before the run it opens (else the test would prove nothing), after it nothing that still
exists opens it.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection, transaction

from abeyance import seals
from abeyance.errors import NotFound, Unsafe
from abeyance.seals import casekeys, client, keyring, rows
from abeyance.seals.ring import Generation
from tests.keyholding import running_keyholder
from tests.seals.world import World, run, value

HOLDERS = ("case:erased", "case:lives", "case:fresh-erased", "case:fresh-lives")
ERASED = ("case:erased", "case:fresh-erased")


@pytest.fixture
def folder(short_folder: Path) -> Path:
    made = short_folder / uuid4().hex[:6]
    made.mkdir(mode=0o711)
    return made


@pytest.fixture
def live(folder: Path, elsewhere: None, home: Path) -> Iterator[World]:
    world = World(folder / "live")
    world.start()
    world.use()
    world.make_tables()
    run("CREATE TABLE stored (holder text PRIMARY KEY, sealed bytea)")
    yield world
    world.stop()


def store(holder: str) -> None:
    with transaction.atomic():
        seals.new_case_key(holder, "HK")
        run("INSERT INTO stored VALUES (%s, %s)", holder, seals.seal(holder, holder.encode(), place="p"))


def opened(holder: str) -> bool:
    sealed = value("SELECT sealed FROM stored WHERE holder = %s", holder)
    assert isinstance(sealed, memoryview | bytes)
    try:
        return seals.unseal(holder, bytes(sealed), place="p") == holder.encode()
    except (NotFound, Unsafe):
        return False


def copy_of(world: World, folder: Path) -> World:
    """Data and write-ahead log as they lie on the stopped server's disk."""
    world.stop()
    (folder / "secrets").mkdir(parents=True)
    folder.chmod(0o711)
    subprocess.run(["cp", "-a", str(world.cluster.folder), str(folder / "pg")], check=True)
    shutil.copy(world.cluster.password_file, folder / "secrets")
    world.start()
    world.use()
    return World(folder)


def what_opens(world: World, home: Path) -> set[str]:
    """With the key ring as it is now."""
    world.start()
    world.use()
    try:
        with running_keyholder(home):
            found = {holder for holder in HOLDERS if opened(holder)}
            client.disconnect()
        return found
    finally:
        world.stop()


def keys_that_exist(home: Path) -> list[bytes]:
    file = keyring.read(home)
    ring = keyring.open_with(file, keyring.trial_opener(home)).ring
    return [key for one in ring.generations for key in (one.epoch_key, one.intake_private)]


def test_a_backup_from_before_does_not_open_an_erased_case(live: World, home: Path, folder: Path) -> None:
    with running_keyholder(home):
        store("case:erased")
        store("case:lives")
        client.rotate(keep_digests_days=366)  # these two are wrapped; the next two are still sealed to the intake key
        store("case:fresh-erased")
        store("case:fresh-lives")
        client.disconnect()
    before = copy_of(live, folder / "before")
    assert list((before.cluster.data / "pg_wal").glob("0*"))
    control = copy_of(live, folder / "control")

    # The control: before the run, this very copy opens everything.
    assert what_opens(control, home) == set(HOLDERS)
    ring_before = (home / "keys" / "ring").read_bytes()
    keys_before = keys_that_exist(home)

    live.use()
    with running_keyholder(home):
        for holder in ERASED:
            with transaction.atomic():
                seals.erase(holder)
        client.disconnect()
    # Between erasing and the run, the key is still in backups: that is what the run is for.
    between = copy_of(live, folder / "between")
    live.use()
    with running_keyholder(home):
        client.rotate(keep_digests_days=366)
        assert {holder for holder in HOLDERS if opened(holder)} == set(HOLDERS) - set(ERASED)
        client.disconnect()

    old_rows = rows_of(before)
    assert what_opens(before, home) == set(HOLDERS) - set(ERASED)
    assert what_opens(between, home) == set(HOLDERS) - set(ERASED)
    assert all(some_key_opens(row, keys_before) for row in old_rows)
    assert not any(some_key_opens(row, keys_that_exist(home)) for row in old_rows if row.holder in ERASED)

    # And the control once more: a copy of the ring that somebody kept opens it, which is why copies live K days only.
    (home / "keys" / "ring").write_bytes(ring_before)
    assert "case:erased" in what_opens(control, home)


def test_a_restored_desk_can_rotate_and_the_erased_stay_erased(live: World, home: Path, folder: Path) -> None:
    with running_keyholder(home):
        store("case:erased")
        store("case:lives")
        client.disconnect()
    before = copy_of(live, folder / "older")
    live.use()
    with running_keyholder(home):
        with transaction.atomic():
            seals.erase("case:erased")
        client.rotate(keep_digests_days=366)
        client.disconnect()
    live.stop()
    before.start()
    before.use()
    store("case:fresh-lives")  # before any key holder ran here: sealed to the ring's key, not to the row's
    with running_keyholder(home):
        assert opened("case:lives")
        assert opened("case:fresh-lives")
        done = client.rotate(keep_digests_days=366)
        assert (done["wrapped"], done["erased_before"]) == (2, 1)
        assert opened("case:lives")
        assert opened("case:fresh-lives")
        assert not opened("case:erased")
        client.disconnect()
    before.stop()
    live.start()


def rows_of(world: World) -> list[casekeys.CaseRow]:
    world.start()
    world.use()
    with connection.cursor() as cursor:
        found = [rows.case_row(cursor, holder) for holder in HOLDERS]
    world.stop()
    return [row for row in found if row is not None]


def some_key_opens(row: casekeys.CaseRow, keys: list[bytes]) -> bool:
    """As an epoch key or as an intake key, whichever the row says or not."""
    tries = [Generation(row.generation, key, key) for key in keys]
    return any(casekeys.private_key(one, replace(row, fresh=fresh)) for one in tries for fresh in (True, False))
