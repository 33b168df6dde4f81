"""One request as a page that reads as a story, and every step of it. What may be done, and why not, comes from the same
reasons as the gate's; each step is one action of the room that it belongs to."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from typing import Any, BinaryIO, cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from abeyance import seals
from abeyance.answer import actions as answers
from abeyance.answer.actions import ItemAnswer
from abeyance.casefile import door, ending, retention
from abeyance.casefile import facts as casefacts
from abeyance.casefile.ending import Closing
from abeyance.casefile.models import Case
from abeyance.errors import BadInput, Locked, Refused
from abeyance.intake import confirming, taking
from abeyance.ledger import listing
from abeyance.notice import actions as notices
from abeyance.notice.actions import Told
from abeyance.pauses import exceptions, store
from abeyance.people import queries as people
from abeyance.people.directory import queries as directory
from abeyance.people.pages import MemberRequest, act, page
from abeyance.policy import queries as policy
from abeyance.release import actions as gate
from abeyance.release import handing, links, making, recall
from abeyance.review import actions as reviewing
from abeyance.rules.events import CaseMoved
from abeyance.rules.instruments import ActKind
from abeyance.rules.lifecycle import State
from abeyance.rules.notice import NoticeState
from abeyance.rules.permissions import Permission
from abeyance.rules.terms import DataCategory, DemandKind, Ground, IdentifierKind, RequesterKind
from abeyance.rules.verification import FindingKind
from abeyance.seals.uploads import SealedUpload
from abeyance.site.pages import queue, saying_who
from abeyance.site.requests import commands, documents, drafting, letters, packages, receipts, verifying
from abeyance.verification import actions as verification

MOST_ENTRIES = 500
BLANK_ITEMS = 2
OUTCOMES = ("release", "refuse", "reroute", "nothing-held")
ITEM_TEXTS: tuple[str, ...] = ("service", "category", "identifier_kind", "identifier", "nexus")
ITEM_TEXTS += ("controller", "stored_in", "subject_country")
PARTICULARS = ("officer", "contact", "reference", "offence", "notes")
P = Permission


# --- arriving


@page(P.INTAKE_RECEIVE, methods=("GET", "POST"))
def new(request: MemberRequest) -> HttpResponse:
    """Files by drag and drop, or a note of what came by post or telephone."""
    if request.method == "GET":
        return render(request, "pages/new.html", {})
    if request.POST.get("text", "").strip():
        channel = "post" if request.POST.get("channel") == "post" else "telephone"
        arrived = [taking.take_note(request.POST["text"], channel=channel, by=request.member, now=_now())]
    else:
        arrived = _uploaded(request)
    for each in arrived:
        said = (
            _("%(ref)s was here already: the very same bytes.")
            if each.duplicate
            else _("%(ref)s has arrived and is sealed.")
        )
        messages.success(request, said % {"ref": each.ref})
    there = redirect("case", ref=arrived[0].ref) if len(arrived) == 1 else redirect("requests")
    if "X-Abeyance-Upload" in request.headers:  # a script goes there itself, so that the message is not used up
        return HttpResponse(status=201, headers={"Location": there["Location"]})
    return there


def _uploaded(request: MemberRequest) -> list[Any]:
    uploads = [file for _name, files in request.FILES.lists() for file in files]
    if not uploads:
        raise BadInput("Choose at least one file, or write down what came by post or telephone.")
    for file in uploads:
        if isinstance(file, SealedUpload) and file.too_large:
            raise BadInput(f"{file.name} is larger than intake takes; nothing of this upload was kept.")
    groups = [uploads] if request.POST.get("together") else [[file] for file in uploads]
    arrived = []
    for group in groups:
        with ExitStack() as held:
            paths = [held.enter_context(taking.in_memory(cast(BinaryIO, file))) for file in group]
            names = [(file.name or "file")[:400] for file in group]
            arrived.append(taking.take_together(paths, channel="file", by=request.member, now=_now(), names=names))
    return arrived


# --- looking


@page(P.CASE_READ)
def case(request: MemberRequest, ref: str) -> HttpResponse:
    now, by = _now(), request.member
    found = _case(ref, by)
    queue.catch_up(now)
    told = documents.in_full(found, now=now, reader=by)
    allowed = people.actor(by).permissions
    step = queue.STEPS.get(State(found.state))
    context = {
        "case": found,
        "told": told,
        "step": step[0] if step else None,
        "may_step": bool(step and step[1] in allowed),
        "who_may": step[1].value if step else "",
        "held": _held(told),
        "clocks": _clocks(told),
        "story": _story(found),
        "readers": _readers(found),
        "holds": list(found.legal_holds.filter(ended_at=None)),
        "exceptions": _exceptions(found, told),
        "letters": _letters(told),
        "packages": [_with_keys(each, told) for each in told["packages"]],
        "categories": [each.value for each in DataCategory],
        "ways": [kind.value for kind in FindingKind],
        "notice_states": [state.value for state in NoticeState],
        "acts": [kind.value for kind in ActKind if kind is not ActKind.RELEASED],
        "closings": [closing.value for closing in Closing],
        "outcomes": OUTCOMES,
        "contacts": _contacts(told),
        "state": found.state,
    }
    context |= _for_state(found, told, by, now)
    return render(request, "pages/case.html", context)


def _for_state(found: Case, told: Mapping[str, Any], by: str, now: datetime) -> dict[str, Any]:
    """What only one step needs; a locked desk shows the page without it."""
    with suppress(Locked, Refused):
        if found.state == State.TO_VERIFY:
            arrival = verifying.arrival_of(found.ref, contact_differs=False, by=by, now=now)
            bars = verification.raised_bars(found.ref, arrival, policy.books()[0].policy, by=by, now=now)
            return {"bars": verifying.reasons_of(bars)}
        if found.state == State.PROPOSED:
            rows = [casefacts.standing_approval(item) for item in casefacts.items_of(casefacts.newest_demand(found))]
            standing = [row for row in rows if row is not None]
            return {
                "proposed": [_in_plain_words(row, told) for row in standing],
                "proposer": saying_who.name_of(standing[0].proposed_by) if standing else "",
                "own_proposal": bool(standing) and standing[0].proposed_by == by,
                "answer": answers.digest_of(standing),
            }
    return {}


def _in_plain_words(row: Any, told: Mapping[str, Any]) -> dict[str, Any]:
    """What was asked beside what is proposed, field by field."""
    item = next(each for each in told["items"] if each["item"] == row.item.number)
    asked, given = set(item["asked_fields"]), set(row.fields)
    return {
        "item": item,
        "outcome": row.outcome,
        "given": sorted(given),
        "kept_back": sorted(asked - given),
        "not_asked": sorted(given - asked) if asked else [],
        "period": [row.period_start, row.period_end],
        "narrowed": (item["period"] != [documents.moment(row.period_start), documents.moment(row.period_end)])
        and row.outcome == "release",
        "reasons": row.reasons,
    }


@page(P.CASE_READ)
def preview(request: MemberRequest, ref: str) -> HttpResponse:
    """Counts and fields of what would leave, read from the services now; no values."""
    found = _case(ref, request.member)
    seen = [documents.item_preview(each) for each in making.preview(ref, by=request.member, now=_now())]
    return render(request, "pages/preview.html", {"case": found, "seen": seen})


@page(P.CASE_READ)
def receipt(request: MemberRequest, ref: str) -> HttpResponse:
    text = receipts.of_arrival(_case(ref, request.member))
    return _file(text.encode(), f"{ref.upper()}.receipt.txt", "text/plain; charset=utf-8")


@page(P.CASE_READ)
def letter(request: MemberRequest, ref: str, kind: str, language: str) -> HttpResponse:
    """As it will be printed."""
    if kind not in letters.KINDS or language not in letters.LANGUAGES:
        raise BadInput("There is no such letter.")
    written = letters.write(_case(ref, request.member), kind, language, now=_now())
    answer = _file(written.pdf, f"{ref.upper()}-{kind}-{language}.pdf", "application/pdf")
    answer["Content-Disposition"] = "inline"
    return answer


@page(P.CASE_READ)
def original(request: MemberRequest, ref: str, key: UUID) -> HttpResponseBase:
    """The bytes as they came, to be saved: a browser must not open what a stranger has sent."""
    found = _case(ref, request.member)
    document = found.documents.filter(key=key).first()
    if document is None:
        raise BadInput("This request has no such document.")
    pieces = seals.unseal_file(found.holder, retention.document_file(document), place=document.place)
    answer = StreamingHttpResponse(pieces, content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="{found.ref}-{str(key)[:8]}.original"'
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


# --- stating what is demanded


@page(P.DEMAND_CONFIRM, methods=("GET", "POST"))
def confirm(request: MemberRequest, ref: str) -> HttpResponse:
    """Documents beside suggestions: a person makes facts of them."""
    found = _case(ref, request.member)
    problem, draft = "", {}
    if request.method == "POST":
        draft = _stated(request)
        try:
            confirming.confirm(ref, commands.stated_demand(draft), by=request.member, now=_now())
        except BadInput as wrong:
            problem = str(wrong)
        else:
            messages.success(request, _("What is demanded is recorded."))
            return redirect("case", ref=ref)
    else:
        draft = tomllib.loads(drafting.draft(found))
    context = _choices() | {
        "case": found,
        "problem": problem,
        "draft": draft,
        "items": [*draft.get("items", []), *({} for _blank in range(BLANK_ITEMS))],
        "suggestions": documents.suggestions(found),
        "documents": [_readable_document(found, document) for document in found.documents.order_by("pk")],
        "particulars": [(name, draft.get("particulars", {}).get(name, "")) for name in _particular_names(draft)],
    }
    return render(request, "pages/confirm.html", context, status=422 if problem else 200)


def _particular_names(draft: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys([*PARTICULARS, *draft.get("particulars", {})]))


def _stated(request: MemberRequest) -> dict[str, Any]:
    """The form as the document that `request confirm` reads, so that one reader judges both."""
    said: Any = request.POST
    stated: dict[str, Any] = {
        key: said.get(key, "").strip()
        for key in ("kind", "requester", "jurisdiction", "agency", "instrument", "ground", "entity")
    }
    stated["jurisdiction"] = stated["jurisdiction"].upper()
    stated |= {"emergency": "emergency" in said, "secrecy": "secrecy" in said}
    stated |= {key: _moment(said.get(key, "")) for key in ("served_at", "deadline")}
    stated["particulars"] = {
        name.removeprefix("about-"): value.strip()
        for name, value in said.items()
        if name.startswith("about-") and value.strip()
    }
    parts = [name.split("-") for name in said if name.startswith("item-")]
    numbers = sorted({int(part[1]) for part in parts if len(part) == 3 and part[1].isdecimal()})
    items = [_stated_item(said, number) for number in numbers[:1000]]
    stated["items"] = [item for item in items if item["identifier"] or item["fields"]]
    return stated


def _stated_item(said: Any, number: int) -> dict[str, Any]:
    item: dict[str, Any] = {key: said.get(f"item-{number}-{key}", "").strip() for key in ITEM_TEXTS}
    item |= {key: _moment(said.get(f"item-{number}-{key}", "")) for key in ("period_start", "period_end")}
    item["fields"] = [word for word in said.get(f"item-{number}-fields", "").replace(",", " ").split() if word]
    return item


def _moment(text: str) -> Any:
    """A date and time field of a browser is in the reader's zone and says none."""
    text = text.strip()
    if not text:
        return ""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return text
    return found if found.tzinfo else found.replace(tzinfo=timezone.get_current_timezone())


def _choices() -> dict[str, Any]:
    books = policy.books()[0]
    return {
        "kinds": [each.value for each in DemandKind],
        "requesters": [each.value for each in RequesterKind],
        "grounds": [each.value for each in Ground],
        "categories": [each.value for each in DataCategory],
        "identifier_kinds": [each.value for each in IdentifierKind],
        "agencies": [(code, name) for code, name, _country in directory.names()],
        "instruments": sorted(books.entries),
        "services": sorted(each.service for each in books.maps),
    }


# --- acting


Verb = Callable[[MemberRequest, str], object]


def _words(request: MemberRequest, name: str = "reason") -> str:
    return request.POST.get(name, "").strip()


def _items(request: MemberRequest) -> frozenset[int]:
    return frozenset(int(number) for number in request.POST.getlist("items") if number.isdecimal())


def _genuine(request: MemberRequest, ref: str) -> None:
    by, now = request.member, _now()
    arrival = verifying.arrival_of(ref, contact_differs="contact_differs" in request.POST, by=by, now=now)
    how, rules = _one_of(FindingKind, _words(request, "how")), policy.books()[0].policy
    found = verification.find_genuine(
        ref, how, _words(request, "contact"), arrival, rules, note=_words(request, "note"), by=by, now=now
    )
    verification.require_genuine(found)


def _propose(request: MemberRequest, ref: str) -> None:
    chosen = []
    for number in sorted(_items(request)):
        outcome = _words(request, f"outcome-{number}")
        if outcome:
            fields = frozenset(request.POST.getlist(f"fields-{number}"))
            chosen.append(ItemAnswer(number, outcome, fields))
    answers.propose(ref, chosen, by=request.member, now=_now())


def _notice(request: MemberRequest, ref: str) -> None:
    until = _moment(_words(request, "until"))
    told = Told(
        _one_of(NoticeState, _words(request, "state")), until or None, _words(request, "order"), _words(request)
    )
    notices.record(ref, told, items=_items(request), by=request.member, now=_now())


def _objection(request: MemberRequest, ref: str) -> None:
    for number in _items(request):
        notices.objection(ref, number, answered="answered" in request.POST, by=request.member, now=_now())


def _record(request: MemberRequest, ref: str) -> None:
    now = _now()
    reviewing.record_act(
        ref,
        _one_of(ActKind, _words(request, "act")),
        _moment(_words(request, "at")) or now,
        until=_moment(_words(request, "until")) or None,
        clock=_words(request, "clock") or None,
        item=None,
        by=request.member,
        now=now,
    )


def _gather(request: MemberRequest, ref: str) -> None:
    making.gather(ref, letter=letters.covering, by=request.member, now=_now())


def _recall(request: MemberRequest, ref: str) -> None:
    recall.recall(ref, _words(request), suspend="suspend" in request.POST, by=request.member, now=_now())


def _end_hold(request: MemberRequest, ref: str) -> None:
    number = _words(request, "number")
    reviewing.end_hold(ref, int(number) if number.isdecimal() else 0, by=request.member, now=_now())


def _exception(act_: Callable[..., object]) -> Verb:
    def run(request: MemberRequest, ref: str) -> None:
        pause, _slash, name = _words(request, "exception").partition("/")
        act_(ref, pause, name, by=request.member, now=_now())

    return run


VERBS: dict[str, Verb] = {
    "genuine": _genuine,
    "false": lambda request, ref: verification.find_false(ref, _words(request), by=request.member, now=_now()),
    "propose": _propose,
    "withdraw": lambda request, ref: answers.withdraw(ref, _words(request), by=request.member, now=_now()),
    "notice": _notice,
    "objection": _objection,
    "record": _record,
    "gather": _gather,
    "recall": _recall,
    "close": lambda request, ref: ending.close(
        ref, _one_of(Closing, _words(request, "outcome")), by=request.member, now=_now()
    ),
    "reopen": lambda request, ref: ending.reopen(ref, by=request.member, now=_now()),
    "send-back": lambda request, ref: ending.send_back(ref, by=request.member, now=_now()),
    "hold": lambda request, ref: reviewing.hold(ref, _words(request), by=request.member, now=_now()),
    "end-hold": _end_hold,
    "reader": lambda request, ref: reviewing.add_reader(ref, _words(request, "reader"), by=request.member, now=_now()),
    "propose-exception": _exception(exceptions.propose_use),
}
SECOND: dict[str, Verb] = {
    "answer": lambda request, ref: answers.agree(ref, _words(request, "answer"), by=request.member, now=_now()),
    "labels": lambda request, ref: confirming.agree_labels(ref, by=request.member, now=_now()),
    "deferral": lambda request, ref: notices.approve_deferral(ref, by=request.member, now=_now()),
    "exception": _exception(exceptions.agree_use),
    "erase": lambda request, ref: retention.erase(ref, "retention", by=request.member, now=_now()),
}


@act(P.CASE_READ)
def act_on(request: MemberRequest, ref: str, verb: str) -> HttpResponse:
    """One step by one person; the action says whether this person may."""
    return _done(request, ref, VERBS.get(verb))


@act(P.CASE_READ, step_up=True)
def agree_on(request: MemberRequest, ref: str, verb: str) -> HttpResponse:
    """What a second person says, or what cannot be undone: only shortly after saying again who one is."""
    return _done(request, ref, SECOND.get(verb))


def _done(request: MemberRequest, ref: str, verb: Verb | None) -> HttpResponse:
    if verb is None:
        raise BadInput("There is no such step.")
    verb(request, ref)
    messages.success(request, _("Done and recorded."))
    return redirect("case", ref=ref)


# --- handing over


@page(P.CASE_READ)
def package(request: MemberRequest, key: UUID) -> HttpResponse:
    found = packages.readable(key, request.member)
    told = documents.in_full(found.case, now=_now(), reader=request.member)
    to = request.GET.get("to", "")[:80]
    verdict = gate.could_leave(key, to=to, by=request.member) if to else None
    context = {"case": found.case, "package": _with_keys(documents.package(found), told), "to": to, "verdict": verdict}
    return render(request, "pages/package.html", context)


@act(P.PACKAGE_RELEASE, step_up=True)
def hand_over(request: MemberRequest, key: UUID) -> HttpResponseBase:
    """Through the gate: as a file to this browser, by mail, or as a link with a code for a second channel."""
    found = packages.readable(key, request.member)
    to, way, by = _words(request, "to"), _words(request, "way"), request.member
    if way == "link":
        made = links.make(key, to=to, by=by, now=_now())
        return render(request, "pages/link.html", {"case": found.case, "made": made, "package": key})
    if way == "mail":
        handing.by_mail(key, to=to, address=_words(request, "address"), by=by)
        messages.success(request, _("Given to the mail server, encrypted to the agency's key."))
        return redirect("case", ref=found.case.ref)
    opened = gate.release(key, to=to, channel="file", by=by)
    answer = StreamingHttpResponse(handing.as_encrypted_stream(opened), content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="{found.case.ref}.{handing.suffix(to)}"'
    answer["X-Abeyance-Release"] = str(opened.release.act)
    return answer


@act(P.PACKAGE_RELEASE)
def confirm_hand_over(request: MemberRequest, act: UUID) -> HttpResponse:
    row = handing.confirm(act, _words(request, "digest"), by=request.member, now=_now())
    messages.success(request, _("The hand-over is confirmed."))
    return redirect("case", ref=row.package.case.ref)


# --- what the page is made of


def _case(ref: str, by: str) -> Case:
    return door.open_for(by, ref, P.CASE_READ, now=_now())


def _held(told: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys(held["reason"] for item in told["items"] for held in item["held"]))


def _clocks(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every clock once, the soonest first."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for item in told["items"]:
        for clock in item["clocks"]:
            found.setdefault((clock["clock"], clock["at"]), clock | {"items": []})["items"].append(item["item"])
    return sorted(found.values(), key=lambda clock: (clock["ended"], clock["at"]))


def _story(found: Case) -> list[dict[str, Any]]:
    entries = listing.listed(case=found.ref, last=MOST_ENTRIES)
    names = saying_who.names_of([entry["by"] for entry in entries])
    # A change of state is told by the act that made it.
    told = [entry for entry in entries if entry["kind"] != CaseMoved.__name__]
    return [entry | {"who": names.get(entry["by"], entry["by"])} for entry in told]


def _readers(found: Case) -> list[str]:
    if not found.restricted:
        return []
    codes = list(found.readers.values_list("member", flat=True))
    return sorted(saying_who.names_of(codes).values())


def _letters(told: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(kind, language) for kind in letters.KINDS for language in letters.LANGUAGES]


def _exceptions(found: Case, told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Announced exceptions of the pauses that hold this request, and who has proposed to use one."""
    names = {held["pause"] for item in told["items"] for held in item["held"]}
    uses = {(use.pause, use.exception): use for use in found.exception_uses.order_by("pk")}
    return [
        {
            "pause": pause.name,
            "name": each.name,
            "sentence": each.sentence,
            "use": uses.get((pause.name, each.name)),
        }
        for pause in store.in_force()
        if pause.name in names
        for each in pause.exceptions
    ]


def _with_keys(told: dict[str, Any], about: Mapping[str, Any]) -> dict[str, Any]:
    agency = about["demand"]["agency"]
    return told | {
        "keys": directory.standing_keys(agency) if agency else (),
        "addresses": sorted(directory.addresses(agency)) if agency else [],
    }


def _contacts(told: Mapping[str, Any]) -> list[str]:
    """What the directory has to call back to; never a number from the request."""
    agency = told["demand"]["agency"]
    return directory.contact_values(agency) if agency else []


def _readable_document(found: Case, document: Any) -> dict[str, Any]:
    read = documents.reading_of(found, document)
    name = seals.unseal(found.holder, bytes(document.name), place=f"document:{document.key}:name").decode()
    pages = [
        {"of": part["path"], "number": number, "text": text}
        for part in read.get("parts", [])
        for number, text in enumerate(part["text"], 1)
    ]
    return {"key": str(document.key), "name": name, "size": document.size, "pages": pages, "mark": document.mark}


def _one_of(kind: Any, value: str) -> Any:
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(str(each.value) for each in kind)
        raise BadInput(f"Choose one of: {known}.") from None


def _file(content: bytes, name: str, kind: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _now() -> datetime:
    return datetime.now(UTC)
