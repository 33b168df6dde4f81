"""One request as a page that reads as a story, and every step of it. What may be done, and why not, comes from the same
reasons as the gate's; each step is one action of the room that it belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from abeyance import countries, seals
from abeyance.answer import actions as answers
from abeyance.answer import steps as formal
from abeyance.casefile import door
from abeyance.casefile import facts as casefacts
from abeyance.casefile.ending import Closing
from abeyance.casefile.models import Case, LegalHold
from abeyance.errors import Locked, Refused
from abeyance.ledger import listing
from abeyance.notice import holders
from abeyance.pauses import due, exceptions, reconfirming, store, wording
from abeyance.pauses.weighing import Weighed, weigh
from abeyance.people import queries as people
from abeyance.people.directory import queries as directory
from abeyance.people.models import Proposal
from abeyance.people.pages import MemberRequest, page
from abeyance.policy import queries as policy
from abeyance.release import making
from abeyance.review import holds
from abeyance.rules.events import CaseMoved
from abeyance.rules.instruments import ActKind
from abeyance.rules.lifecycle import State
from abeyance.rules.notice import NoticeState
from abeyance.rules.pausefile import exception_document
from abeyance.rules.pauselife import Reconfirm
from abeyance.rules.permissions import Permission
from abeyance.rules.verification import FindingKind
from abeyance.site.oncall import paging
from abeyance.site.pages import queue, saying_who, telling
from abeyance.site.requests import documents, verifying, versions
from abeyance.site.requests.next_steps import nothing_leaves
from abeyance.verification import actions as verification

MOST_ENTRIES = 500
POINTS = (
    (Reconfirm.OFFICER, _("the officer")),
    (Reconfirm.ORDER, _("the order")),
    (Reconfirm.OFFENCE, _("the offence")),
    (Reconfirm.NEED, _("the need")),
)
OUTCOMES = ("release", "refuse", "reroute", "nothing-held")
HANDS_OUT, KEEPS_BACK = ("release", "nothing-held"), ("ask", "refuse", "reroute")  # answers, and verdicts against them
# What a person settles by stating the demand anew; and by a law entry of counsel's.
STATED = frozenset({"not-confirmed", "fact-missing", "kind-unknown", "instrument-unknown", "instrument-not-on-file"})
STATED |= {
    "instrument-of-another-jurisdiction",
    "issuer-not-competent",
    "kind-not-of-instrument",
    "ground-does-not-fit",
}
STATED |= {
    "bound-by-unknown",
    "nexus-missing",
    "no-data-map",
    "no-fields-named",
    "fields-not-held",
    "period-missing",
    "period-empty",
}
FOR_COUNSEL, NO_CLAUSE = "other-law", "no-matching-clause"
P = Permission
LETTER_ALONE = (_("Send the letter and close it"), P.CASE_CLOSE)


# --- looking


@page(P.CASE_READ)
def case(request: MemberRequest, ref: str) -> HttpResponse:
    now, by, sight = _now(), request.member, people.sight_of(request.member)
    found = door.open_in(sight, ref, P.CASE_READ)
    due.catch_up(now)
    weighed = weigh(found, now=now)
    formal.keep(found, now=now, weighed=weighed)
    told = documents.in_full(found, now=now, reader=by, weighed=weighed)
    closed = found.state == State.CLOSED
    told["items"] = [_with_soonest(_at_rest(item) if closed else item) for item in told["items"]]
    allowed = sight.actor.permissions
    letter_alone = nothing_leaves(told)
    step = LETTER_ALONE if letter_alone else queue.STEPS.get(State(found.state))
    context = {
        "case": found,
        "told": told,
        "agency_name": directory.name_of(told["demand"]["agency"]) if told["demand"]["agency"] else "",
        "country": countries.with_code(told["demand"]["jurisdiction"] or ""),
        "step": step[0] if step else None,
        "nothing_leaves": letter_alone,
        "closing_now": _closing(told["items"]) if letter_alone else Closing.ANSWERED.value,
        "may_step": bool(step and step[1] in allowed),
        "who_may": step[1].value if step else "",
        "held": _held(told),
        "clocks": _clocks(told),
        "story": _story(found),
        "asked": [] if closed else _asked(weighed[1]),
        "own_labels": weighed[0].confirmed_by == by,
        "taken_by": paging.taken_by(found.ref) if weighed[0].emergency else None,
        "readers": _readers(found),
        "holds": _holds(found),
        "exceptions": _exceptions(found, told),
        "packages": told["packages"],
        "handed_over": any(each["hand_overs"] for each in told["packages"]),
        "ways": [kind.value for kind in FindingKind],
        "notice_states": [
            *(each.value for each in NoticeState if each is not NoticeState.GIVEN),
            NoticeState.GIVEN.value,
        ],
        "untold": [item["item"] for item in told["items"] if item["notice"] is None],
        "objects_until": _objects_until(told, now),
        "unsettled": any(not each["settled"] and each["question"] != "recipient" for each in told["recall"]),
        "deferral": _deferral(told, by),
        "acts": [kind.value for kind in ActKind if kind is not ActKind.RELEASED],
        "closings": [closing.value for closing in Closing],
        "outcomes": OUTCOMES,
        "hands_out": HANDS_OUT,
        "keeps_back": KEEPS_BACK,
        "ways_on": {item["item"]: _ways_on(item, told["demand"]) for item in told["items"]},
        "channels": [channel.value for channel in holders.Channel],
        "risks": [risk.value for risk in holders.Risk],
        "languages": holders.LANGUAGES,
        "objections": _objections(found),
        "matter": told["matter"],
        "holding": sorted({held["pause"] for item in told["items"] for held in item["held"]}),
        "state": found.state,
        "again": reconfirming.standing(found, now=now),
        "points": POINTS,
    }
    context |= _for_state(found, told, by, now)
    return render(request, "pages/case.html", context)


def _for_state(found: Case, told: Mapping[str, Any], by: str, now: datetime) -> dict[str, Any]:
    """What only one step needs; a locked desk shows the page without what is sealed."""
    if found.state == State.TO_VERIFY:
        return {"contacts": _contacts(told)} | _bars(found, by, now)
    with suppress(Locked, Refused):
        if found.state == State.PROPOSED:
            rows = [casefacts.standing_approval(item) for item in casefacts.items_of(casefacts.newest_demand(found))]
            standing = [row for row in rows if row is not None]
            return {
                "proposed": [_in_plain_words(row, told) for row in standing],
                "ground": answers.ground_of(found),
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
        "before": versions.of_answer(row),
    }


@page(P.CASE_READ)
def preview(request: MemberRequest, ref: str) -> HttpResponse:
    """Counts and fields of what would leave, read from the services now; no values."""
    found = _case(ref, request.member)
    seen = [documents.item_preview(each) for each in making.preview(ref, by=request.member, now=_now())]
    return render(request, "pages/preview.html", {"case": found, "seen": seen})


# --- what the page is made of


def _case(ref: str, by: str) -> Case:
    return door.open_for(by, ref, P.CASE_READ, now=_now())


def _held(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One sentence for each pause, and the further stages at which it holds."""
    found: dict[str, dict[str, Any]] = {}
    for held in (each for item in told["items"] for each in item["held"]):
        line = found.setdefault(held["pause"], held | {"stages": []})
        if held["stage"] != line["stage"] and held["stage"] not in line["stages"]:
            line["stages"].append(held["stage"])
    return list(found.values())


def _at_rest(item: Mapping[str, Any]) -> dict[str, Any]:
    """Of a closed request nothing is held and nothing is due any more; it is when it is opened again."""
    said = dict(item) | {"held": [], "clocks": [clock for clock in item["clocks"] if clock["ended"]]}
    return said | ({"verdict": "", "reasons": []} if item["verdict"] == "hold" else {})


def _bars(found: Case, by: str, now: datetime) -> dict[str, Any]:
    with suppress(Locked, Refused):
        arrival = verifying.arrival_of(found.ref, contact_differs=False, by=by, now=now)
        bars = verification.raised_bars(found.ref, arrival, policy.books()[0].policy, by=by, now=now)
        return {"bars": verifying.reasons_of(bars)}
    return {}


def _with_soonest(item: Mapping[str, Any]) -> dict[str, Any]:
    """The clock that runs out first, for the table; all of them stand beside it."""
    running = [clock for clock in item["clocks"] if not clock["ended"]]
    due = [clock for clock in running if clock["direction"] == "due-by"] or running
    return dict(item) | {"soonest": min(due, key=lambda clock: clock["at"], default=None)}


def _clocks(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every clock once, the soonest first."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for item in told["items"]:
        for clock in item["clocks"]:
            found.setdefault((clock["clock"], clock["at"]), clock | {"items": []})["items"].append(item["item"])
    return sorted(found.values(), key=lambda clock: (clock["ended"], clock["at"]))


def _closing(items: Sequence[Mapping[str, Any]]) -> str:
    """As what a request ends of which nothing is handed over."""
    outcomes = {item["answer"]["outcome"] for item in items if item["answer"]}
    return (Closing.REROUTED if outcomes == {"reroute"} else Closing.REFUSED).value


def _ways_on(item: Mapping[str, Any], demand: Mapping[str, Any]) -> dict[str, Any]:
    """Where what an item still asks for is settled: in the demand, or in the law as counsel reads it."""
    codes = {reason["code"] for reason in item["reasons"]}
    said = {"to": demand["jurisdiction"], "under": demand["instrument"], "category": item["category"]}
    said |= {"kind": demand["kind"], "ground": demand["ground"]}
    said = {name: value or "" for name, value in said.items()}  # what is not known is asked for, not a reason to fail
    open_ = [reason["clause"] for reason in item["reasons"] if reason["code"] == FOR_COUNSEL]
    open_ += ["clause"] if NO_CLAUSE in codes and said["to"] and said["under"] else []
    counsel = [(entry, f"{reverse('policy-propose')}?{urlencode({'answers': entry, **said})}") for entry in open_]
    return {"state": bool(codes & STATED), "counsel": counsel if item["verdict"] == "ask" else []}


def _objects_until(told: Mapping[str, Any], now: datetime) -> str:
    """Until when an account holder who was told may object; nothing about them leaves before. Empty: no longer."""
    given = [item["notice"] for item in told["items"] if item["notice"]]
    ends = [each["until"] for each in given if each["fact"] == NoticeState.GIVEN.value and each["until"]]
    return max((end for end in ends if end > (documents.moment(now) or "")), default="")


def _asked(weighed: Sequence[Weighed]) -> list[tuple[str, str, int]]:
    """What a person could settle of what holds it: sentence, what is missing, item. Each sentence once."""
    asked = {each.sentence: (each.code, one.item.number) for one in weighed for each in one.questions}
    return [(sentence, code, number) for sentence, (code, number) in asked.items()]


def _story(found: Case) -> list[dict[str, Any]]:
    entries = listing.listed(case=found.ref, last=MOST_ENTRIES)
    # A change of state is told by the act that made it.
    acts = [entry for entry in entries if entry["kind"] != CaseMoved.__name__]
    spoken_of = [code for entry in acts for code in telling.members_in(entry["sentence"])]
    names = saying_who.names_of([*spoken_of, *(entry["by"] for entry in acts)])
    titles = formal.titles_of(found) if any(entry["kind"].startswith("Step") for entry in acts) else {}
    return [
        entry
        | {
            "who": names.get(entry["by"], entry["by"]),
            "sentence": telling.for_reader(telling.with_titles(entry["sentence"], titles), names),
        }
        for entry in acts
    ]


def _readers(found: Case) -> list[tuple[str, str]]:
    """Code and name of each named reader."""
    if not found.restricted:
        return []
    codes = list(found.readers.values_list("member", flat=True))
    return sorted(saying_who.names_of(codes).items(), key=lambda each: each[1])


def _holds(found: Case) -> list[tuple[LegalHold, str, Proposal | None]]:
    """Legal holds in force, and why, where the key holder answers; with what waits for a second person."""
    rows = list(found.legal_holds.filter(ended_at=None))
    try:
        said = seals.unseal_many(found.holder, [(bytes(row.basis), LegalHold.PLACE) for row in rows]) if rows else []
    except Locked:
        said = [documents.LOCKED.encode()] * len(rows)
    ends = holds.waiting_ends([row.pk for row in rows])
    return [(row, text.decode(), ends.get(row.pk)) for row, text in zip(rows, said, strict=True)]


def _objections(found: Case) -> list[dict[str, Any]]:
    try:
        return holders.objections(found)
    except Locked:
        return []


def _deferral(told: Mapping[str, Any], by: str) -> dict[str, Any] | None:
    """What a second person is shown before approving it, and by whom it was recorded."""
    if told["deferral"] is None:
        return None
    proposers = told["deferral"]["proposers"]
    names = saying_who.names_of(proposers)
    return dict(told["deferral"]) | {
        "items_deferred": told["deferral"]["items"],
        "own": by in proposers,
        "who": ", ".join(names.get(code, code) for code in proposers),
    }


def _exceptions(found: Case, told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Announced exceptions of the pauses that hold this request, and who has proposed to use one."""
    names = {held["pause"] for item in told["items"] for held in item["held"]}
    pauses = [store.from_row(row) for row in store.rows_in_force().filter(name__in=names)] if names else []
    if not any(pause.exceptions for pause in pauses):
        return []
    counting = exceptions.that_count(found.exception_uses.order_by("pk"), casefacts.newest_demand(found))
    uses = {(use.pause, use.exception): use for use in counting}
    return [
        {
            "pause": pause.name,
            "name": each.name,
            "sentence": each.sentence,
            "asked": wording.conditions_of(exception_document(each)),
            "use": (use := uses.get((pause.name, each.name))),
            "open": use is not None
            and (use.agreed_by is None or (use.third_by is None and bool(each.approvers or each.if_ever_held))),
        }
        for pause in pauses
        for each in pause.exceptions
    ]


def with_keys(told: dict[str, Any], about: Mapping[str, Any]) -> dict[str, Any]:
    agency = about["demand"]["agency"]
    return told | {
        "keys": directory.standing_keys(agency) if agency else (),
        "addresses": sorted(directory.addresses(agency)) if agency else [],
    }


def _contacts(told: Mapping[str, Any]) -> list[str]:
    """What the directory has to call back to; never a number from the request."""
    agency = told["demand"]["agency"]
    return directory.contact_values(agency) if agency else []


def _now() -> datetime:
    return datetime.now(UTC)
