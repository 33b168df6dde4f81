"""`abeyance request`: every act on a request, in the order in which they mostly happen."""

from __future__ import annotations

import argparse
import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from abeyance import givenfile
from abeyance.answer import actions as answers
from abeyance.answer import steps
from abeyance.answer.actions import ItemAnswer
from abeyance.casefile import door, ending, retention
from abeyance.casefile.ending import Closing
from abeyance.casefile.models import Case
from abeyance.console import Answer
from abeyance.errors import BadInput
from abeyance.intake import confirming, duplicates
from abeyance.notice import actions as notices
from abeyance.notice import holders
from abeyance.notice.actions import Told
from abeyance.pauses import exceptions
from abeyance.people import commands as people
from abeyance.policy import queries as policy
from abeyance.release import making, recall, recalling
from abeyance.review import actions as reviewing
from abeyance.review import holds
from abeyance.rules import demandfile
from abeyance.rules.instruments import ActKind
from abeyance.rules.notice import NoticeState
from abeyance.rules.people import Permission
from abeyance.rules.recalls import Step
from abeyance.rules.verification import FindingKind
from abeyance.site import portal
from abeyance.site.requests import (
    again,
    documents,
    drafting,
    letters,
    overriding,
    packages,
    papers,
    places,
    preserving,
    receipts,
    rerouted,
    verbs,
    verifying,
    versions,
)
from abeyance.site.requests.verbs import Parser, verb
from abeyance.verification import actions as verification

LARGEST = 4 * 2**20


def register(sub: argparse._SubParsersAction[Parser]) -> None:
    request = sub.add_parser("request", help="requests: read, confirm, verify, answer, close")
    acts = request.add_subparsers(dest="verb", required=True, metavar="VERB")
    _register_reading(acts)
    _register_answering(acts)
    _register_ending(acts)
    packages.register(sub)


def _register_reading(sub: Any) -> None:
    listed = verb(sub, "list", list_requests, "requests that you may read, soonest due first", ref=False)
    listed.add_argument("--state")
    listed.add_argument("--limit", type=int, default=100)
    verb(sub, "show", show, "one request: verdicts, what holds it, clocks")
    draft = verb(sub, "draft", write_draft, "write what was read in the papers as a file to correct")
    draft.add_argument("file", type=Path, metavar="FILE.toml")
    confirm = verb(sub, "confirm", confirm_demand, "state what the papers demand; again: a new version")
    confirm.add_argument("file", type=Path, metavar="FILE.toml|FILE.json")
    verb(sub, "versions", show_versions, "what changed from each version of the demand to the next")
    same = verb(sub, "duplicate", decide_duplicate, "decide whether it is an earlier demand once more")
    same.add_argument("--same", choices=["yes", "no"], required=True)
    labels = verb(sub, "agree-labels", agree_labels, "agree, as a second person, to who asks and under which law")
    labels.add_argument(
        "--version", type=int, required=True, help="of the demand that you looked at; a later one is refused"
    )
    places.register(sub)
    verify = verb(sub, "verify", verify_requester, "record how the requester was found genuine, or false")
    verify.add_argument("--how", choices=[kind.value for kind in FindingKind])
    verify.add_argument(
        "--contact", default="", help="the number, address or fingerprint of the directory that was used"
    )
    verify.add_argument("--contact-differs", action="store_true", help="the request gives other numbers or addresses")
    verify.add_argument("--false", dest="false", metavar="REASON", help="not genuine: a code such as agency-denies")
    verify.add_argument("--note", default="")


def _register_answering(sub: Any) -> None:
    propose = verb(sub, "propose", propose_answer, "propose the answer; without --item: what each verdict says")
    propose.add_argument("--item", action="append", default=[], metavar="N=OUTCOME[:FIELD,...]")
    propose.add_argument("--why", default="", help="the ground of what is refused, as the letter will say it")
    agree = verb(sub, "agree", agree_answer, "agree to the proposed answer, as a second person")
    agree.add_argument("--answer", required=True, help="digest of the answer that you looked at")
    verb(sub, "withdraw", withdraw_answer, "take an answer back").add_argument("--reason", default="", metavar="CODE")
    notice = verb(sub, "notice", record_notice, "record what was decided about telling the account holder")
    notice.add_argument("--state", choices=[state.value for state in NoticeState])
    notice.add_argument("--item", type=int, action="append", default=[])
    notice.add_argument("--until", type=_moment)
    notice.add_argument("--order", default="")
    notice.add_argument("--reason", default="")
    notice.add_argument(
        "--approve",
        metavar="DIGEST",
        help="approve the deferrals that wait, as `request show` shows them, as a second person",
    )
    telling = verb(
        sub, "tell", tell_holder, "write the notice to the account holder of an item, and record it as given"
    )
    telling.add_argument("--item", type=int, required=True)
    telling.add_argument("--channel", choices=[each.value for each in holders.Channel], required=True)
    telling.add_argument("--risk", choices=[each.value for each in holders.Risk], required=True)
    telling.add_argument("--language", choices=holders.LANGUAGES, default="en")
    objection = verb(
        sub, "objection", record_objection, "the account holder objects; until it is answered nothing leaves"
    )
    objection.add_argument("--item", type=int, required=True)
    objection.add_argument("--answered", action="store_true", help="the objection has been answered")
    clock = verb(sub, "clock", record_act, "record an act that clocks run from")
    clock.add_argument("--act", required=True, choices=[kind.value for kind in ActKind])
    clock.add_argument("--at", type=_moment)
    clock.add_argument("--until", type=_moment)
    clock.add_argument("--clock")
    clock.add_argument("--item", type=int)
    exception = verb(sub, "exception", use_exception, "propose or agree to use an announced exception of a pause")
    exception.add_argument("pause")
    exception.add_argument("exception")
    exception.add_argument("--agree", action="store_true")
    overriding.register(sub)
    preserving.register(sub)
    rerouted.register(sub)
    again.register(sub)
    verb(sub, "preview", preview, "fields and counts that would be gathered; nothing is collected")
    verb(sub, "gather", gather, "collect the agreed minimum and seal it into a package")
    papers.register(sub)
    receipt = verb(sub, "receipt", write_receipt, "write the receipt of the arrival; anyone checks it offline")
    receipt.add_argument("--out", type=Path, required=True, metavar="FILE")
    letter = verb(sub, "letter", write_letter, "write a letter, as PDF and text")
    letter.add_argument("--kind", choices=letters.KINDS, required=True)
    letter.add_argument("--language", choices=letters.LANGUAGES, default="en")
    letter.add_argument("--out", type=Path, required=True, metavar="FOLDER")


def _register_ending(sub: Any) -> None:
    close = verb(sub, "close", close_request, "close a request with an outcome")
    close.add_argument("--outcome", required=True, choices=[outcome.value for outcome in Closing])
    verb(sub, "reopen", reopen, "begin again with verification")
    verb(sub, "send-back", send_back, "back to verification and review, after a pause was lifted")
    recalled = verb(sub, "recall", recall_request, "ask for deletion of what was handed over; links become void")
    recalled.add_argument("--reason", required=True, metavar="CODE", help="such as wrong-account")
    recalled.add_argument("--suspend", action="store_true", help="also suspend the recipient in the directory")
    step = verb(sub, "recall-step", record_recall_step, "record what was done after a recall")
    step.add_argument("--step", choices=[each.value for each in Step], required=True)
    step.add_argument("--note", default="", help="sealed with the request")
    hold = verb(sub, "hold", legal_hold, "a legal hold: nothing of the request is destroyed")
    hold.add_argument("--basis")
    hold.add_argument("--end", type=int, metavar="NUMBER", help="propose that it ends; another member agrees")
    verb(sub, "reader-add", add_reader, "let a member read a restricted request").add_argument("member")
    verb(sub, "reader-remove", remove_reader, "let a member read it no longer").add_argument("member")
    verb(sub, "restrict", restrict, "from now on only counsel and named readers may know of it; never undone")
    verb(sub, "retention", list_due, "requests that are past their time and may be erased", ref=False)
    erase = verb(sub, "erase", erase_request, "erase a closed request; then run `abeyance keys rotate`")
    erase.add_argument("--reason", default="retention")


# --- reading and confirming


def list_requests(args: argparse.Namespace) -> Answer:
    reader, now = people.acting(args, needs_credential=False), verbs.now()
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
    return _shown(door.open_for(reader, args.ref, Permission.CASE_READ, now=verbs.now()), reader)


def _shown(case: Case, reader: str) -> Answer:
    case.refresh_from_db()
    steps.keep(case, now=verbs.now())
    told = documents.in_full(case, now=verbs.now(), reader=reader)
    return Answer(told, documents.in_words(told))


def write_draft(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    case = door.open_for(by, args.ref, Permission.CASE_READ, now=verbs.now())
    verbs.write_new(args.file, drafting.draft(case).encode())
    return Answer(
        {"file": str(args.file)}, f"{args.file}: correct it, then abeyance request confirm {case.ref} {args.file}"
    )


def confirm_demand(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=False)
    confirming.confirm(args.ref, _stated(args.file), by=by, now=verbs.now())
    return _shown(door.open_for(by, args.ref, Permission.CASE_READ, now=verbs.now()), by)


def show_versions(args: argparse.Namespace) -> Answer:
    reader = people.acting(args, needs_credential=False)
    case = door.open_for(reader, args.ref, Permission.CASE_READ, now=verbs.now())
    told = versions.listed(case, reader=reader)
    return Answer({"ref": case.ref, "versions": told}, versions.in_words(told))


def decide_duplicate(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=False)
    return _shown(duplicates.decide(args.ref, args.same == "yes", by=by, now=verbs.now()), by)


def agree_labels(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    confirming.agree_labels(args.ref, args.version, by=by, now=verbs.now())
    return _shown(door.open_for(by, args.ref, Permission.CASE_READ, now=verbs.now()), by)


def verify_requester(args: argparse.Namespace) -> Answer:
    by, now = people.acting(args, needs_credential=True), verbs.now()
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
    proposed = answers.propose(
        args.ref, [_item_answer(text) for text in args.item], why=args.why, by=by, now=verbs.now()
    )
    text = (
        f"Proposed. Another member agrees with: abeyance request agree {proposed.ref} --answer {proposed.answer[:16]}"
    )
    return Answer({"ref": proposed.ref, "answer": proposed.answer}, text)


def agree_answer(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    agreed = answers.agree(args.ref, args.answer, by=by, now=verbs.now())
    return Answer(
        {"ref": agreed.ref, "answer": agreed.answer, "agreed": True}, "Agreed. The minimum may be gathered now."
    )


def withdraw_answer(args: argparse.Namespace) -> Answer:
    answers.withdraw(args.ref, args.reason, by=people.acting(args, needs_credential=True), now=verbs.now())
    return Answer({"ref": args.ref, "withdrawn": True}, "The answer is taken back; nothing of it leaves any more.")


def record_notice(args: argparse.Namespace) -> Answer:
    by, now = people.acting(args, needs_credential=args.approve is not None), verbs.now()
    if args.approve is not None:
        count = notices.approve_deferral(args.ref, args.approve, by=by, now=now)
        return Answer({"ref": args.ref, "approved": count}, f"{count} deferral(s) approved.")
    if not args.state:
        raise BadInput("Say what was decided: --state given, barred, forbidden or deferred; or --approve.")
    told = Told(NoticeState(args.state), args.until, args.order, args.reason)
    rows = notices.record(args.ref, told, items=frozenset(args.item), by=by, now=now)
    document = [{"item": row.item.number, "fact": row.kind, "until": documents.moment(row.until)} for row in rows]
    return Answer(document, f"Recorded for {len(rows)} item(s).")


def tell_holder(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    given = holders.give(
        args.ref,
        args.item,
        channel=holders.Channel(args.channel),
        risk=holders.Risk(args.risk),
        language=args.language,
        address=portal.portal_address(),
        by=by,
        now=verbs.now(),
    )
    return Answer({"ref": args.ref, "text": given.text, "until": documents.moment(given.until)}, given.text)


def record_objection(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=args.answered)
    notices.objection(args.ref, args.item, answered=args.answered, by=by, now=verbs.now())
    text = (
        "The objection is answered." if args.answered else "Recorded: nothing of this item leaves until it is answered."
    )
    return Answer({"ref": args.ref, "item": args.item, "answered": args.answered}, text)


def record_act(args: argparse.Namespace) -> Answer:
    by, now = people.acting(args, needs_credential=False), verbs.now()
    reviewing.record_act(
        args.ref, ActKind(args.act), args.at or now, until=args.until, clock=args.clock, item=args.item, by=by, now=now
    )
    return _shown(door.open_for(by, args.ref, Permission.CASE_READ, now=now), by)


def use_exception(args: argparse.Namespace) -> Answer:
    by, now = people.acting(args, needs_credential=True), verbs.now()
    if args.agree:
        exceptions.agree_use(args.ref, args.pause, args.exception, by=by, now=now)
        return Answer({"ref": args.ref, "exception": args.exception, "agreed": True}, "Agreed.")
    exceptions.propose_use(args.ref, args.pause, args.exception, by=by, now=now)
    return Answer({"ref": args.ref, "exception": args.exception, "agreed": False}, "Proposed; another member agrees.")


def preview(args: argparse.Namespace) -> Answer:
    found = making.preview(args.ref, by=people.acting(args, needs_credential=True), now=verbs.now())
    told = [documents.item_preview(each) for each in found]
    return Answer(told, "\n".join(map(documents.preview_in_words, told)) or "Nothing would be gathered.")


def gather(args: argparse.Namespace) -> Answer:
    made = making.gather(
        args.ref, letter=letters.covering, by=people.acting(args, needs_credential=True), now=verbs.now()
    )
    told = documents.package(made)
    return Answer(
        told, f"Package {made.key} is sealed, {made.size} bytes. It leaves only through `abeyance package release`."
    )


def write_letter(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    case = door.open_for(by, args.ref, Permission.CASE_READ, now=verbs.now())
    written = letters.write(case, args.kind, args.language, now=verbs.now())
    files = [args.out / f"{case.ref}-{args.kind}.pdf", args.out / f"{case.ref}-{args.kind}.txt"]
    args.out.mkdir(parents=True, exist_ok=True)
    for path, content in zip(files, (written.pdf, written.text.encode()), strict=True):
        verbs.write_new(path, content)
    return Answer({"files": [str(path) for path in files]}, "\n".join(map(str, files)))


def write_receipt(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=False)
    case = door.open_for(by, args.ref, Permission.CASE_READ, now=verbs.now())
    verbs.write_new(args.out, receipts.of_arrival(case).encode())
    return Answer({"file": str(args.out)}, f"{args.out}: anyone checks it with `abeyance verify {args.out}`.")


# --- ending


def close_request(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    return _shown(ending.close(args.ref, Closing(args.outcome), by=by, now=verbs.now()), by)


def reopen(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    return _shown(ending.reopen(args.ref, by=by, now=verbs.now()), by)


def send_back(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=False)
    return _shown(ending.send_back(args.ref, by=by, now=verbs.now()), by)


def recall_request(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    left = recall.recall(args.ref, args.reason, suspend=args.suspend, by=by, now=verbs.now())
    told = [documents.hand_over(row) for row in left]
    return Answer(
        told, f"Recalled {len(left)} hand-over(s); ask for deletion with `abeyance request letter --kind recall`."
    )


def record_recall_step(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    row = recalling.record(args.ref, Step(args.step), args.note, by=by, now=verbs.now())
    told = documents.recall(row.case, now=verbs.now())
    return Answer({"ref": row.case.ref, "recall": told}, "\n".join(each["sentence"] for each in told))


def legal_hold(args: argparse.Namespace) -> Answer:
    by, now = people.acting(args, needs_credential=args.end is not None), verbs.now()
    if args.end is not None:
        return people.proposed(holds.propose_end(args.ref, args.end, by=by, now=now))
    row = holds.hold(args.ref, args.basis or "", by=by, now=now)
    return Answer({"hold": row.pk, "in_force": True}, f"Legal hold {row.pk} is in force.")


def add_reader(args: argparse.Namespace) -> Answer:
    reviewing.add_reader(args.ref, args.member, by=people.acting(args, needs_credential=True), now=verbs.now())
    return Answer({"ref": args.ref, "reader": args.member}, f"{args.member} may read {args.ref}.")


def remove_reader(args: argparse.Namespace) -> Answer:
    reviewing.remove_reader(args.ref, args.member, by=people.acting(args, needs_credential=True), now=verbs.now())
    return Answer({"ref": args.ref, "removed": args.member}, f"{args.member} may no longer read {args.ref}.")


def restrict(args: argparse.Namespace) -> Answer:
    reviewing.restrict(args.ref, by=people.acting(args, needs_credential=True), now=verbs.now())
    return Answer({"ref": args.ref, "restricted": True}, f"Only counsel and named readers may know of {args.ref} now.")


def list_due(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=False)
    kept = policy.books()[0].policy.retention.closed_cases
    due = retention.due(kept, now=verbs.now()) & door.visible_to(by)
    told = [
        {"ref": case.ref, "closed": documents.moment(case.closed_at)} for case in due.order_by("closed_at")[:10_000]
    ]
    lines = [f"{each['ref']}  closed {each['closed']}" for each in told]
    return Answer(told, "\n".join(lines) or f"Nothing was closed longer than {kept.days} days ago.")


def erase_request(args: argparse.Namespace) -> Answer:
    case = retention.erase(args.ref, args.reason, by=people.acting(args, needs_credential=True), now=verbs.now())
    return Answer(
        {"ref": case.ref, "erased": True}, "Erased here. `abeyance keys rotate` ends what backups could open."
    )


# --- what is given on the command line


def _item_answer(text: str) -> ItemAnswer:
    number, _, rest = text.partition("=")
    outcome, _, fields = rest.partition(":")
    if not number.isdigit() or not outcome:
        raise BadInput(f"--item {text[:60]!r}: write 1=release, 2=refuse or 1=release:field,field.")
    return ItemAnswer(int(number), outcome, frozenset(field for field in fields.split(",") if field))


def _stated(path: Path) -> demandfile.StatedDemand:
    try:
        raw = givenfile.content(path, LARGEST)
        if len(raw) > LARGEST:
            raise BadInput(f"{path} is larger than {LARGEST // 2**20} MiB.")
        document = json.loads(raw) if path.suffix == ".json" else tomllib.loads(raw.decode())
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


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text} has no zone; end it with Z or +08:00")
    return found.astimezone(UTC)
