"""Scenarios: what pauses make of the same requests, by the rules alone. Nothing is stored and nobody is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from abeyance.rules.decision import Outcome, Reason
from abeyance.rules.facts import DemandFacts, ItemFacts, Place
from abeyance.rules.pauses import Pause, held_under_any, treated_as, with_treated
from abeyance.rules.policy import Books, Clause
from abeyance.rules.review import Question, speaks_of
from abeyance.rules.terms import DataCategory, DemandKind, Issuer, Need, Offence, PlaceSource, RequesterKind, Stage
from abeyance.rules.verdict import OUTCOMES

COMPANY = "house"
PARTS = {"main": COMPANY, "sister": COMPANY, "foreign": "another"}  # of which company each part is
GOES_ON = "goes-on"
VERDICTS = ("held", "refused", "rerouted", "excepted", GOES_ON)
WORDS = {"refuse": "refused", "reroute": "rerouted"}


@dataclass(frozen=True)
class Request:
    id: str
    says: str
    demand: DemandFacts
    item: ItemFacts


@dataclass(frozen=True)
class Row:
    """`verdict` is one of VERDICTS, `stage` the first that does not go on, `told` what the officer hears."""

    request: Request
    verdict: str
    stage: str
    sentence: str
    told: str


def request_of(stated: Mapping[str, Any], *, declared: datetime) -> Request:
    arrived: datetime = stated["arrived"]
    demand = DemandFacts(
        kind=DemandKind(stated["kind"]),
        requester=RequesterKind(stated.get("requester", "police")),
        jurisdiction=stated["asks"] or None,
        agency=stated["agency"] or None,
        instrument=stated["law"] or None,
        issuer=Issuer(stated["issuer"]) if "issuer" in stated else None,
        offence=Offence(stated["offence"]) if "offence" in stated else None,
        needs=frozenset(Need(need) for need in stated.get("needs", [])),
        related_to=frozenset(stated["related"]) if "related" in stated else None,
        arrived_at=arrived,
        arrived_epoch=0 if arrived < declared else 2,
    )
    part = stated["part"]
    item = ItemFacts(
        number=1,
        service=part or None,
        category=DataCategory(stated["category"]),
        subject_country=stated["place"] or None,
        places=tuple(_places(stated)),
        brands=frozenset({part}) if part else frozenset(),
        companies=frozenset({PARTS[part]}) if part else frozenset(),
    )
    return Request(stated["id"], stated["says"], demand, item)


def _places(stated: Mapping[str, Any]) -> Iterable[Place]:
    if "prefix" in stated:
        yield Place(stated["prefix"], PlaceSource.TELEPHONE)
    if "agreed" in stated:
        yield Place(stated["agreed"], PlaceSource.AGREED)


def run(
    pauses: Sequence[Pause],
    requests: Iterable[Request],
    books: Sequence[Books],
    *,
    clauses: Sequence[Clause] = (),
    now: datetime,
) -> list[Row]:
    """`clauses`: a company's standing policy, for one that has declared no pause."""
    return [_row(pauses, request, books, clauses, now) for request in requests]


def _row(
    pauses: Sequence[Pause], request: Request, books: Sequence[Books], clauses: Sequence[Clause], now: datetime
) -> Row:
    demand, item = request.demand, request.item
    labels = with_treated([demand], treated_as(pauses, [demand], item, now=now))
    found = [
        (pause, stage, reason)
        for pause in pauses
        for stage in Stage
        if (reason := held_under_any(pause, labels, item, stage, now=now, books=books)) is not None
    ]
    if not found:
        return _by_policy(request, books, clauses, now)
    pause, stage, reason = min(found, key=lambda each: OUTCOMES.get(each[2].code, 1))
    usable = next((each for each in pause.exceptions if each.could_apply(demand)), None)
    if usable is not None:
        told = f"an answer under the exception {usable.name}, if its approvers agree: {usable.sentence}"
        return Row(request, "excepted", stage.value, reason.sentence, told)
    verdict = reason.code.removesuffix("-by-pause")
    return Row(request, verdict, stage.value, reason.sentence, _told(pause, verdict, reason))


def _by_policy(request: Request, books: Sequence[Books], clauses: Sequence[Clause], now: datetime) -> Row:
    for each in books:
        asked = Question(request.demand, request.item, each, now, 1)
        for clause in clauses:
            if clause.outcome is Outcome.REROUTE and speaks_of(clause.when, asked):
                told = f"a letter that leads to the treaty channel: {clause.sentence}"
                return Row(request, "rerouted", Stage.ANSWER.value, clause.sentence, told)
    return Row(request, GOES_ON, "", "", "what law and policy say; no pause speaks of it")


def _told(pause: Pause, verdict: str, reason: Reason) -> str:
    """From the same reason as the desk's sentence; nothing that would tell where an account holder is."""
    if pause.looks_at_the_account:
        return "a neutral acknowledgement: that it holds would tell of the account holder"
    letters = {"held": "the letter of a hold", "refused": "a refusal that two people agreed to"}
    letter = letters.get(verdict, "a letter that leads to the treaty channel, agreed to by two people")
    return f"{letter}: {pause.statement}" if verdict == "held" else f"{letter}: {reason.sentence}"


def declared(pause: Pause, at: datetime) -> Pause:
    return replace(pause, declared_at=at, declared_epoch=1, since_epoch=1)
