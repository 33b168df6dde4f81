"""The options: read once from the environment and one TOML file, checked, frozen. Nothing else reads the environment.

A name that we do not know stops the program: a mistyped option must not silently leave a default in force.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import platformdirs

from abeyance.errors import BadInput

PREFIX = "ABEYANCE_"
CONFIG_NAME = "abeyance.toml"
# Read elsewhere, and no options: where things are, a member's credential, and which process of the desk this is.
OTHER_VARIABLES = frozenset(
    {
        "ABEYANCE_HOME",
        "ABEYANCE_CONFIG",
        "ABEYANCE_TOKEN",
        "ABEYANCE_PROCESS",
        "ABEYANCE_POOL",
        "ABEYANCE_DEBUG",
        "ABEYANCE_CI",
    }
)
TEST_PREFIX = "ABEYANCE_TEST_"
MAX_CONFIG_BYTES = 256 * 1024


def _text(value: object) -> str:
    if not isinstance(value, str) or "\x00" in value or len(value) > 1000:
        raise ValueError("a text of at most 1000 characters")
    return value


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    words = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
    if isinstance(value, str) and value.lower() in words:
        return words[value.lower()]
    raise ValueError("true or false")


def _whole(least: int, most: int) -> Callable[[object], int]:
    def check(value: object) -> int:
        expected = f"a whole number from {least} to {most}"
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            raise ValueError(expected)
        try:
            number = int(value)
        except ValueError:
            raise ValueError(expected) from None
        if not least <= number <= most:
            raise ValueError(expected)
        return number

    return check


ONION = re.compile(r"[a-z2-7]{56}\.onion")  # Tor rend-spec-v3, section 6


def _database_url(value: object) -> str:
    text = _text(value)
    if text and urlsplit(text).scheme not in {"postgres", "postgresql"}:
        raise ValueError("an address that begins with postgresql://")
    return text


def _origin(value: object) -> str:
    text = _text(value).rstrip("/")
    parts = urlsplit(text)
    local = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if text and (
        parts.path or not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and local))
    ):
        raise ValueError("an https:// address without a path (http:// only for localhost)")
    return text


def _onion(value: object) -> str:
    text = _text(value)
    if text and not ONION.fullmatch(text):
        raise ValueError("the name of an onion service: 56 letters and digits, then .onion")
    return text


def _one_of(*words: str) -> Callable[[object], str]:
    def check(value: object) -> str:
        if value not in words:
            raise ValueError("one of " + ", ".join(words))
        return str(value)

    return check


def _option(default: Any, check: Callable[[object], Any], meaning: str, variable: str = "") -> Any:
    return field(default=default, metadata={"check": check, "meaning": meaning, "variable": variable})


@dataclass(frozen=True)
class Options:
    """Every option, its default, and what it means. `docs/settings.md` says the same at more length."""

    database_url: str = _option("", _database_url, "an outside PostgreSQL instead of the embedded one", "DATABASE_URL")
    database_desk: str = _option("", _database_url, "address for the desk's role, if it cannot be made by us")
    database_portal: str = _option("", _database_url, "address for the portal's role, if it cannot be made by us")
    database_worker: str = _option("", _database_url, "address for the worker's role, if it cannot be made by us")
    database_keys: str = _option("", _database_url, "address for the key holder's role, if it cannot be made by us")
    database_pool: int = _option(8, _whole(1, 500), "most database connections of one process")
    desk_host: str = _option("127.0.0.1", _text, "address that the desk listens on")
    desk_port: int = _option(8300, _whole(0, 65535), "port of the desk; 0 takes a free one")
    desk_origin: str = _option("", _origin, "the desk's address as members type it")
    portal_host: str = _option("127.0.0.1", _text, "address that the portal listens on")
    portal_port: int = _option(8301, _whole(0, 65535), "port of the portal; 0 takes a free one")
    portal_origin: str = _option("", _origin, "the portal's address as the public types it")
    portal_onion: str = _option("", _onion, "the portal's name as an onion service, if it has one")
    web_workers: int = _option(1, _whole(1, 64), "processes each for desk and portal")
    worker_jobs: int = _option(4, _whole(1, 64), "jobs that one worker does at the same time")
    operator_name: str = _option("", _text, "the operator's name in letters and reports")
    operator_contact: str = _option("", _text, "how to reach the operator, in letters and reports")
    metrics_token: str = _option("", _text, "with it Prometheus reads /metrics of the desk; empty: nobody does")
    log_form: str = _option("lines", _one_of("lines", "json"), "log lines for a person, or JSON for a collector")
    ledger_origin: str = _option("", _text, "name of the log in its checkpoints; empty: drawn at set-up")
    ledger_cadence_seconds: int = _option(900, _whole(10, 86400), "how often a batch of the log is published")
    ledger_batch: int = _option(64, _whole(1, 65536), "batches of the log are padded to a multiple of this")
    key_copies_days: int = _option(7, _whole(1, 90), "days after which no copy of a destroyed key may live on")
    intake_max_bytes: int = _option(64 * 2**20, _whole(2**10, 2**31), "largest file that intake takes")
    intake_max_files: int = _option(100, _whole(1, 10000), "most files in one intake")
    package_link_hours: int = _option(72, _whole(1, 720), "hours that a package's link lives")
    small_team: bool = _option(False, _flag, "the second person may be outside counsel as a guest")
    mail_host: str = _option("", _text, "mail server for outgoing mail; empty: mail is only queued")
    mail_port: int = _option(587, _whole(1, 65535), "its port")
    mail_security: str = _option("starttls", _one_of("starttls", "tls", "none"), "starttls, tls, or none")
    mail_user: str = _option("", _text, "its user")
    mail_password: str = _option("", _text, "its password")
    alarm_hosts: str = _option("", _text, "hosts inside, by name, that alarms may be sent to, with commas between")
    mail_from: str = _option("", _text, "sender of outgoing mail")

    @classmethod
    def variable_of(cls, name: str) -> str:
        for option in fields(cls):
            if option.name == name:
                return str(option.metadata["variable"]) or PREFIX + name.upper()
        raise KeyError(name)

    @classmethod
    def names(cls) -> list[str]:
        return [option.name for option in fields(cls)]


def default_home() -> Path:
    """The user's data folder; for root the system's, so that the server's own user can reach it."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return Path("/var/lib/abeyance")
    return Path(platformdirs.user_data_dir("abeyance", appauthor=False))


def home_of(environment: Mapping[str, str]) -> Path:
    given = environment.get("ABEYANCE_HOME", "")
    if "\x00" in given or "\n" in given:
        raise BadInput("ABEYANCE_HOME is not a usable path.")
    return Path(given).expanduser().absolute() if given else default_home()


def load(environment: Mapping[str, str]) -> Options:
    """The environment wins over the file, the file over the defaults."""
    _refuse_unknown_variables(environment)
    path = _config_path(environment)
    written = _read(path) if path else {}
    known = set(Options.names())
    if strange := sorted(set(written) - known):
        raise BadInput(f"{path}: unknown option {', '.join(strange)}. Known are: {', '.join(sorted(known))}.")
    return Options(**{name: _value(name, environment, written, path) for name in Options.names()})


def names_in_file(environment: Mapping[str, str]) -> list[str]:
    """What the file of settings sets, without what it sets it to."""
    path = _config_path(environment)
    return sorted(_read(path)) if path else []


def _value(name: str, environment: Mapping[str, str], written: Mapping[str, object], path: Path | None) -> Any:
    option = next(found for found in fields(Options) if found.name == name)
    variable = Options.variable_of(name)
    place, raw = (variable, environment.get(variable)) if variable in environment else (f"{path}: {name}", None)
    if raw is None and name in written:
        return _checked(option.metadata["check"], written[name], place)
    if raw is None:
        assert option.default is not MISSING
        return option.default
    return _checked(option.metadata["check"], raw, place)


def _checked(check: Callable[[object], Any], value: object, place: str) -> Any:
    # The value itself is not repeated: it may be a password.
    try:
        return check(value)
    except ValueError as problem:
        raise BadInput(f"{place} must be {problem}.") from None


def _config_path(environment: Mapping[str, str]) -> Path | None:
    named = environment.get("ABEYANCE_CONFIG")
    path = Path(named).expanduser() if named else home_of(environment) / CONFIG_NAME
    try:
        if path.is_file():
            return path
    except OSError as problem:
        raise BadInput(f"{path} cannot be read: {problem.strerror}.") from None
    if named:
        raise BadInput(f"ABEYANCE_CONFIG names {path}, which is not a file.")
    return None


def _read(path: Path) -> dict[str, object]:
    try:
        raw = path.read_bytes()
        if len(raw) > MAX_CONFIG_BYTES:
            raise BadInput(f"{path} is larger than {MAX_CONFIG_BYTES} bytes.")
        return tomllib.loads(raw.decode())
    except OSError as problem:
        raise BadInput(f"{path} cannot be read: {problem.strerror}.") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as problem:
        raise BadInput(f"{path} is not TOML: {problem}.") from None


def _refuse_unknown_variables(environment: Mapping[str, str]) -> None:
    known = {Options.variable_of(name) for name in Options.names()} | OTHER_VARIABLES
    ours = {name for name in environment if name.startswith(PREFIX) and not name.startswith(TEST_PREFIX)}
    if strange := sorted(ours - known):
        raise BadInput(f"Unknown variable {', '.join(strange)}. Known are: {', '.join(sorted(known))}.")
