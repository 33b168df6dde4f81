"""A home on good and bad ground: users, disks, versions, kills."""

from __future__ import annotations

import os
import pwd
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from abeyance.site.in_use import Users, alone
from tests.site.homes import Home, is_running, make_home, wait_until

NOBODY = 65534
IS_ROOT = os.geteuid() == 0


@pytest.fixture
def ordinary() -> Iterator[Home]:
    """The home of a user who is not root, run by a Python that this user may run."""
    made = make_home()
    if IS_ROOT:
        os.chown(made.path.parent, NOBODY, NOBODY)
        made.user, made.python = NOBODY, python_for(NOBODY)
    yield made
    made.remove()
    shutil.rmtree(made.path.parent, ignore_errors=True)


def python_for(user: int) -> str:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for path in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        try:
            subprocess.run([path, "-c", "pass"], user=user, group=user, extra_groups=[], check=True, cwd="/")
        except (OSError, subprocess.CalledProcessError):
            continue
        return path
    pytest.skip(f"no {version} that an ordinary user may run")


def test_an_ordinary_user_has_a_home_that_nobody_else_enters(ordinary: Home) -> None:
    assert len(ordinary.json("member", "list")) == 2
    assert ordinary.path.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_uid for path in ordinary.path.rglob("*")} == {ordinary.path.stat().st_uid}
    ordinary.run("ledger", "check")


@pytest.mark.skipif(not IS_ROOT, reason="only root hands the server to another user")
def test_root_hands_the_server_to_another_user_who_sees_only_the_data(ready: Home) -> None:
    owner = (ready.path / "pg" / "data").stat().st_uid
    assert pwd.getpwuid(owner).pw_name in {"postgres", "nobody"}
    for name in ("secrets", "keys", "ledger", "documents", "packages", "log", "credentials"):
        found = (ready.path / name).stat()
        assert (found.st_uid, found.st_mode & 0o777) == (0, 0o700), name


@pytest.mark.skipif(not IS_ROOT, reason="only root hands the server to another user")
def test_a_home_that_the_servers_user_cannot_reach_is_named(home: Home) -> None:
    home.path.parent.chmod(0o700)
    said = home.run("member", "list", code=1).stderr
    assert str(home.path.parent) in said and "cannot enter" in said
    home.path.parent.chmod(0o711)
    home.run("member", "list")


def test_a_home_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "Set ABEYANCE_HOME" in Home(tmp_path / "file" / "home").run("member", "list", code=1).stderr


def test_a_full_disk_is_one_sentence_and_the_home_goes_on_when_there_is_room(home: Home) -> None:
    """A limit on the size of a file is what a full disk looks like to a program."""

    def small_files() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20))

    command = [home.python, "-m", "abeyance.site.command", "member", "list"]
    done = subprocess.run(
        command, env=home.environment(), capture_output=True, text=True, preexec_fn=small_files, cwd="/", timeout=120
    )
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 2, done.stderr
    assert len(home.json("member", "list")) == 2


def test_data_of_a_newer_server_is_left_alone(prepared: Home) -> None:
    marker = prepared.path / "pg" / "data" / "PG_VERSION"
    kept = marker.read_text()
    marker.write_text("99\n")
    said = prepared.run("member", "list", code=1).stderr
    assert "PostgreSQL 99" in said and "newer" in said
    marker.write_text(kept)
    prepared.run("member", "list")


def test_a_killed_server_is_started_again_and_nothing_is_lost(ready: Home) -> None:
    holder = ready.start("serve", "--no-portal", ABEYANCE_DESK_PORT="0")
    try:
        assert wait_until(lambda: ready.server() is not None)
        found = ready.server()
        assert found is not None
        before = ready.json("member", "list")
        os.kill(found, signal.SIGKILL)
        assert wait_until(lambda: ready.server() not in {None, found})
        assert ready.json("member", "list") == before
    finally:
        holder.terminate()
        holder.communicate(timeout=40)
    assert ready.server() is None


def test_a_command_that_was_killed_leaves_no_user_behind(ready: Home) -> None:
    """Its server stays, since nobody could stop it, and the next command takes it along when it leaves."""
    script = "import time; from abeyance.site import home; home.enter(); print('in', flush=True); time.sleep(60)"
    with subprocess.Popen([ready.python, "-c", script], env=ready.environment(), stdout=subprocess.PIPE) as killed:
        assert killed.stdout is not None and killed.stdout.readline() == b"in\n"
        killed.kill()
    assert ready.server() is not None
    ready.run("member", "list")
    assert wait_until(lambda: ready.server() is None)
    assert list((ready.path / "run" / "users").iterdir()) == []


def test_users_are_counted_by_locks_that_die_with_them(tmp_path: Path) -> None:
    users, script = Users(tmp_path / "users"), tmp_path / "join.py"
    script.write_text(
        "import sys\nfrom pathlib import Path\nfrom abeyance.site.in_use import Users\n"
        "Users(Path(sys.argv[1])).join()\nprint('in', flush=True)\nsys.stdin.read()\n"
    )
    users.join()
    users.join()
    command = [sys.executable, script, tmp_path / "users"]
    other = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2],
                             env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])})  # fmt: skip
    assert other.stdout is not None and other.stdout.readline() == b"in\n"
    with alone(tmp_path / "lock"):
        assert sorted(users.living()) == sorted([os.getpid(), other.pid])
    other.kill()
    other.communicate()
    assert users.living() == [os.getpid()]
    users.leave()
    assert users.living() == [] and not is_running(other.pid)
