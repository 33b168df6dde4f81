"""ABEYANCE_HOME: the one folder of an installation, and how a command enters it.

Entering makes what is missing and goes on where an earlier attempt was cut off: every step looks whether it is done.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import secrets
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from abeyance.errors import Unsafe
from abeyance.site import options
from abeyance.site.in_use import alone
from abeyance.site.postgres import Cluster

FOLDERS = ("secrets", "keys", "ledger", "documents", "packages", "backups", "log")
DATABASE = "abeyance"
PROCESSES = ("owner", "desk", "portal", "worker", "keys")  # each has a database role of its own
PACKAGE = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Home:
    path: Path

    @property
    def cluster(self) -> Cluster:
        return Cluster(self.path)

    @property
    def set_up(self) -> Path:
        """Written last; its absence means that set-up has still to run or to go on."""
        return self.path / "secrets" / "set-up"

    @property
    def schema(self) -> Path:
        """Digest of the migrations and grants that the database has."""
        return self.path / "secrets" / "schema"

    @property
    def restoring(self) -> Path:
        """There while a backup is being put back; such a home is entered by nothing else."""
        return self.path / "secrets" / "restoring"

    def secret(self, name: str) -> str | None:
        try:
            return (self.path / "secrets" / name).read_text().strip()
        except FileNotFoundError:
            return None
        except OSError as problem:
            raise Unsafe(f"{self.path / 'secrets' / name} cannot be read: {problem.strerror}.") from None

    def make_folders(self) -> None:
        """0700, except that root's home lets the database server's user pass through."""
        try:
            self.path.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
            (self.path / "run").mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, exist_ok=True)
            for name in FOLDERS:
                (self.path / name).mkdir(mode=0o700, exist_ok=True)
        except OSError as problem:
            raise Unsafe(
                f"The home {self.path} cannot be made or written: {problem.strerror}. "
                "Set ABEYANCE_HOME to a folder of yours."
            ) from None

    def make_secrets(self) -> None:
        names = [f"database-{process}" for process in PROCESSES] + ["desk-secret", "portal-secret"]
        for name in names:
            path = self.path / "secrets" / name
            if not path.exists():
                write_secret(path, secrets.token_urlsafe(48))


def write_secret(path: Path, text: str) -> None:
    write_bytes(path, text.encode() + b"\n")


def write_bytes(path: Path, content: bytes) -> None:
    """0600 from its first byte, whole or absent."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(path)


def here() -> Home:
    return Home(options.home_of(os.environ))


_entered: Path | None = None


def enter(process: str = "desk") -> Home:
    """Make the home ready, start its database if it is ours, and set Django up as this kind of process."""
    global _entered
    home = here()
    os.environ["ABEYANCE_PROCESS"] = process
    if _entered == home.path:
        return home
    _prepare(home)
    django_set_up()
    if not home.set_up.exists():
        _finish(home)
    _entered = home.path
    return home


def make_ready() -> Home:
    """The same for a process that must stay small: what needs Django is done by a child."""
    home = here()
    _prepare(home)
    if not home.set_up.exists():
        _run_apart("abeyance.site.first_use", {"ABEYANCE_PROCESS": "desk"}, "The home was not set up.")
    return home


def _prepare(home: Home) -> None:
    settings = options.load(os.environ)
    if home.restoring.exists():
        raise Unsafe(
            f"A backup is being put back into {home.path}, or that was cut off: then remove it and begin again."
        )
    if not home.set_up.exists():
        print(f"Setting up {home.path} for trying out: its keys lie beside its data.", file=sys.stderr, flush=True)
    home.make_folders()
    home.make_secrets()
    if not settings.database_url:
        _use_embedded(home)
    _bring_up_to_date(home)


def _use_embedded(home: Home) -> None:
    cluster = home.cluster
    cluster.join()
    atexit.register(_leave, cluster, os.getpid())


def _leave(cluster: Cluster, process: int) -> None:
    if process == os.getpid():
        cluster.leave()


def django_set_up() -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "abeyance.site.settings")
    django.setup()


def wanted_schema() -> str:
    """A digest over every migration of ours, the table of grants, and the versions that bring their own migrations."""
    from importlib import metadata

    mark = hashlib.sha256()
    for package in ("django", "procrastinate"):
        mark.update(metadata.version(package).encode())
    for path in [*sorted(PACKAGE.glob("*/migrations/*.py")), PACKAGE / "site" / "roles.py"]:
        mark.update(path.relative_to(PACKAGE).as_posix().encode() + b"\0" + path.read_bytes())
    return mark.hexdigest()


def is_outside() -> bool:
    return bool(options.load(os.environ).database_url)


def make_current(home: Home) -> None:
    """For `restore`, which joins and fills the database itself: our migrations and grants on what a backup brought."""
    if not is_outside():
        atexit.register(_leave, home.cluster, os.getpid())
    _bring_up_to_date(home)


def _bring_up_to_date(home: Home) -> None:
    """In a process of its own, because migrations run as the owner of the tables and this process must not."""
    wanted = wanted_schema()
    if home.secret("schema") == wanted:
        return
    with alone(home.path / "run" / "set-up.lock"):
        if home.secret("schema") == wanted:
            return
        _run_apart("abeyance.site.migrate", {"ABEYANCE_PROCESS": "owner"}, "The database was not set up.")
        write_secret(home.schema, wanted)


def _run_apart(module: str, environment: dict[str, str], otherwise: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        raise Unsafe(said[-1] if said else otherwise)


def _finish(home: Home) -> None:
    with alone(home.path / "run" / "set-up.lock"):
        if not home.set_up.exists():
            from abeyance.site import first_use

            first_use.fill(home)
            write_secret(home.set_up, "trial")
