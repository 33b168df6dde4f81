"""Where the database is and who connects to it: the embedded server of a home, or an outside one by address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from abeyance.errors import BadInput, Unsafe
from abeyance.site.home import DATABASE, PROCESSES, Home
from abeyance.site.options import Options
from abeyance.site.postgres import PORT, SUPERUSER

if TYPE_CHECKING:
    import psycopg

OLDEST_SERVER = 15
ALLOWED_PARAMETERS = frozenset(
    {"host", "port", "sslmode", "sslrootcert", "sslcert", "sslkey", "target_session_attrs", "connect_timeout"}
)


@dataclass(frozen=True)
class Address:
    host: str
    port: str
    database: str
    user: str
    password: str
    parameters: tuple[tuple[str, str], ...] = ()

    def for_psycopg(self) -> dict[str, Any]:
        named = {"host": self.host, "port": self.port, "dbname": self.database, "user": self.user}
        return {**named, "password": self.password, **dict(self.parameters)}

    def for_django(self) -> dict[str, Any]:
        return {
            "ENGINE": "django.db.backends.postgresql",
            "HOST": self.host,
            "PORT": self.port,
            "NAME": self.database,
            "USER": self.user,
            "PASSWORD": self.password,
            "OPTIONS": dict(self.parameters),
        }

    def environment(self) -> Mapping[str, str]:
        """For PostgreSQL's own programs; the password is never an argument, since arguments are public."""
        return {
            "PGHOST": self.host,
            "PGPORT": self.port,
            "PGDATABASE": self.database,
            "PGUSER": self.user,
            "PGPASSWORD": self.password,
            **{f"PG{name.upper()}": value for name, value in self.parameters if name == "sslmode"},
        }


def parse(url: str) -> Address:
    parts = urlsplit(url)
    parameters = dict(parse_qsl(parts.query))
    if strange := set(parameters) - ALLOWED_PARAMETERS:
        raise BadInput(f"The database address has the unknown parameter {', '.join(sorted(strange))}.")
    try:
        port = str(parts.port or parameters.pop("port", "5432"))
    except ValueError:
        raise BadInput("The port in the database address is not a number.") from None
    host = unquote(parts.hostname or "") or parameters.pop("host", "")
    parameters.pop("host", None)
    parameters.pop("port", None)
    name = unquote(parts.path.lstrip("/"))
    if not name or not parts.username:
        raise BadInput(
            "The database address must name a user and a database: postgresql://user:password@host/database."
        )
    user, password = unquote(parts.username), unquote(parts.password or "")
    return Address(host, port, name, user, password, tuple(sorted(parameters.items())))


def role_names(options: Options) -> dict[str, str]:
    """Process to role. Roles belong to a whole server, so they are named after the database that they serve."""
    database = parse(options.database_url).database if options.database_url else DATABASE
    given = {"desk": options.database_desk, "portal": options.database_portal}
    given |= {"worker": options.database_worker, "keys": options.database_keys}
    names = {
        process: parse(given[process]).user if given.get(process) else f"{database}_{process}" for process in PROCESSES
    }
    if options.database_url:
        names["owner"] = parse(options.database_url).user
    return names


def address(process: str, home: Home, options: Options) -> Address:
    """How this kind of process connects."""
    given = {"owner": options.database_url, "desk": options.database_desk, "portal": options.database_portal}
    given |= {"worker": options.database_worker, "keys": options.database_keys}
    if url := given.get(process):
        return parse(url)
    user, password = role_names(options)[process], home.secret(f"database-{process}") or ""
    if options.database_url:
        outside = parse(options.database_url)
        return Address(outside.host, outside.port, outside.database, user, password, outside.parameters)
    return Address(str(socket_folder(home.path)), str(PORT), DATABASE, user, password)


def socket_folder(home: Path) -> Path:
    return Home(home).cluster.sockets


def connect(where: Address, *, autocommit: bool = True) -> psycopg.Connection[Any]:
    import psycopg

    return psycopg.connect(**{"connect_timeout": 10, **where.for_psycopg()}, autocommit=autocommit)


def connect_as_owner(home: Home, options: Options) -> psycopg.Connection[Any]:
    return connect(address("owner", home, options))


def connect_as_superuser(home: Home, database: str = SUPERUSER) -> psycopg.Connection[Any]:
    """Only of the embedded server."""
    cluster = home.cluster
    return connect(Address(str(cluster.sockets), str(PORT), database, SUPERUSER, cluster.password()))


def prepare(home: Home, options: Options) -> None:
    """Roles and database, as far as they are ours to make."""
    from abeyance.site import roles

    names = role_names(options)
    passwords = {names[process]: home.secret(f"database-{process}") or "" for process in PROCESSES}
    if not options.database_url:
        with connect_as_superuser(home) as connection:
            roles.make_roles(connection, names, passwords)
            roles.make_database(connection, DATABASE, names)
        return
    with connect_as_owner(home, options) as connection:
        refuse_old_server(connection)
        mine = {process: name for process, name in names.items() if not _is_given(process, options)}
        roles.make_roles_outside(connection, mine, passwords)


def _is_given(process: str, options: Options) -> bool:
    return process == "owner" or bool(getattr(options, f"database_{process}"))


def refuse_old_server(connection: psycopg.Connection[Any]) -> None:
    version = connection.info.server_version // 10000
    if version < OLDEST_SERVER:
        raise Unsafe(f"The server at DATABASE_URL is PostgreSQL {version}; Abeyance needs {OLDEST_SERVER} or newer.")
