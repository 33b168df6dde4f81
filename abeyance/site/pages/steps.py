"""Every step of a request from its page: each is one action of the room that it belongs to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from abeyance import countries
from abeyance.answer import actions as answers
from abeyance.answer import preserving, rerouting
from abeyance.answer.actions import ItemAnswer
from abeyance.casefile import ending, retention
from abeyance.casefile.ending import Closing
from abeyance.errors import BadInput
from abeyance.intake import confirming, duplicates, placing, serving
from abeyance.notice import actions as notices
from abeyance.notice import holders
from abeyance.notice.actions import Told
from abeyance.pauses import court_orders, exceptions, reconfirming
from abeyance.people.directory import queries as directory
from abeyance.people.pages import MemberRequest, act, page
from abeyance.policy import queries as policy
from abeyance.release import actions as gate
from abeyance.release import encrypting, handing, links, making, recall, recalling
from abeyance.review import actions as reviewing
from abeyance.review import holds
from abeyance.rules.instruments import ActKind
from abeyance.rules.notice import NoticeState
from abeyance.rules.pauselife import Reconfirm
from abeyance.rules.permissions import Permission
from abeyance.rules.recalls import Step
from abeyance.rules.terms import PlaceSource
from abeyance.rules.verification import FindingKind
from abeyance.site.pages.cases import with_keys
from abeyance.site.pages.stating import local_moment
from abeyance.site.portal import portal_address
from abeyance.site.requests import documents, letters, packages, verifying
from abeyance.verification import actions as verification

P = Permission

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


def _reconfirm(request: MemberRequest, ref: str) -> None:
    points = {_one_of(Reconfirm, each) for each in request.POST.getlist("points")}
    reconfirming.reconfirm(ref, points, by=request.member, now=_now())


def _propose(request: MemberRequest, ref: str) -> None:
    chosen = []
    for number in sorted(_items(request)):
        outcome = _words(request, f"outcome-{number}")
        if outcome:
            fields = frozenset(request.POST.getlist(f"fields-{number}"))
            chosen.append(ItemAnswer(number, outcome, fields))
    answers.propose(ref, chosen, why=_words(request, "why"), by=request.member, now=_now())


def _notice(request: MemberRequest, ref: str) -> None:
    until = local_moment(_words(request, "until"))
    told = Told(
        _one_of(NoticeState, _words(request, "state")), until or None, _words(request, "order"), _words(request)
    )
    notices.record(ref, told, items=_items(request), by=request.member, now=_now())


def _objection(request: MemberRequest, ref: str) -> None:
    if not (items := _items(request)):
        raise BadInput("Choose the item whose objection has been answered.")
    for number in sorted(items):
        notices.objection(ref, number, answered="answered" in request.POST, by=request.member, now=_now())


def _record(request: MemberRequest, ref: str) -> None:
    now = _now()
    reviewing.record_act(
        ref,
        _one_of(ActKind, _words(request, "act")),
        local_moment(_words(request, "at")) or now,
        until=local_moment(_words(request, "until")) or None,
        clock=_words(request, "clock") or None,
        item=None,
        by=request.member,
        now=now,
    )


def _gather(request: MemberRequest, ref: str) -> None:
    making.gather(ref, letter=letters.covering, by=request.member, now=_now())


def _recall(request: MemberRequest, ref: str) -> None:
    recall.recall(ref, _words(request), suspend="suspend" in request.POST, by=request.member, now=_now())


def _recall_step(request: MemberRequest, ref: str) -> None:
    recalling.record(
        ref, _one_of(Step, _words(request, "step")), _words(request, "note"), by=request.member, now=_now()
    )


def _duplicate(request: MemberRequest, ref: str) -> None:
    same = _words(request, "same")
    if same not in ("yes", "no"):
        raise BadInput("Say whether it is the same matter: yes or no.")
    duplicates.decide(ref, same == "yes", by=request.member, now=_now())


def _labels(request: MemberRequest, ref: str) -> None:
    """To the version whose page was shown, and to no later one."""
    version = _words(request, "version")
    confirming.agree_labels(ref, int(version) if version.isdecimal() else 0, by=request.member, now=_now())


def _place(request: MemberRequest, ref: str) -> None:
    item = _words(request, "item")
    number, country = int(item) if item.isdecimal() else 0, countries.code_or_text(_words(request, "country"))
    if "ask" in request.POST:
        placing.ask(ref, number, by=request.member, now=_now())
    else:
        source = _one_of(PlaceSource, _words(request, "source"))
        placing.find(ref, number, country, source, by=request.member, now=_now())


def _end_hold(request: MemberRequest, ref: str) -> None:
    number = _words(request, "number")
    holds.propose_end(ref, int(number) if number.isdecimal() else 0, by=request.member, now=_now())


def _exception(act_: Callable[..., object]) -> Verb:
    def run(request: MemberRequest, ref: str) -> None:
        pause, _slash, name = _words(request, "exception").partition("/")
        act_(ref, pause, name, by=request.member, now=_now())

    return run


def _court_order(request: MemberRequest, ref: str) -> None:
    """Counsel records an order that overrides a pause; its document is sealed as it arrives."""
    upload, until = request.FILES.get("document"), local_moment(_words(request, "barred_until"))
    stated = court_orders.Stated(
        pause=_words(request, "pause"),
        court=_words(request, "court"),
        citation=_words(request, "citation"),
        decided_on=_day(_words(request, "decided_on")),
        items=_items(request),
        barred_until=until or None,
        document=upload.read() if upload else b"",
    )
    court_orders.propose(ref, stated, by=request.member, now=_now())


def _preserve(request: MemberRequest, ref: str) -> None:
    if not (items := _items(request)):
        raise BadInput("Choose what is to be preserved.")
    preserving.propose(ref, items, by=request.member, now=_now())


def _treaty_arrived(request: MemberRequest, ref: str) -> None:
    if not (arrived_as := _words(request, "arrived_as")):
        raise BadInput("Say the reference of the treaty request.")
    rerouting.end(ref, arrived_as, by=request.member, now=_now())


def _on_order(act_: Callable[..., object]) -> Verb:
    def run(request: MemberRequest, ref: str) -> None:
        act_(ref, _key(_words(request, "order")), by=request.member, now=_now())

    return run


def _key(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise BadInput("There is no such order or preservation.") from None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput("Say the day of the order, such as 2026-11-20.") from None


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
    "hold": lambda request, ref: holds.hold(ref, _words(request), by=request.member, now=_now()),
    "end-hold": _end_hold,
    "reader": lambda request, ref: reviewing.add_reader(ref, _words(request, "reader"), by=request.member, now=_now()),
    "remove-reader": lambda request, ref: reviewing.remove_reader(
        ref, _words(request, "reader"), by=request.member, now=_now()
    ),
    "restrict": lambda request, ref: reviewing.restrict(ref, by=request.member, now=_now()),
    "duplicate": _duplicate,
    "place": _place,
    "incident": lambda request, ref: serving.done(ref, _words(request, "step"), by=request.member, now=_now()),
    "recall-step": _recall_step,
    "reconfirm": _reconfirm,
    "propose-exception": _exception(exceptions.propose_use),
    "court-order": _court_order,
    "preserve": _preserve,
    "treaty-arrived": _treaty_arrived,
    "nothing-came": lambda request, ref: rerouting.end(ref, by=request.member, now=_now()),
    "withdraw-order": _on_order(court_orders.withdraw),
}
SECOND: dict[str, Verb] = {
    "answer": lambda request, ref: answers.agree(ref, _words(request, "answer"), by=request.member, now=_now()),
    "labels": _labels,
    "deferral": lambda request, ref: notices.approve_deferral(
        ref, _words(request, "digest"), by=request.member, now=_now()
    ),
    "exception": _exception(exceptions.agree_use),
    "court-order": _on_order(court_orders.agree),
    "preserve": lambda request, ref: preserving.agree(
        ref, _key(_words(request, "preservation")), by=request.member, now=_now()
    ),
    "publish-order": _on_order(court_orders.publish),
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


@act(P.NOTICE_RECORD)
def tell(request: MemberRequest, ref: str) -> HttpResponse:
    """Records that the holder of an account is told, and shows the text for it, once."""
    number = _words(request, "item")
    given = holders.give(
        ref,
        int(number) if number.isdecimal() else 0,
        channel=_one_of(holders.Channel, _words(request, "channel")),
        risk=_one_of(holders.Risk, _words(request, "risk")),
        language=_words(request, "language"),
        address=portal_address(),
        by=request.member,
        now=_now(),
    )
    return render(request, "pages/told.html", {"ref": ref, "given": given})


# --- handing over


@page(P.CASE_READ)
def package(request: MemberRequest, key: UUID) -> HttpResponse:
    found = packages.readable(key, request.member)
    told = documents.in_full(found.case, now=_now(), reader=request.member)
    to = request.GET.get("to", "")[:80]
    verdict = gate.could_leave(key, to=to, by=request.member) if to else None
    agency = told["demand"]["agency"]
    context = {"case": found.case, "package": with_keys(documents.package(found), told), "to": to, "verdict": verdict}
    context["agency"] = directory.name_of(agency) if agency else ""
    return render(request, "pages/package.html", context)


@act(P.PACKAGE_RELEASE, step_up=True)
def hand_over(request: MemberRequest, key: UUID) -> HttpResponseBase:
    """Through the gate: as a file to this browser, by mail, or as a link with a code for a second channel."""
    found = packages.readable(key, request.member)
    to, way, by = _words(request, "to"), _words(request, "way"), request.member
    if way == "link":
        made = links.make(key, to=to, by=by, now=_now())
        context = {"case": found.case, "made": made, "package": key, "address": f"{portal_address()}/redeem/"}
        return render(request, "pages/link.html", context)
    if way == "mail":
        handing.by_mail(key, to=to, address=_words(request, "address"), by=by)
        messages.success(request, _("Given to the mail server, encrypted to the agency's key."))
        return redirect("case", ref=found.case.ref)
    opened = gate.release(key, to=to, channel="file", by=by)
    answer = StreamingHttpResponse(handing.as_encrypted_stream(opened), content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="{found.case.ref}.{encrypting.suffix(to)}"'
    answer["X-Abeyance-Release"] = str(opened.release.act)
    return answer


@act(P.PACKAGE_RELEASE)
def confirm_hand_over(request: MemberRequest, act: UUID) -> HttpResponse:
    row = handing.confirm(act, _words(request, "digest"), by=request.member, now=_now())
    messages.success(request, _("The hand-over is confirmed."))
    return redirect("case", ref=row.package.case.ref)


def _one_of(kind: Any, value: str) -> Any:
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(str(each.value) for each in kind)
        raise BadInput(f"Choose one of: {known}.") from None


def _now() -> datetime:
    return datetime.now(UTC)
