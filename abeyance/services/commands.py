"""The connected services on the command line."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import Any

from abeyance.console import Answer
from abeyance.people import commands as people
from abeyance.services import actions, documents, maps, queries
from abeyance.services.connector import KINDS
from abeyance.services.postgres import grants


def register(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    service = sub.add_parser("service", help="the services that data can be gathered from")
    verbs = service.add_subparsers(dest="verb", required=True, metavar="VERB")
    _verb(verbs, "list", list_services, "which services are connected")
    _verb(
        verbs,
        "check",
        check,
        "whether a service can be reached, and whether the role reads only what it may",
        "service",
    )
    granted = _verb(verbs, "grants", show_grants, "print the SQL that makes the reading role of a service", "service")
    granted.add_argument("--role", default=grants.ROLE, help=f"what to call the role (default {grants.ROLE})")
    text = verbs.add_parser("map", help="print a data map to begin with", description="Print a data map to begin with.")
    text.add_argument("name", choices=maps.shipped_names())
    text.set_defaults(run=show_map)
    added = _verb(verbs, "connect", connect, "propose to connect a service that has a data map", "service")
    added.add_argument("--connector", choices=sorted(KINDS), required=True)
    added.add_argument("--entity", help="the legal entity that runs it, if not as in the data map")
    added.add_argument("--address-file", metavar="NAME", help="file in the home's folder keys with the address")
    _verb(verbs, "agree", people.agree, "agree to what another member proposed", "proposal")
    _verb(verbs, "disconnect", disconnect, "read nothing more from a service, at once", "service")


def _verb(verbs: Any, name: str, run: Any, help_: str, *positional: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=help_, description=f"{help_.capitalize()}.")
    for word in positional:
        parser.add_argument(word)
    people.acting_arguments(parser)
    parser.set_defaults(run=run)
    return parser


def _now() -> datetime:
    return datetime.now(UTC)


def list_services(args: argparse.Namespace) -> Answer:
    found = [documents.summary(row) for row in queries.services()]
    lines = [f"{one['service']:<28} {one['connector']}{'' if one['connected'] else ' (disconnected)'}" for one in found]
    return Answer(found, "\n".join(lines) or "No service is connected.")


def check(args: argparse.Namespace) -> Answer:
    held, access = queries.check(args.service)
    code = 0 if access.fit else 1
    return Answer(documents.checked(held, access), documents.checked_text(held, access), code)


def show_grants(args: argparse.Namespace) -> Answer:
    script = queries.grants_for(args.service, role=args.role)
    return Answer({"service": args.service, "role": args.role, "sql": script}, script.rstrip("\n"))


def show_map(args: argparse.Namespace) -> Answer:
    text = maps.shipped_text(args.name) or ""
    return Answer({"map": args.name, "toml": text}, text.rstrip("\n"))


def connect(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    proposal = actions.propose_connection(
        args.service, args.connector, entity=args.entity, address_file=args.address_file, by=by, now=_now()
    )
    return people.proposed(proposal)


def disconnect(args: argparse.Namespace) -> Answer:
    actions.disconnect(args.service, by=people.acting(args, needs_credential=False), now=_now())
    return Answer({"service": args.service, "connected": False}, f"Nothing more is read from {args.service}.")
