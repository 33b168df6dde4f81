"""Commands about members and proposals, and who is acting when any command is given."""

from __future__ import annotations

import argparse
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from abeyance import console
from abeyance.console import Answer
from abeyance.errors import BadInput, Refused
from abeyance.people import actions, proposals, queries, travel
from abeyance.people.models import Member, Proposal
from abeyance.rules.decision import Reason
from abeyance.rules.people import OPERATOR_CODE
from abeyance.rules.permissions import Permission, Role

LONGEST_TOKEN_FILE = 4096


# --- who acts


acting_arguments = console.acting_arguments


def acting(args: argparse.Namespace, needs_credential: bool) -> str:
    """The code of the member whose token was given, or "operator". Naming a member without their token is refused."""
    token, named = _token(args), getattr(args, "acting_as", None)
    if token is None:
        if needs_credential or named is not None:
            raise Refused(
                [_credential("needed", "This needs a member's own token: --token-file FILE or ABEYANCE_TOKEN.")]
            )
        return OPERATOR_CODE
    code = queries.member_for_token(token)
    if code is None:
        raise Refused([_credential("unknown", "The token is not that of an active member.")])
    if named is not None and queries.code_of(named) != code:
        raise Refused([_credential("differs", f"The token is not that of {named}.")])
    return code


def _credential(what: str, sentence: str) -> Reason:
    return Reason(f"credential-{what}", sentence, clause=f"people:credential-{what}")


def _token(args: argparse.Namespace) -> str | None:
    path: Path | None = getattr(args, "token_file", None)
    if path is None:
        return os.environ.get("ABEYANCE_TOKEN") or None
    try:
        with path.open("rb") as file:
            return file.read(LONGEST_TOKEN_FILE).decode("ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise BadInput(f"{path} cannot be read as a token file.") from None


# --- the commands


def register(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    member = sub.add_parser("member", help="members of the desk: who may do what")
    verbs = member.add_subparsers(dest="verb", required=True, metavar="VERB")
    roles = ", ".join(role.value for role in Role)
    added = _verb(verbs, "add", add, "propose a new member", "handle")
    added.add_argument("--roles", required=True, help=f"comma-separated: {roles}")
    changed = _verb(verbs, "roles", change_roles, "propose other roles for a member", "member")
    changed.add_argument("--roles", required=True, help=f"comma-separated: {roles}")
    _verb(verbs, "agree", agree, "agree to what another member proposed", "proposal")
    removed = _verb(verbs, "remove", remove, "remove a member, at once", "member")
    removed.add_argument("--heir", metavar="MEMBER", help="who takes over what the member looks after")
    _verb(verbs, "token", token, "a new token: your own at once, another's as a proposal", "member")
    _verb(verbs, "revoke-token", revoke_token, "make a member's tokens void, at once", "member")
    _verb(verbs, "exclude-self", exclude_self, "take no part in a jurisdiction, at once", "jurisdiction")
    _verb(verbs, "include-self", include_self, "propose to take part in it again", "jurisdiction")
    listed = _verb(
        verbs, "guard", guard, "admit a member to a guarded jurisdiction (adviser)", "member", "jurisdiction"
    )
    listed.add_argument("--end", action="store_true", help="take the member from the list, at once")
    away = _verb(verbs, "travel", travel_, "shut yourself out before a border, at once")
    away.add_argument("--until", required=True, metavar="MOMENT", help="YYYY-MM-DDTHH:MM, UTC unless it says otherwise")
    away.add_argument("--member", metavar="MEMBER", help="somebody else, who asks for it (whoever may remove members)")
    _verb(verbs, "return", return_, "propose to let a member back in after a journey", "member")
    _verb(verbs, "list", list_members, "who there is")

    proposal = sub.add_parser("proposal", help="what waits for a second person")
    verbs = proposal.add_subparsers(dest="verb", required=True, metavar="VERB")
    _verb(verbs, "list", list_proposals, "what waits")
    _verb(verbs, "show", show_proposal, "one proposal, in full", "proposal")
    _verb(verbs, "agree", agree, "agree to it, and do it", "proposal")
    _verb(verbs, "withdraw", withdraw, "take it back", "proposal")


def _verb(verbs: Any, name: str, run: Any, help_: str, *positional: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=help_, description=f"{help_.capitalize()}.")
    for word in positional:
        parser.add_argument(word)
    acting_arguments(parser)
    parser.set_defaults(run=run)
    return parser


def _now() -> datetime:
    return datetime.now(UTC)


def add(args: argparse.Namespace) -> Answer:
    by = acting(args, needs_credential=True)
    return proposed(actions.propose_member(args.handle, args.roles.split(","), by=by, now=_now()))


def change_roles(args: argparse.Namespace) -> Answer:
    by = acting(args, needs_credential=True)
    return proposed(actions.propose_roles(args.member, args.roles.split(","), by=by, now=_now()))


def agree(args: argparse.Namespace) -> Answer:
    by = acting(args, needs_credential=True)
    agreed = proposals.agree(args.proposal, by=by, now=_now())
    document = proposal_document(agreed)
    if agreed.kind not in {"member-add", "member-token"}:
        return Answer(document, f"Agreed and done: {agreed.kind} {agreed.subject}.")
    handle = queries.handle_of(agreed.subject)
    issued = _write(actions.issue_token(handle, by=by, now=_now()))
    return Answer(document | {"token_file": str(issued.file)}, f"Agreed. {_told(issued)}")


def remove(args: argparse.Namespace) -> Answer:
    code = actions.remove_member(args.member, heir=args.heir, by=acting(args, needs_credential=False), now=_now())
    return Answer({"member": code, "active": False}, f"{code} is removed.")


def token(args: argparse.Namespace) -> Answer:
    by = acting(args, needs_credential=True)
    if queries.code_of(args.member) != by and not queries.token_is_due(args.member):
        return proposed(actions.propose_token(args.member, by=by, now=_now()))
    issued = _write(actions.issue_token(args.member, by=by, now=_now()))
    return Answer({"member": issued.member, "token_file": str(issued.file)}, _told(issued))


def revoke_token(args: argparse.Namespace) -> Answer:
    code = actions.revoke_tokens(args.member, by=acting(args, needs_credential=False), now=_now())
    return Answer({"member": code, "tokens": "revoked"}, f"The tokens of {code} are void.")


def exclude_self(args: argparse.Namespace) -> Answer:
    by = acting(args, needs_credential=True)
    actions.exclude_self(args.jurisdiction, by=by, now=_now())
    country = args.jurisdiction.upper()
    return Answer({"member": by, "excluded": country}, f"{by} takes no part in requests of {country}.")


def include_self(args: argparse.Namespace) -> Answer:
    return proposed(actions.propose_inclusion(args.jurisdiction, by=acting(args, needs_credential=True), now=_now()))


def travel_(args: argparse.Namespace) -> Answer:
    by, until = acting(args, needs_credential=args.member is None), as_moment(args.until)
    left = travel.left_behind(queries.code_of(args.member) if args.member else by, until)
    away = travel.go(until, member=args.member, by=by, now=_now()).isoformat(timespec="minutes")
    told = f"Shut out, at once, until {away}; then another member agrees to the return."
    return Answer({"away_until": away, "left_behind": left}, "\n".join([told, *left]))


def return_(args: argparse.Namespace) -> Answer:
    return proposed(travel.propose_return(args.member, by=acting(args, needs_credential=True), now=_now()))


def as_moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput("A moment is written YYYY-MM-DDTHH:MM, such as 2030-01-31T18:00.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def guard(args: argparse.Namespace) -> Answer:
    by = acting(args, needs_credential=True)
    if not args.end:
        return proposed(actions.propose_admission(args.member, args.jurisdiction, by=by, now=_now()))
    actions.end_admission(args.member, args.jurisdiction, by=by, now=_now())
    return Answer({"jurisdiction": args.jurisdiction.upper(), "ended": True}, "Taken from the list.")


def list_members(args: argparse.Namespace) -> Answer:
    everybody = list(queries.members(also_inactive=True))
    lines = [f"{m.code}  {m.handle:<20} {_standing(m)}{', '.join(m.roles)}" for m in everybody]
    return Answer([member_document(member) for member in everybody], "\n".join(lines) or "There are no members yet.")


def _standing(member: Member) -> str:
    return "(removed) " if not member.active else "(shut for a journey) " if member.away_until else ""


def list_proposals(args: argparse.Namespace) -> Answer:
    waiting = proposals.waiting(acting(args, needs_credential=False))
    lines = [f"{p.code}  {p.kind:<16} {p.subject}  proposed by {p.proposed_by}" for p in waiting]
    return Answer([proposal_document(p) for p in waiting], "\n".join(lines) or "Nothing waits for a second person.")


def show_proposal(args: argparse.Namespace) -> Answer:
    reader = acting(args, needs_credential=False)
    found = proposals.find_for(args.proposal, reader)
    document = proposal_document(found)
    if may_see_content(found, reader):
        document["content"] = dict(proposals.payload_of(found))
    return Answer(document, "\n".join(f"{key}: {value}" for key, value in document.items()))


def withdraw(args: argparse.Namespace) -> Answer:
    withdrawn = proposals.withdraw(args.proposal, by=acting(args, needs_credential=False), now=_now())
    return Answer(proposal_document(withdrawn), f"{withdrawn.code} is withdrawn.")


# --- what they print


def may_see_content(proposal: Proposal, member: str) -> bool:
    """Who could propose or agree to it; the list of a guarded jurisdiction is nobody else's business."""
    kind = proposals.kind_named(proposal.kind)
    held = queries.actor(member).permissions
    if kind.propose is not Permission.GUARDED_KEEP and Permission.LEDGER_READ in held:
        return True
    return bool(held & {kind.propose, kind.agree})


def member_document(member: Member) -> dict[str, Any]:
    away = member.away_until.isoformat(timespec="minutes") if member.away_until else None
    return {
        "code": member.code,
        "handle": member.handle,
        "roles": list(member.roles),
        "active": member.active,
        "away_until": away,
    }


def proposal_document(proposal: Proposal) -> dict[str, Any]:
    return {
        "proposal": proposal.code,
        "kind": proposal.kind,
        "subject": proposal.subject,
        "digest": bytes(proposal.payload_digest).hex(),
        "proposed_by": proposal.proposed_by,
        "agreed_by": proposal.agreed_by,
        "open": proposal.is_open,
    }


def proposed(proposal: Proposal) -> Answer:
    """For any room: what to say of a new proposal."""
    sentence = f"Proposed as {proposal.code}; another member agrees with `abeyance proposal agree {proposal.code}`."
    return Answer(proposal_document(proposal), sentence)


def _write(issued: actions.Issued) -> actions.Issued:
    return actions.write_token(settings.ABEYANCE_HOME / "credentials", issued)


def _told(issued: actions.Issued) -> str:
    return f"The token of {issued.handle} ({issued.member}) is in {issued.file}. Hand it over and delete the file."
