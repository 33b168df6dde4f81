"""The reading process: what it may not do, and what happens when it dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from abeyance.intake.reading import Limits, Part, Reading, ReadingProcess, read_many, reader
from tests.fuzz import corpus

ROOT = Path(__file__).parents[3]


@pytest.fixture
def mail(tmp_path: Path) -> Path:
    path = tmp_path / "mail.eml"
    path.write_bytes(corpus.SMALL_MAIL)
    return path


def test_a_process_out_of_time_is_killed_and_the_next_file_is_read(mail):
    with ReadingProcess(Limits(seconds=0.001)) as process:
        assert process.read(mail).marks == ("could not be read: took too long",)
        first = process.pid
        process.limits = Limits()
        assert process.read(mail).suggestions
        assert process.pid == first


def test_a_process_out_of_memory_ends_alone(mail):
    with ReadingProcess(Limits(memory=0)) as process:
        marks = " ".join(mark for reading in [process.read(mail)] for mark in (*reading.marks, reading.parts[0].mark))
        assert "could not be read" in marks or "memory" in marks
        process.limits = Limits()
        assert process.read(mail).suggestions


def test_a_dead_process_is_replaced(mail):
    with ReadingProcess() as process:
        assert process.read(mail).suggestions
        first = process.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        time.sleep(0.1)
        assert process.read(mail).suggestions
        assert process.pid != first


def test_nothing_is_left_running(mail):
    with ReadingProcess() as process:
        process.read(mail)
        pid = process.pid
    assert pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


class DiesOnTheOrder(ReadingProcess):
    """Dies whenever the part "m.eml > order.pdf" is read."""

    def _attempt(self, source: int, name: str, skip: list[str]) -> reader._Attempt:
        if "m.eml > order.pdf" not in skip:
            return reader._Attempt("crashed", "m.eml > order.pdf")
        return reader._Attempt("well", None, Reading((Part(name, "message/rfc822", 1, b""),)))


class AlwaysDies(ReadingProcess):
    def _attempt(self, source: int, name: str, skip: list[str]) -> reader._Attempt:
        return reader._Attempt("crashed", f"part {len(skip)}")


def test_what_it_died_on_is_left_out_in_the_next_attempt(mail):
    reading = DiesOnTheOrder().read(mail, "m.eml")
    assert reading.marks == ()
    assert reading.parts[0].size == mail.stat().st_size
    assert AlwaysDies().read(mail, "m.eml").marks == ("could not be read: reading it ended the reading process",)


@pytest.mark.parametrize(
    "deed",
    [
        "import socket; socket.socket()",
        "open('/tmp/abeyance-reading-test', 'w')",
        "import os; os.open('/tmp/abeyance-reading-test', os.O_CREAT | os.O_RDWR)",
        "import os; os.fork()",
        "import subprocess; subprocess.run(['true'])",
        "import os; os.remove('/etc/hostname')",
        "bytearray(1 << 30)",
    ],
)
def test_a_confined_process_may_read_and_no_more(deed):
    script = (
        "from abeyance.intake.reading import confinement, values\n"
        "confinement.confine(values.Limits(memory=64 << 20))\n"
        "open('/etc/hostname').read()\n"
        f"try:\n    {deed}\nexcept (PermissionError, MemoryError):\n    raise SystemExit(7)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, timeout=30, check=False)
    assert ended.returncode == 7, ended.stderr


def test_the_environment_of_the_desk_is_not_handed_on(mail, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://secret")
    with ReadingProcess() as process:
        process.read(mail)
        environment = Path(f"/proc/{process.pid}/environ")
        if environment.exists():
            assert b"secret" not in environment.read_bytes()


def test_hundreds_of_mails_do_not_pay_for_the_start(tmp_path: Path):
    paths = [tmp_path / f"{number}.eml" for number in range(100)]
    for path in paths:
        path.write_bytes(corpus.SMALL_MAIL)
    started = time.monotonic()
    readings = read_many(paths)
    assert time.monotonic() - started < 10
    assert all(reading.suggestions for reading in readings)
