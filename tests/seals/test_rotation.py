from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest
from django.db import connection, transaction

from abeyance import seals
from abeyance.errors import NotFound, Unsafe
from abeyance.seals import client, disk, keyring, rotation, survivors
from abeyance.seals import keyholder as keyholder_process
from abeyance.seals.database import Database
from abeyance.seals.keyring import OpenRing
from abeyance.seals.ring import DigestKey
from tests.keyholding import kill, running_keyholder
from tests.seals.world import World, run, value

TODAY = date(2026, 7, 6)
YEAR = timedelta(days=366)


class PowerCut(BaseException):
    pass


def new_case(holder: str, jurisdiction: str | None = "HK") -> bytes:
    with transaction.atomic():
        seals.new_case_key(holder, jurisdiction)
    return seals.seal(holder, holder.encode(), place="p")


def erased(holder: str) -> None:
    with transaction.atomic():
        seals.erase(holder)


def opens(holder: str, sealed: bytes) -> bool:
    return seals.unseal(holder, sealed, place="p") == holder.encode()


def in_keys(home: Path) -> set[str]:
    return {path.name for path in (home / "keys").iterdir()} - {"making.lock", "held.lock"}


def open_ring(home: Path) -> OpenRing:
    return keyring.open_with(keyring.read(home), keyring.trial_opener(home))


@pytest.fixture
def database(world: World) -> Iterator[Database]:
    made = Database(keyholder_process.database_parameters(""))
    yield made
    made.close()


def test_a_run_keeps_what_lives_and_leaves_one_generation(keyholder: Popen[bytes], home: Path) -> None:
    sealed = {holder: new_case(holder, land) for holder, land in [("case:1", "HK"), ("case:2", None), ("case:3", "DE")]}
    erased("case:2")
    done = client.rotate(keep_digests_days=366)
    assert (done["generation"], done["wrapped"], done["survivors"], done["given_up"]) == (2, 2, 2, 0)
    assert opens("case:1", sealed["case:1"])
    assert opens("case:3", sealed["case:3"])
    with pytest.raises(NotFound):
        opens("case:2", sealed["case:2"])
    assert in_keys(home) == {"ring", "root.trial", "survivors.2"}
    assert [one.number for one in open_ring(home).ring.generations] == [2]
    assert value("SELECT count(*) FROM seals_casekey WHERE generation <> 2 OR fresh") == 0
    again = client.rotate(keep_digests_days=366)
    assert (again["generation"], again["wrapped"]) == (3, 2)
    assert in_keys(home) == {"ring", "root.trial", "survivors.3"}
    assert opens("case:1", sealed["case:1"])
    assert opens("case:4", new_case("case:4"))


CUTS = [
    (rotation, "_with_new_generation"),
    (rotation, "publish"),
    (rotation, "_wrap_all"),
    (rotation, "_wrap_batch"),
    (rotation, "_write_survivors"),
    (rotation, "_look_again"),
    (rotation, "_without_old_generations"),
    (rotation, "_forget_old_handovers"),
    (survivors, "destroy_all_but"),
    (disk, "shred"),
    (disk, "open_new"),
    (disk, "sync_folder"),
    (os, "link"),
    (Path, "replace"),
]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("cut", CUTS, ids=[name for _, name in CUTS])
def test_a_run_cut_off_anywhere_loses_nothing_and_is_finished_by_the_next_key_holder(
    world: World, home: Path, database: Database, monkeypatch: pytest.MonkeyPatch, cut: tuple[Any, str], when: str
) -> None:
    keyring.create_trial(home)
    with running_keyholder(home):
        first = new_case("case:1")
        client.rotate(keep_digests_days=366)
        client.disconnect()
    second, gone = new_case("case:2"), new_case("case:3")
    erased("case:3")
    old = open_ring(home).ring.generations[0]
    where, name = cut
    usual, at = getattr(where, name), random.Random(name + when).randint(1, 3)  # of several calls, one of the first

    def cut_off(*arguments: Any, **named: Any) -> Any:
        nonlocal at
        at -= 1
        if at == 0 and when == "before":
            raise PowerCut
        done = usual(*arguments, **named)
        if at == 0:
            if hasattr(done, "close"):
                done.close()
            raise PowerCut
        return done

    monkeypatch.setattr(where, name, cut_off)
    with suppress(PowerCut):
        rotation.rotate(home, open_ring(home), database, rotation.Wanted(TODAY, YEAR), lambda _: None)
    monkeypatch.undo()
    between = new_case("case:4")
    with running_keyholder(home):
        assert opens("case:1", first)
        _await_finished()
        for holder, sealed in [("case:1", first), ("case:2", second), ("case:4", between)]:
            assert opens(holder, sealed)
        with pytest.raises(NotFound):
            opens("case:3", gone)
        client.rotate(keep_digests_days=366)  # where the cut came before anything was made
        client.disconnect()
    ring = open_ring(home).ring
    assert len(ring.generations) == 1
    assert old not in ring.generations
    assert in_keys(home) == {"ring", "root.trial", f"survivors.{ring.current.number}"}


def _await_finished() -> None:
    until = time.monotonic() + 20
    while client.status()["erasure_run_unfinished"]:
        assert time.monotonic() < until, client.status()["trouble"]
        time.sleep(0.05)


def test_kills_at_any_moment_lose_nothing(world: World, home: Path) -> None:
    keyring.create_trial(home)
    sealed = {f"case:{n}": new_case(f"case:{n}") for n in range(60)}
    chance = random.Random(6)
    for _ in range(6):
        with running_keyholder(home) as holder:
            ask = threading.Thread(target=_rotate_unheard)
            ask.start()
            time.sleep(chance.random() * 0.15)
            kill(holder)
            ask.join()
    with running_keyholder(home):
        _await_finished()
        assert all(opens(holder, one) for holder, one in sealed.items())


def _rotate_unheard() -> None:
    with suppress(Exception):
        client._ask({"verb": "rotate", "keep_digests_days": 366}, again=False)
    client.disconnect()


def test_a_run_waits_for_a_transaction_that_seals_to_the_old_intake_key(keyholder: Popen[bytes]) -> None:
    ran: list[int] = []
    thread = threading.Thread(target=lambda: ran.append(client.rotate(keep_digests_days=366)["generation"]))
    with transaction.atomic():
        seals.new_case_key("case:1", "HK")
        thread.start()
        time.sleep(0.5)
        assert ran == []
        sealed = seals.seal("case:1", b"case:1", place="p")
    thread.join(20)
    assert ran == [2]
    assert value("SELECT generation FROM seals_casekey") == 2
    assert opens("case:1", sealed)


def test_others_go_on_sealing_during_runs(keyholder: Popen[bytes]) -> None:
    sealed: dict[str, bytes] = {}
    stop = threading.Event()

    def intake(name: int) -> None:
        number = 0
        while not stop.is_set():
            holder = f"case:{name}-{number}"
            sealed[holder] = new_case(holder)
            number += 1
        connection.close()

    threads = [threading.Thread(target=intake, args=[name]) for name in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        client.rotate(keep_digests_days=366)
    stop.set()
    for thread in threads:
        thread.join()
    client.rotate(keep_digests_days=366)
    assert len(sealed) > 20
    assert all(opens(holder, one) for holder, one in sealed.items())


def test_a_broken_row_keeps_the_old_keys_until_it_is_given_up(keyholder: Popen[bytes], home: Path) -> None:
    sealed = {holder: new_case(holder) for holder in ("case:1", "case:2")}
    run("UPDATE seals_casekey SET jurisdiction = 'DE' WHERE holder = 'case:1'")
    with pytest.raises(Unsafe, match=r"1 keys do not open \(case:1\)"):
        client.rotate(keep_digests_days=366)
    assert len(open_ring(home).ring.generations) == 2
    run("UPDATE seals_casekey SET jurisdiction = 'HK' WHERE holder = 'case:1'")
    assert client.rotate(keep_digests_days=366)["wrapped"] >= 0
    assert opens("case:1", sealed["case:1"])
    run("UPDATE seals_casekey SET jurisdiction = 'DE' WHERE holder = 'case:1'")
    assert client.rotate(keep_digests_days=366, give_up=True)["given_up"] == 1
    assert opens("case:2", sealed["case:2"])
    assert len(open_ring(home).ring.generations) == 1


def test_a_server_that_may_forget_is_refused_before_anything_is_made(keyholder: Popen[bytes], home: Path) -> None:
    new_case("case:1")
    run("ALTER ROLE postgres SET synchronous_commit = off")
    try:
        run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'abeyance-keys'")
        with pytest.raises(Unsafe, match="synchronous_commit"):
            client.rotate(keep_digests_days=366)
        assert keyring.read(home).public.current.number == 1
    finally:
        run("ALTER ROLE postgres RESET synchronous_commit")
    run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'abeyance-keys'")
    assert client.rotate(keep_digests_days=366)["generation"] == 2


def test_digest_keys_live_as_long_as_look_backs_and_no_longer() -> None:
    def dates(keys: list[int], today: int, keep: int) -> list[int]:
        start = date(2026, 1, 1)
        made = tuple(DigestKey.make(start + timedelta(days=day)) for day in keys)
        wanted = rotation.Wanted(start + timedelta(days=today), timedelta(days=keep))
        return [(key.made - start).days for key in rotation._kept_digest_keys(made, wanted)]

    assert dates([0], 30, 366) == [0]
    assert dates([0], 90, 366) == [0, 90]
    assert dates([0, 90], 455, 366) == [0, 90, 455]
    assert dates([0, 90], 457, 366) == [90, 457]
    assert dates([0], 10, 0) == [0]
    assert dates([0, 90], 100, 0) == [90]


def test_old_digests_are_found_in_a_later_epoch(world: World, home: Path, database: Database) -> None:
    keyring.create_trial(home)
    with running_keyholder(home):
        before = seals.digest("f", "v")
        client.disconnect()
    later = keyring.today() + timedelta(days=100)
    rotation.rotate(home, open_ring(home), database, rotation.Wanted(later, YEAR), lambda _: None)
    with running_keyholder(home):
        now = seals.digest("f", "v")
        assert now != before
        assert seals.digests_for_lookup("f", "v") == [now, before]


def test_survivors_are_found_by_their_name(tmp_path: Path) -> None:
    import hashlib

    names = [f"case:{n}" for n in range(1000)]
    records = sorted(
        (hashlib.sha256(name.encode()).digest(), bytes(59) + bytes([n % 256])) for n, name in enumerate(names)
    )
    assert survivors.write(tmp_path, 7, records) == 1000
    path = survivors.path_of(tmp_path, 7)
    assert all(survivors.find(path, name) == bytes(59) + bytes([n % 256]) for n, name in enumerate(names))
    assert survivors.find(path, "case:1000") is None
    assert survivors.find(tmp_path / "absent", "case:1") is None
