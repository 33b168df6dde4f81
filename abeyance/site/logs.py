"""Log lines: what happened and where, and never what it was about.

The text of an unexpected error may repeat what a person typed or what a case holds, so that only its kind is written,
and the places in our code that it went through.
"""

from __future__ import annotations

import json
import logging
import os
import traceback
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
MOST_FRAMES = 40


def is_debugging() -> bool:
    return os.environ.get("ABEYANCE_DEBUG", "") == "1"


class Discreet(logging.Formatter):
    """For every handler of ours."""

    def __init__(self) -> None:
        super().__init__(FORMAT)

    def format(self, record: logging.LogRecord) -> str:
        return super().format(_without_path(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802
        if is_debugging():
            return str(super().formatException(ei))
        return f"{ei[0].__name__} at {path_of(ei[2])}"


class Structured(Discreet):
    """The same, one JSON object on each line, for a collector: nothing is in it that a line would not say."""

    def format(self, record: logging.LogRecord) -> str:
        said = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "process": os.environ.get("ABEYANCE_PROCESS", "command"),
            "logger": record.name,
            "said": _without_path(record).getMessage(),
        }
        if record.exc_info:
            said["error"] = self.formatException(record.exc_info)
        return json.dumps(said, ensure_ascii=False)


def _without_path(record: logging.LogRecord) -> logging.LogRecord:
    """Of what Django says of a request, the pattern and not the path, which may hold a token or a reference."""
    request = getattr(record, "request", None)
    if request is not None and isinstance(record.args, tuple) and len(record.args) == 2 and not is_debugging():
        match = getattr(request, "resolver_match", None)
        record.args = (record.args[0], match.route if match else "?")
    return record


def path_of(trace: TracebackType | None) -> str:
    frames = traceback.extract_tb(trace)[-MOST_FRAMES:]
    return " > ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames)


def file_of(home: Path, process: str) -> Path:
    return home / "log" / f"{process}.log"


def to_file(home: Path, process: str) -> None:
    """A command's log lines go beside its home's others: standard error is for sentences to whoever typed it."""
    try:
        handle = os.open(file_of(home, process), os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    except OSError:
        return
    handler = logging.StreamHandler(os.fdopen(handle, "a"))
    handler.setFormatter(Discreet())
    logging.getLogger().handlers = [handler]


def write_error(home: Path, process: str, what: str, problem: BaseException) -> Path | None:
    """One line about an error nobody foresaw; None if even that cannot be written."""
    path = file_of(home, process)
    record = logging.LogRecord("abeyance", logging.ERROR, "", 0, what, None, None)
    record.exc_info = (type(problem), problem, problem.__traceback__)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "a") as file:
            file.write(Discreet().format(record) + "\n")
    except OSError:
        return None
    return path
