from __future__ import annotations

import os
import resource
import signal
import socket
import stat
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path
from subprocess import Popen

import pytest
from django.db import transaction

from abeyance import seals
from abeyance.errors import BadInput, Locked, NotFound, Unsafe
from abeyance.seals import client, keyring, signing, wire
from abeyance.seals.socket_place import address_of, socket_path
from tests.keyholding import kill, running_keyholder
from tests.seals.world import World, run, value


def sealed_case() -> bytes:
    with transaction.atomic():
        seals.new_case_key("case:1", "HK")
    return seals.seal("case:1", b"x", place="p")


def test_locked_refuses_what_needs_a_key_and_nothing_else(keyholder: Popen[bytes]) -> None:
    sealed = sealed_case()
    assert client.lock()["locked"] is True
    with pytest.raises(Locked, match="unlock"):
        seals.unseal("case:1", sealed, place="p")
    with pytest.raises(Locked):
        seals.digest("f", "v")
    again = seals.seal("case:1", b"y", place="p")
    assert client.unlock()["locked"] is False
    assert seals.unseal_many("case:1", [(sealed, "p"), (again, "p")]) == [b"x", b"y"]


def test_the_socket_and_the_folder_are_for_us_alone(keyholder: Popen[bytes], home: Path) -> None:
    assert stat.S_IMODE(socket_path(home).stat().st_mode) == 0o600
    assert stat.S_IMODE((home / "keys").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) & 0o066 for path in (home / "keys").glob("r*")} == {0}


def test_another_user_is_turned_away(keyholder: Popen[bytes], home: Path) -> None:
    """The check is of who connects: the file's mode is opened first."""
    if os.geteuid() != 0:
        pytest.skip("only root can act as another user")
    socket_path(home).chmod(0o666)
    (home / "run").chmod(0o711)
    script = "import os, socket; c = socket.socket(socket.AF_UNIX); {}; c.connect('keyholder.sock'); print(c.recv(999))"
    said = []
    for become in ("os.setuid(65534)", "c.settimeout(0.5)"):
        command = [sys.executable, "-c", script.format(become)]
        done = subprocess.run(command, capture_output=True, text=True, cwd=home / "run", timeout=20)
        said.append(done.stdout + done.stderr)
    assert "not its user" in said[0]
    assert "TimeoutError" in said[1]  # ourselves: it waits for a question


def test_a_second_key_holder_ends_with_a_sentence(keyholder: Popen[bytes], home: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "abeyance.seals.keyholder", "--home", str(home)],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert (done.returncode, done.stderr) == (1, f"A key holder is running already for {home}.\n")
    assert client.status()["locked"] is False


def test_a_killed_key_holder_is_replaced_and_clients_go_on(world: World, home: Path) -> None:
    with running_keyholder(home) as first:
        sealed = sealed_case()
        assert seals.unseal("case:1", sealed, place="p") == b"x"
        kill(first)
        assert socket_path(home).exists()
        with running_keyholder(home):
            assert seals.unseal("case:1", sealed, place="p") == b"x"


def test_it_ends_on_terminate_and_takes_its_socket_away_or_leaves_a_dead_one(world: World, home: Path) -> None:
    with running_keyholder(home) as first:
        first.send_signal(signal.SIGTERM)
        assert first.wait(10) == 0
    assert not client.is_running(home)


def test_with_trial_keys_a_command_starts_one_that_ends_when_idle(
    world: World, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "IDLE_SECONDS", 0.3)
    keyring.create_trial(home)
    sealed = sealed_case()
    assert seals.unseal("case:1", sealed, place="p") == b"x"
    assert client.is_running(home)
    time.sleep(1.5)
    assert client.is_running(home)  # this thread's connection keeps it
    client.disconnect()
    until = time.monotonic() + 10
    while client.is_running(home) and time.monotonic() < until:
        time.sleep(0.9)  # asking whether it runs counts as a client
    assert not client.is_running(home)
    assert not socket_path(home).exists()
    assert seals.unseal("case:1", sealed, place="p") == b"x"


def test_without_trial_keys_nothing_is_started(world: World, home: Path) -> None:
    keyring.create_with_passphrase(home, "correct horse battery staple")
    with pytest.raises(Locked, match="not running"):
        seals.digest("f", "v")
    assert sealed_case()


def test_no_core_dump_and_no_reading_of_its_memory(keyholder: Popen[bytes]) -> None:
    assert resource.prlimit(keyholder.pid, resource.RLIMIT_CORE) == (0, 0)
    said = Path(f"/proc/{keyholder.pid}/status").read_text()
    assert f"Uid:\t{os.geteuid()}" in said
    # A process that may not be dumped belongs to root in /proc, whoever runs it.
    assert Path(f"/proc/{keyholder.pid}/mem").stat().st_uid == 0


HOSTILE = [
    b"",
    b"\x00",
    b"GET / HTTP/1.1\r\n\r\n",
    b"\xff" * 64,
    struct.pack(">II", 2**31, 0),
    struct.pack(">II", 2, 2**31) + b"{}",
    struct.pack(">II", 2, 0) + b"{}",
    struct.pack(">II", 2, 0) + b"[]",
    struct.pack(">II", 4, 0) + b"nope",
    struct.pack(">II", 200_000, 0) + b"[" * 200_000,
    struct.pack(">II", 13, 3) + b'{"parts":[1]}' + b"abc",
    struct.pack(">II", 14, 0) + b'{"parts":[-1]}',
    struct.pack(">II", 16, 0) + b'{"parts":["aa"]}',
]


@pytest.mark.parametrize("bytes_sent", HOSTILE)
def test_hostile_bytes_do_not_end_it(keyholder: Popen[bytes], home: Path, bytes_sent: bytes) -> None:
    with socket.socket(socket.AF_UNIX) as channel, address_of(home) as address:
        channel.connect(address)
        channel.sendall(bytes_sent)
        channel.shutdown(socket.SHUT_WR)
        channel.settimeout(10)
        assert b"Traceback" not in channel.recv(10_000)
    assert client.status()["locked"] is False
    assert keyholder.poll() is None


@pytest.mark.parametrize(
    "question",
    [
        {"verb": "nothing"},
        {"verb": None},
        {"verb": "unseal"},
        {"verb": "unseal", "holder": 3, "places": []},
        {"verb": "unseal", "holder": "case:1", "places": ["p"]},
        {"verb": "file_key", "holder": "case:1", "place": "p"},
        {"verb": "package_key", "holder": "case:1", "place": "package:1", "act": "no uuid"},
        {"verb": "digests", "field": "", "value": "v"},
        {"verb": "digests", "field": "f", "value": "x" * 5000},
        {"verb": "rotate", "keep_digests_days": "1"},
        {"verb": "sign_checkpoint"},
    ],
)
def test_strange_questions_are_answered_with_a_sentence(keyholder: Popen[bytes], question: dict[str, object]) -> None:
    with pytest.raises((BadInput, NotFound)) as said:
        client._ask(question)
    assert str(said.value)
    assert client.status()["locked"] is False


def test_many_threads_at_once(keyholder: Popen[bytes]) -> None:
    sealed = sealed_case()
    opened: list[bytes] = []

    def ask() -> None:
        for _ in range(20):
            opened.extend(seals.unseal_many("case:1", [(sealed, "p")]))
        client.disconnect()

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert opened == [b"x"] * 320


def test_a_child_does_not_use_its_parents_connection(keyholder: Popen[bytes]) -> None:
    assert client.status()["locked"] is False
    mine = client._mine.channel
    child = os.fork()
    if child == 0:
        os._exit(0 if client.status()["locked"] is False and client._mine.channel is not mine else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert client._mine.channel is mine
    assert client.status()["locked"] is False


def test_a_database_that_went_away_is_a_sentence_and_then_forgotten(keyholder: Popen[bytes]) -> None:
    sealed = sealed_case()
    assert seals.unseal("case:1", sealed, place="p") == b"x"
    run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'abeyance-keys'")
    assert seals.unseal("case:1", sealed, place="p") == b"x"
    run("ALTER TABLE seals_casekey RENAME TO elsewhere")
    with pytest.raises(Unsafe, match="UndefinedTable"):
        seals.unseal("case:1", sealed, place="p")
    run("ALTER TABLE elsewhere RENAME TO seals_casekey")
    assert seals.unseal("case:1", sealed, place="p") == b"x"


def test_a_long_home_works_too(world: World, tmp_path: Path, settings: object) -> None:
    home = tmp_path / ("long" * 30)
    (home / "run").mkdir(parents=True)
    settings.ABEYANCE_HOME = home  # type: ignore[attr-defined]
    with running_keyholder(home):
        assert client.status()["locked"] is False
        client.disconnect()


CHECKPOINT = b"desk.example/log\n12\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"


def test_only_checkpoints_are_signed(keyholder: Popen[bytes]) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    signature = signing.sign_checkpoint(CHECKPOINT)
    Ed25519PublicKey.from_public_bytes(signing.log_public_key()).verify(signature, CHECKPOINT)
    assert signing.sign_checkpoint(CHECKPOINT) == signature
    for text in (
        b"",
        b"anything",
        CHECKPOINT[:-1],
        CHECKPOINT.replace(b"12", b"012"),
        CHECKPOINT + b"\n",
        b"\n" + CHECKPOINT,
    ):
        with pytest.raises(BadInput):
            signing.sign_checkpoint(text)


def test_the_intake_key_is_published_and_an_older_ring_is_refused(world: World, home: Path) -> None:
    with running_keyholder(home):
        for _ in range(100):
            if value("SELECT count(*) FROM seals_intakekey") == 1:
                break
            time.sleep(0.05)
        assert value("SELECT generation FROM seals_intakekey") == 1
    run("UPDATE seals_intakekey SET generation = 9")
    with running_keyholder(home):
        for _ in range(100):
            if said := client.status()["trouble"]:
                break
            time.sleep(0.05)
        assert "older than the database" in said


def test_a_frame_that_is_too_large_is_refused_before_it_is_sent(keyholder: Popen[bytes]) -> None:
    with pytest.raises(BadInput, match="too much"):
        client._ask({"verb": "sign_checkpoint"}, [bytes(wire.MOST_BYTES + 1)])
