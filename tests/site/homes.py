"""Real homes, real commands: each test runs `abeyance` as a person would, in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.site import loaded

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = Path(sysconfig.get_path("purelib"))
MODULE = "abeyance.site.command"
COMMAND = ("-m", MODULE)
LONGEST = 120  # seconds


@dataclass
class Home:
    """One ABEYANCE_HOME and what is run in it."""

    path: Path
    more: dict[str, str] = field(default_factory=dict)
    user: int | None = None
    python: str = sys.executable

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ABEYANCE_", "DATABASE_"))}
        return {
            **kept,
            "PYTHONPATH": f"{ROOT}{os.pathsep}{PACKAGES}",
            "ABEYANCE_HOME": str(self.path),
            **self.more,
            **more,
        }

    def run(self, *arguments: str, code: int | None = 0, **more: str) -> subprocess.CompletedProcess[str]:
        done = self._ended(arguments, self.environment(**more))
        assert "Traceback" not in done.stderr + done.stdout, done.stderr
        if code is not None:
            assert done.returncode == code, done.stderr or done.stdout
        return done

    def _ended(self, arguments: tuple[str, ...], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
        if self.user is None and self.python == sys.executable:
            return loaded.run(MODULE, arguments, environment, LONGEST)
        return subprocess.run(
            [self.python, *COMMAND, *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=LONGEST,
            stdin=subprocess.DEVNULL,
            cwd="/",
            check=False,
            **self.become(),
        )

    def json(self, *arguments: str, code: int = 0, **more: str) -> Any:
        return json.loads(self.run(*arguments, "--json", code=code, **more).stdout)

    def start(self, *arguments: str, **more: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self.python, *COMMAND, *arguments],
            env=self.environment(**more),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
            cwd="/",
            **self.become(),
        )

    def python_says(self, script: str, **more: str) -> str:
        command = [self.python, "-c", script]
        return subprocess.run(command, env=self.environment(**more), capture_output=True, text=True, check=True).stdout

    def become(self) -> dict[str, Any]:
        return {} if self.user is None else {"user": self.user, "group": self.user, "extra_groups": []}

    def token(self, handle: str = "first") -> str:
        return (self.path / "credentials" / f"{handle}.token").read_text().strip()

    def server(self) -> int | None:
        """The process id of the embedded server, if it runs."""
        try:
            found = int((self.path / "pg" / "data" / "postmaster.pid").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return None
        return found if is_running(found) else None

    def remove(self) -> None:
        end_keyholders(self.path)
        if found := self.server():
            os.kill(found, signal.SIGINT)
            assert wait_until(lambda: not is_running(found))
        shutil.rmtree(self.path, ignore_errors=True)


def end_keyholders(home: Path) -> None:
    """Those started for a command live on for half a minute."""
    import psutil

    for process in psutil.process_iter():
        try:
            command = process.cmdline()
        except psutil.Error:
            continue
        if "abeyance.seals.keyholder" in command and str(home) in command:
            process.terminate()
            wait_until(lambda process=process: not process.is_running())  # type: ignore[misc]


def is_running(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


def wait_until(condition: Any, seconds: float = 30) -> bool:
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def make_home(**more: str) -> Home:
    """Short, for a socket's path, and open enough that the server's user passes through."""
    folder = Path(tempfile.mkdtemp(prefix="abs-"))
    folder.chmod(0o711)
    return Home(folder / "h", more)
