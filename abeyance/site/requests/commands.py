"""`abeyance request` and `abeyance package`: every act on a request, in the order in which they mostly happen."""

from __future__ import annotations

import argparse
import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from abeyance.answer import actions as answers
from abeyance.answer.actions import ItemAnswer
from abeyance.casefile import door, ending, retention
from abeyance.casefile.ending import Closing
from abeyance.casefile.models import Case, Package
from abeyance.console import Answer
from abeyance.errors import BadInput, NotFound
from abeyance.intake import confirming
from abeyance.notice import actions as notices
from abeyance.notice.actions import Told
from abeyance.pauses import exceptions
from abeyance.people import commands as people
from abeyance.policy import queries as policy
from abeyance.release import actions as gate
from abeyance.release import handing, links, making, packaging, recall
from abeyance.review import actions as reviewing
from abeyance.rules import demandfile
from abeyance.rules.instruments import ActKind
from abeyance.rules.notice import NoticeState
from abeyance.rules.people import Permission
from abeyance.rules.verification import FindingKind
from abeyance.site.requests import documents, drafting, letters, receipts, verifying
from abeyance.verification import actions as verification

LARGEST = 4 * 2**20
Parser = argparse.ArgumentParser


def register(sub: argparse._SubParsersAction[Parser]) -> None:
    request = sub.add_parser("request", help="requests: read, confirm, verify, answer, close")
    verbs = request.add_subparsers(dest="verb", required=True, metavar="VERB")
    _register_reading(verbs)
    _register_answering(verbs)
    _register_ending(verbs)
    _register_packages(sub)


def _register_reading(verbs: Any) -> None:
    listed = _verb(verbs, "list", list_requests, "requests that you may read, soonest due first", ref=False)
    listed.add_argument("--state")
    listed.add_argument("--limit", type=int, default=100)
    _verb(verbs, "show", show, "one request: verdicts, what holds it, clocks")
    draft = _verb(verbs, "draft", write_draft, "write what was read in the papers as a file to correct")
    draft.add_argument("file", type=Path, metavar="FILE.toml")
    confirm = _verb(verbs, "confirm", confirm_demand, "state what the papers demand; again: a new version")
    confirm.add_argument("file", type=Path, metavar="FILE.toml|FILE.json")
    _verb(verbs, "agree-labels", agree_labels, "agree, as a second person, to who asks and under which law")
    verify = _verb(verbs, "verify", verify_requester, "record how the requester was found genuine, or false")
    verify.add_argument("--how", choices=[kind.value for kind in FindingKind])
    verify.add_argument(
        "--contact", default="", help="the number, address or fingerprint of the directory that was used"
    )
    verify.add_argument("--contact-differs", action="store_true", help="the request gives other numbers or addresses")
    verify.add_argument("--false", dest="false", metavar="REASON", help="not genuine: a code such as agency-denies")
    verify.add_argument("--note", default="")


def _register_answering(verbs: Any) -> None:
    propose = _verb(verbs, "propose", propose_answer, "propose the answer; without --item: what each verdict says")
    propose.add_argument("--item", action="append", default=[], metavar="N=OUTCOME[:FIELD,...]")
    agree = _verb(verbs, "agree", agree_answer, "agree to the proposed answer, as a second person")
    agree.add_argument("--answer", help="digest of the answer that you looked at")
    _verb(verbs, "withdraw", withdraw_answer, "take an answer back").add_argument(
        "--reason", default="", metavar="CODE"
    )
    notice = _verb(verbs, "notice", record_notice, "record what was decided about telling the account holder")
    notice.add_argument("--state", choices=[state.value for state in NoticeState])
    notice.add_argument("--item", type=int, action="append", default=[])
    notice.add_argument("--until", type=_moment)
    notice.add_argument("--order", default="")
    notice.add_argument("--reason", default="")
    notice.add_argument("--approve", action="store_true", help="approve the deferrals that wait, as a second person")
    objection = _verb(
        verbs, "objection", record_objection, "the account holder objects; until it is answered nothing leaves"
    )
    objection.add_argument("--item", type=int, required=True)
    objection.add_argument("--answered", action="store_true", help="the objection has been answered")
    clock = _verb(verbs, "clock", record_act, "record an act that clocks run from")
    clock.add_argument("--act", required=True, choices=[kind.value for kind in ActKind])
    clock.add_argument("--at", type=_moment)
    clock.add_argument("--until", type=_moment)
    clock.add_argument("--clock")
    clock.add_argument("--item", type=int)
    exception = _verb(verbs, "exception", use_exception, "propose or agree to use an announced exception of a pause")
    exception.add_argument("pause")
    exception.add_argument("exception")
    exception.add_argument("--agree", action="store_true")
    _verb(verbs, "preview", preview, "fields and counts that would be gathered; nothing is collected")
    _verb(verbs, "gather", gather, "collect the agreed minimum and seal it into a package")
    receipt = _verb(verbs, "receipt", write_receipt, "write the receipt of the arrival; anyone checks it offline")
    receipt.add_argument("--out", type=Path, required=True, metavar="FILE")
    letter = _verb(verbs, "letter", write_letter, "write a letter, as PDF and text")
    letter.add_argument("--kind", choices=letters.KINDS, required=True)
    letter.add_argument("--language", choices=letters.LANGUAGES, default="en")
    letter.add_argument("--out", type=Path, required=True, metavar="FOLDER")


def _register_ending(verbs: Any) -> None:
    close = _verb(verbs, "close", close_request, "close a request with an outcome")
    close.add_argument("--outcome", required=True, choices=[outcome.value for outcome in Closing])
    _verb(verbs, "reopen", reopen, "begin again with verification")
    _verb(verbs, "send-back", send_back, "back to verification and review, after a pause was lifted")
    recalled = _verb(verbs, "recall", recall_request, "ask for deletion of what was handed over; links become void")
    recalled.add_argument("--reason", required=True, metavar="CODE", help="such as wrong-account")
    recalled.add_argument("--suspend", action="store_true", help="also suspend the recipient in the directory")
    hold = _verb(verbs, "hold", legal_hold, "a legal hold: nothing of the request is destroyed")
    hold.add_argument("--basis")
    hold.add_argument("--end", type=int, metavar="NUMBER")
    _verb(verbs, "reader-add", add_reader, "let a member read a restricted request").add_argument("member")
    _verb(verbs, "retention", list_due, "requests that are past their time and may be erased", ref=False)
    erase = _verb(verbs, "erase", erase_request, "erase a closed request; then run `abeyance keys rotate`")
    erase.add_argument("--reason", default="retention")


def _register_packages(sub: argparse._SubParsersAction[Parser]) -> None:
    package = sub.add_parser("package", help="sealed packages: look, release, confirm")
    verbs = package.add_subparsers(dest="verb", required=True, metavar="VERB")
    _verb(verbs, "list", list_packages, "packages of a request")
    check = _verb(
        verbs, "check", check_package, "ask the gate whether it could leave now; nothing is released", ref=False
    )
    check.add_argument("package", type=_uuid)
    check.add_argument("--to", required=True, metavar="FINGERPRINT")
    out = _verb(verbs, "release", release, "hand a package over through the gate", ref=False)
    out.add_argument("package", type=_uuid)
    out.add_argument("--to", required=True, metavar="FINGERPRINT", help="the agency's key in the directory")
    way = out.add_mutually_exclusive_group(required=True)
    way.add_argument("--out", type=Path, metavar="FILE", help="as a file, encrypted to that key")
    way.add_argument("--mail", metavar="ADDRESS", help="by mail, to an address of the directory")
    way.add_argument("--link", action="store_true", help="a link, and a code for another channel")
    read = _verb(verbs, "verify", verify_package, "check an opened package: structure and every digest", ref=False)
    read.add_argument("file", type=Path, metavar="FILE.zip")
    confirmed = _verb(verbs, "confirm", confirm_hand_over, "the agency has confirmed the digest", ref=False)
    confirmed.add_argument("act", type=_uuid)
    confirmed.add_argument("digest")


def _verb(verbs: Any, name: str, run: Any, help_: str, *, ref: bool = True) -> Parser:
    parser: Parser = verbs.add_parser(name, help=help_, description=f"{help_[0].upper()}{help_[1:]}.")
    if ref:
        parser.add_argument("ref", metavar="REF")
    people.acting_arguments(parser)
    parser.set_defaults(run=run)
    return parser


# --- reading and confirming


def list_requests(args: argparse.Namespace) -> Answer:
    reader, now = people.acting(args, needs_credential=False), _now()
    cases = door.visible_to(reader).order_by("-pk")
    cases = cases.filter(state=args.state) if args.state else cases
    told = documents.listed(list(cases[: max(1, min(args.limit, 10_000))]), now=now)
    told.sort(key=lambda line: (line["due"] is None, line["due"] or "", line["arrived"]))
    lines = [
        f"{line['ref']}  {line['state']:<10} {line['due'] or 'no clock':<20} {line['agency'] or line['jurisdiction']}"
        f"{'  held by ' + ', '.join(line['held_by']) if line['held_by'] else ''}"
        for line in told
    ]
    return Answer(told, "\n".join(lines) or "There are no requests yet. `abeyance intake FILE.eml` takes one in.")


def show(args: argparse.Namespace) -> Answer:
    reader = people.acting(args, needs_credential=False)
    return _shown(door.open_for(reader, args.ref, Permission.CASE_READ, now=_now()), reader)


def _shown(case: Case, reader: str) -> Answer:
    case.refresh_from_db()
    told = documents.in_full(case, now=_now(), reader=reader)
    return Answer(told, documents.in_words(told))


def write_draft(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    case = door.open_for(by, args.ref, Permission.CASE_READ, now=_now())
    _write(args.file, drafting.draft(case).encode())
    return Answer(
        {"file": str(args.file)}, f"{args.file}: correct it, then abeyance request confirm {case.ref} {args.file}"
    )


def confirm_demand(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=False)
    confirming.confirm(args.ref, _stated(args.file), by=by, now=_now())
    return _shown(door.open_for(by, args.ref, Permission.CASE_READ, now=_now()), by)


def agree_labels(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    confirming.agree_labels(args.ref, by=by, now=_now())
    return _shown(door.open_for(by, args.ref, Permission.CASE_READ, now=_now()), by)


def verify_requester(args: argparse.Namespace) -> Answer:
    by, now = people.acting(args, needs_credential=True), _now()
    if args.false:
        verification.find_false(args.ref, args.false, note=args.note, by=by, now=now)
        return _shown(door.open_for(by, args.ref, Permission.CASE_READ, now=now), by)
    arrival = verifying.arrival_of(args.ref, contact_differs=args.contact_differs, by=by, now=now)
    rules = policy.books()[0].policy
    if not args.how:
        bars = verification.raised_bars(args.ref, arrival, rules, by=by, now=now)
        told = [reason.as_dict() for reason in verifying.reasons_of(bars)]
        return Answer(told, "\n".join(each["sentence"] for each in told) or "Nothing raises the bar.")
    found = verification.find_genuine(
        args.ref, FindingKind(args.how), args.contact, arrival, rules, note=args.note, by=by, now=now
    )
    reasons = [reason.as_dict() for reason in found.decision.reasons]
    sentence = "Found genuine." if found.genuine else "Recorded; still missing: "
    text = sentence if found.genuine else sentence + " ".join(reason["sentence"] for reason in reasons)
    return Answer({"ref": found.ref, "genuine": found.genuine, "reasons": reasons}, text, 0 if found.genuine else 1)


# --- answering


def propose_answer(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    proposed = answers.propose(args.ref, [_item_answer(text) for text in args.item], by=by, now=_now())
    text = (
        f"Proposed. Another member agrees with: abeyance request agree {proposed.ref} --answer {proposed.answer[:16]}"
    )
    return Answer({"ref": proposed.ref, "answer": proposed.answer}, text)


def agree_answer(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    agreed = answers.agree(args.ref, args.answer, by=by, now=_now())
    return Answer(
        {"ref": agreed.ref, "answer": agreed.answer, "agreed": True}, "Agreed. The minimum may be gathered now."
    )


def withdraw_answer(args: argparse.Namespace) -> Answer:
    answers.withdraw(args.ref, args.reason, by=people.acting(args, needs_credential=True), now=_now())
    return Answer({"ref": args.ref, "withdrawn": True}, "The answer is taken back; nothing of it leaves any more.")


def record_notice(args: argparse.Namespace) -> Answer:
    by, now = people.acting(args, needs_credential=args.approve), _now()
    if args.approve:
        count = notices.approve_deferral(args.ref, by=by, now=now)
        return Answer({"ref": args.ref, "approved": count}, f"{count} deferral(s) approved.")
    if not args.state:
        raise BadInput("Say what was decided: --state given, barred, forbidden or deferred; or --approve.")
    told = Told(NoticeState(args.state), args.until, args.order, args.reason)
    rows = notices.record(args.ref, told, items=frozenset(args.item), by=by, now=now)
    document = [{"item": row.item.number, "fact": row.kind, "until": documents.moment(row.until)} for row in rows]
    return Answer(document, f"Recorded for {len(rows)} item(s).")


def record_objection(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=args.answered)
    notices.objection(args.ref, args.item, answered=args.answered, by=by, now=_now())
    text = (
        "The objection is answered." if args.answered else "Recorded: nothing of this item leaves until it is answered."
    )
    return Answer({"ref": args.ref, "item": args.item, "answered": args.answered}, text)


def record_act(args: argparse.Namespace) -> Answer:
    by, now = people.acting(args, needs_credential=False), _now()
    reviewing.record_act(
        args.ref, ActKind(args.act), args.at or now, until=args.until, clock=args.clock, item=args.item, by=by, now=now
    )
    return _shown(door.open_for(by, args.ref, Permission.CASE_READ, now=now), by)


def use_exception(args: argparse.Namespace) -> Answer:
    by, now = people.acting(args, needs_credential=True), _now()
    if args.agree:
        exceptions.agree_use(args.ref, args.pause, args.exception, by=by, now=now)
        return Answer({"ref": args.ref, "exception": args.exception, "agreed": True}, "Agreed.")
    exceptions.propose_use(args.ref, args.pause, args.exception, by=by, now=now)
    return Answer({"ref": args.ref, "exception": args.exception, "agreed": False}, "Proposed; another member agrees.")


def preview(args: argparse.Namespace) -> Answer:
    found = making.preview(args.ref, by=people.acting(args, needs_credential=True), now=_now())
    told = [documents.item_preview(each) for each in found]
    return Answer(told, "\n".join(map(documents.preview_in_words, told)) or "Nothing would be gathered.")


def gather(args: argparse.Namespace) -> Answer:
    made = making.gather(args.ref, letter=letters.covering, by=people.acting(args, needs_credential=True), now=_now())
    told = documents.package(made)
    return Answer(
        told, f"Package {made.key} is sealed, {made.size} bytes. It leaves only through `abeyance package release`."
    )


def write_letter(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    case = door.open_for(by, args.ref, Permission.CASE_READ, now=_now())
    written = letters.write(case, args.kind, args.language, now=_now())
    files = [args.out / f"{case.ref}-{args.kind}.pdf", args.out / f"{case.ref}-{args.kind}.txt"]
    args.out.mkdir(parents=True, exist_ok=True)
    for path, content in zip(files, (written.pdf, written.text.encode()), strict=True):
        _write(path, content)
    return Answer({"files": [str(path) for path in files]}, "\n".join(map(str, files)))


def write_receipt(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=False)
    case = door.open_for(by, args.ref, Permission.CASE_READ, now=_now())
    _write(args.out, receipts.of_arrival(case).encode())
    return Answer({"file": str(args.out)}, f"{args.out}: anyone checks it with `abeyance verify {args.out}`.")


# --- ending


def close_request(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    return _shown(ending.close(args.ref, Closing(args.outcome), by=by, now=_now()), by)


def reopen(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    return _shown(ending.reopen(args.ref, by=by, now=_now()), by)


def send_back(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=False)
    return _shown(ending.send_back(args.ref, by=by, now=_now()), by)


def recall_request(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    left = recall.recall(args.ref, args.reason, suspend=args.suspend, by=by, now=_now())
    told = [documents.hand_over(row) for row in left]
    return Answer(
        told, f"Recalled {len(left)} hand-over(s); ask for deletion with `abeyance request letter --kind recall`."
    )


def legal_hold(args: argparse.Namespace) -> Answer:
    by, now = people.acting(args, needs_credential=False), _now()
    if args.end is not None:
        reviewing.end_hold(args.ref, args.end, by=by, now=now)
        return Answer({"hold": args.end, "in_force": False}, "The legal hold is ended.")
    row = reviewing.hold(args.ref, args.basis or "", by=by, now=now)
    return Answer({"hold": row.pk, "in_force": True}, f"Legal hold {row.pk} is in force.")


def add_reader(args: argparse.Namespace) -> Answer:
    reviewing.add_reader(args.ref, args.member, by=people.acting(args, needs_credential=True), now=_now())
    return Answer({"ref": args.ref, "reader": args.member}, f"{args.member} may read {args.ref}.")


def list_due(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=False)
    kept = policy.books()[0].policy.retention.closed_cases
    due = retention.due(kept, now=_now()) & door.visible_to(by)
    told = [
        {"ref": case.ref, "closed": documents.moment(case.closed_at)} for case in due.order_by("closed_at")[:10_000]
    ]
    lines = [f"{each['ref']}  closed {each['closed']}" for each in told]
    return Answer(told, "\n".join(lines) or f"Nothing was closed longer than {kept.days} days ago.")


def erase_request(args: argparse.Namespace) -> Answer:
    case = retention.erase(args.ref, args.reason, by=people.acting(args, needs_credential=True), now=_now())
    return Answer(
        {"ref": case.ref, "erased": True}, "Erased here. `abeyance keys rotate` ends what backups could open."
    )


# --- packages


def list_packages(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=False)
    case = door.open_for(by, args.ref, Permission.CASE_READ, now=_now())
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
        made = links.make(args.package, to=args.to, by=by, now=_now())
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
    row = handing.confirm(args.act, args.digest, by=by, now=_now())
    row.refresh_from_db()
    return Answer(documents.hand_over(row), "Confirmed.")


def readable(key: UUID, by: str) -> Package:
    """The package, if this member may read its request; otherwise there is none."""
    package = Package.objects.select_related("case").filter(pk=key).first()
    if package is None:
        raise NotFound("There is no such package that you may read.")
    door.open_for(by, package.case.ref, Permission.CASE_READ, now=_now())
    return package


# --- what is given on the command line


def _item_answer(text: str) -> ItemAnswer:
    number, _, rest = text.partition("=")
    outcome, _, fields = rest.partition(":")
    if not number.isdigit() or not outcome:
        raise BadInput(f"--item {text[:60]!r}: write 1=release, 2=refuse or 1=release:field,field.")
    return ItemAnswer(int(number), outcome, frozenset(field for field in fields.split(",") if field))


def _stated(path: Path) -> demandfile.StatedDemand:
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
        if len(raw) > LARGEST:
            raise BadInput(f"{path} is larger than {LARGEST // 2**20} MiB.")
        document = json.loads(raw) if path.suffix == ".json" else tomllib.loads(raw.decode())
    except OSError as problem:
        raise BadInput(f"{path} cannot be read: {problem.strerror}.") from None
    except (ValueError, RecursionError) as problem:
        raise BadInput(f"{path} is not readable: {str(problem)[:200]}.") from None
    return stated_demand(document)


def stated_demand(document: object) -> demandfile.StatedDemand:
    if not isinstance(document, dict):
        raise BadInput("A demand is a table of keys: kind, agency, items and so on.")
    try:
        return demandfile.parse_demand(document)
    except demandfile.Unreadable as problem:
        raise BadInput(str(problem)) from None


def _write(path: Path, content: bytes) -> None:
    try:
        with path.open("xb") as file:
            path.chmod(0o600)
            file.write(content)
    except FileExistsError:
        raise BadInput(f"{path} exists already; nothing was written.") from None
    except OSError as problem:
        raise BadInput(f"{path} cannot be written: {problem.strerror}.") from None


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text} has no zone; end it with Z or +08:00")
    return found.astimezone(UTC)


def _uuid(text: str) -> UUID:
    return UUID(text)


def _now() -> datetime:
    return datetime.now(UTC)
