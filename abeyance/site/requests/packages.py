"""`abeyance package`: look at sealed packages, ask the gate, hand them over."""

from __future__ import annotations

import argparse
from pathlib import Path
from uuid import UUID

from abeyance.casefile import door
from abeyance.casefile.models import Package
from abeyance.console import Answer
from abeyance.errors import BadInput, NotFound
from abeyance.people import commands as people
from abeyance.release import actions as gate
from abeyance.release import handing, links, packaging
from abeyance.rules.people import Permission
from abeyance.site.requests import documents
from abeyance.site.requests.verbs import Parser, now, verb

NO_PACKAGE = "There is no such package that you may read."


def register(sub: argparse._SubParsersAction[Parser]) -> None:
    package = sub.add_parser("package", help="sealed packages: look, release, confirm")
    verbs = package.add_subparsers(dest="verb", required=True, metavar="VERB")
    verb(verbs, "list", list_packages, "packages of a request")
    check = verb(
        verbs, "check", check_package, "ask the gate whether it could leave now; nothing is released", ref=False
    )
    check.add_argument("package", type=as_key)
    check.add_argument("--to", required=True, metavar="FINGERPRINT")
    out = verb(verbs, "release", release, "hand a package over through the gate", ref=False)
    out.add_argument("package", type=as_key)
    out.add_argument("--to", required=True, metavar="FINGERPRINT", help="the agency's key in the directory")
    way = out.add_mutually_exclusive_group(required=True)
    way.add_argument("--out", type=Path, metavar="FILE", help="as a file, encrypted to that key")
    way.add_argument("--mail", metavar="ADDRESS", help="by mail, to an address of the directory")
    way.add_argument("--link", action="store_true", help="a link, and a code for another channel")
    read = verb(verbs, "verify", verify_package, "check an opened package: structure and every digest", ref=False)
    read.add_argument("file", type=Path, metavar="FILE.zip")
    confirmed = verb(verbs, "confirm", confirm_hand_over, "the agency has confirmed the digest", ref=False)
    confirmed.add_argument("act", type=as_key)
    confirmed.add_argument("digest")


def list_packages(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=False)
    case = door.open_for(by, args.ref, Permission.CASE_READ, now=now())
    told = [documents.package(found) for found in case.packages.order_by("sealed_at")]
    lines = [f"{each['package']}  {each['kind']:<6} {each['size']} bytes, sealed {each['sealed']}" for each in told]
    return Answer(told, "\n".join(lines) or "No package is sealed yet.")


def check_package(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    readable(args.package, by)
    verdict = gate.could_leave(args.package, to=args.to, by=by)
    told = {"allowed": verdict.allowed, "reasons": [reason.as_dict() for reason in verdict.reasons]}
    return Answer(told, "\n".join(reason.sentence for reason in verdict.reasons), 0 if verdict.allowed else 1)


def release(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    readable(args.package, by)
    if args.link:
        made = links.make(args.package, to=args.to, by=by, now=now())
        told = {"token": made.token, "code": made.code, "expires": documents.moment(made.expires_at)}
        return Answer(told, f"Token: {made.token}\nCode, by another channel: {made.code}\nUntil {told['expires']}.")
    if args.mail:
        handed = handing.by_mail(args.package, to=args.to, address=args.mail, by=by)
    else:
        handed = handing.to_file(args.package, to=args.to, path=args.out, by=by)
    handed.release.refresh_from_db()
    where = f" It is in {handed.path}." if handed.path else ""
    return Answer(documents.hand_over(handed.release), f"Released, {handed.size} bytes encrypted.{where}")


def verify_package(args: argparse.Namespace) -> Answer:
    if not args.file.is_file():
        raise BadInput(f"{args.file} is no file.")
    checked = packaging.check_package(args.file)
    told = {
        "package": checked.package,
        "files": checked.files,
        "whole": checked.whole,
        "differences": checked.differences,
    }
    text = "\n".join(checked.differences) or f"Package {checked.package}: {checked.files} files, every digest agrees."
    return Answer(told, text, 0 if checked.whole else 1)


def confirm_hand_over(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    row = handing.confirm(args.act, args.digest, by=by, now=now())
    row.refresh_from_db()
    return Answer(documents.hand_over(row), "Confirmed.")


def readable(key: UUID, by: str) -> Package:
    """The package, if this member may read its request; otherwise there is none."""
    package = Package.objects.select_related("case").filter(pk=key).first()
    if package is None:
        raise NotFound(NO_PACKAGE)
    door.open_for(by, package.case.ref, Permission.CASE_READ, now=now(), absent=NO_PACKAGE)
    return package


def as_key(text: str) -> UUID:
    return UUID(text)
