"""Letters about a request, from the reasons that its items were weighed with. A letter that tells of an account exists
only inside a package; a refusal only when two people have agreed to it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.conf import settings

from abeyance import seals
from abeyance.answer import actions as answers
from abeyance.answer import letters
from abeyance.answer.letters import Kind, Letter, Line, Sender
from abeyance.casefile import facts as casefacts
from abeyance.casefile.models import Approval, Case, Demand, Release
from abeyance.errors import Locked, Refused
from abeyance.pauses import exceptions, reconfirming, store
from abeyance.pauses.weighing import Weighed, weigh
from abeyance.people.directory.models import Agency
from abeyance.release import packaging
from abeyance.rules.decision import Outcome, Reason
from abeyance.rules.terms import DataCategory

KINDS = [kind.value for kind in Kind if not kind.carries_data]
LANGUAGES = letters.LANGUAGES
Content = tuple[list[Line], list[str]]
CHINESE = frozenset({"HK", "MO", "TW"})
DECIDED = {Kind.REFUSED: "refuse", Kind.REROUTED: "reroute"}


@dataclass(frozen=True)
class Written:
    pdf: bytes
    text: str


def write(case: Case, kind: str, language: str, *, now: datetime) -> Written:
    """Raises Refused where nothing would be true in such a letter."""
    demand, weighed = weigh(case, now=now)
    chosen = Kind(kind)
    reasons, about = _content(chosen, case, weighed, language, now)
    letter = _letter(chosen, case, demand, language, now, reasons, about)
    return _written(replace(letter, review_by=_review_by(weighed)) if chosen is Kind.HELD else letter)


def possible(case: Case, *, now: datetime) -> list[tuple[str, str]]:
    """Every kind of letter, each with why it would not be true at this moment, or with nothing."""
    _demand, weighed = weigh(case, now=now)
    return [(kind, _why_not(Kind(kind), case, weighed, now)) for kind in KINDS]


def _why_not(kind: Kind, case: Case, weighed: Sequence[Weighed], now: datetime) -> str:
    try:
        _content(kind, case, weighed, "en", now)
    except Refused as refused:
        return " ".join(reason.sentence for reason in refused.reasons)
    except Locked as locked:
        return str(locked)
    return ""


def covering(case: Case, approvals: Sequence[Approval], *, package: str, now: datetime) -> tuple[packaging.Letter, ...]:
    """The letters inside a package, for `release.making`: in English, and in the language of the place that asks."""
    demand = casefacts.newest_demand(case)
    reasons = _lines(case, _reasons(approvals))
    reasons += _under_exceptions(case)
    made = [
        _letter(Kind.ANSWER, case, demand, language, now, reasons, [_decided(language, row) for row in approvals])
        for language in _languages(demand)
    ]
    return tuple(packaging.Letter(letters.pdf(each), letters.text(each).encode(), each.language) for each in made)


def _languages(demand: Demand) -> list[str]:
    return ["en", "zh-Hant"] if demand.jurisdiction in CHINESE else ["en"]


def _content(kind: Kind, case: Case, weighed: Sequence[Weighed], language: str, now: datetime) -> Content:
    if kind is Kind.HELD:
        return _held(weighed)
    if kind is Kind.QUESTION:
        asked = [reason for one in weighed if one.by_law.outcome is Outcome.ASK for reason in one.by_law.reasons]
        return _required(asked, "Nothing has to be asked about this request."), []
    if kind in DECIDED:
        return _agreed(case, weighed, DECIDED[kind]), []
    if kind is Kind.RECONFIRM:
        if not reconfirming.standing(case, now=now).needed:
            raise Refused([Reason("not-true", "Nothing of this request has to be confirmed.", "letters:not-true")])
        return [], letters.points(language)
    if kind is Kind.RECALL:
        left = list(Release.objects.filter(package__case=case).exclude(state="failed").order_by("made"))
        if not left:
            raise Refused([Reason("not-true", "Nothing of this request was handed over.", "letters:not-true")])
        return [], [f"{row.act}, {row.made:%Y-%m-%d %H:%M} UTC" for row in left]
    return [], []


def _review_by(weighed: Sequence[Weighed]) -> date | None:
    holding = {each.pause for one in weighed for each in one.held}
    return min((pause.review_by for pause in store.in_force() if pause.name in holding), default=None)


def _lines(case: Case, reasons: Sequence[Mapping[str, Any]]) -> list[Line]:
    """As the letter has them: a ground that somebody wrote in words is said in these words. Raises Locked."""
    found = [Line(each["sentence"], each["clause"], each["citation"], each["code"]) for each in reasons]
    if all(line.code != answers.IN_OWN_WORDS.code for line in found):
        return found
    own = Line(answers.ground_of(case), "", "", "")
    return [own if line.code == answers.IN_OWN_WORDS.code else line for line in found]


def _agreed(case: Case, weighed: Sequence[Weighed], outcome: str) -> list[Line]:
    found: list[Mapping[str, Any]] = []
    for one in weighed:
        row = casefacts.standing_approval(one.item)
        if row is not None and row.agreed_by is not None and row.outcome == outcome:
            found += row.reasons
    if not found:
        sentence = f"Two people have not agreed to '{outcome}' for any item, so such a letter would not be true."
        raise Refused([Reason("not-agreed", sentence, "letters:not-agreed")])
    return list(dict.fromkeys(_lines(case, found)))


def _held(weighed: Sequence[Weighed]) -> tuple[list[Line], list[str]]:
    """Never by a pause that looks at the account holder: that it holds would tell where that person is."""
    pauses = store.in_force()
    silent = {pause.name for pause in pauses if pause.looks_at_the_account}
    every = [each for one in weighed for each in one.held]
    held = [each for each in every if each.pause and each.pause not in silent]  # unannounced: told to nobody
    statements = [pause.statement for pause in pauses if pause.name in {each.pause for each in held}]
    otherwise = "What holds this request looks at the account holder, and a letter would tell: acknowledge it only."
    return _required([each.reason for each in held], otherwise if every else "Nothing holds this request."), statements


def _under_exceptions(case: Case) -> list[Line]:
    """The announced exceptions of pauses that this answer goes out under, in their published words."""
    agreed = case.exception_uses.exclude(agreed_by=None)
    counting = exceptions.that_count(agreed, casefacts.newest_demand(case))
    used = {(use.pause, use.exception) for use in counting}
    return [
        Line(f"Exception {found.name} of pause {pause.name}: {found.sentence}", f"pause:{pause.name}", "", "exception")
        for pause in store.in_force()
        for found in pause.exceptions
        if (pause.name, found.name) in used
    ]


def _required(reasons: Sequence[Reason], otherwise: str) -> list[Line]:
    if not reasons:
        raise Refused([Reason("not-true", otherwise, "letters:not-true")])
    return [Line.of(reason) for reason in dict.fromkeys(reasons)]


def _reasons(approvals: Sequence[Approval]) -> list[dict[str, Any]]:
    return [dict(reason) for row in approvals for reason in row.reasons]


def _decided(language: str, row: Approval) -> str:
    category = DataCategory(row.item.category) if row.item.category else None
    return letters.answered(language, item=row.item.number, category=category, outcome=row.outcome, fields=row.fields)


def _letter(
    kind: Kind,
    case: Case,
    demand: Demand,
    language: str,
    now: datetime,
    reasons: Sequence[Line],
    about: Sequence[str],
) -> Letter:
    agency = Agency.objects.filter(code=demand.agency).values_list("name", flat=True).first()
    return Letter(
        kind=kind,
        sender=Sender(settings.ABEYANCE.operator_name or "The request desk", settings.ABEYANCE.operator_contact),
        reference=case.ref,
        date=now,
        language=language,
        addressee=agency or "",
        their_reference=_their_reference(case, demand),
        reasons=tuple(reasons),
        about=tuple(about),
    )


def _their_reference(case: Case, demand: Demand) -> str:
    """Sealed with the other particulars; while the desk is locked the letter goes without it."""
    if not demand.particulars:
        return ""
    with suppress(Locked):
        place = f"demand:{demand.version}:particulars"
        said = json.loads(seals.unseal(case.holder, bytes(demand.particulars), place=place)).get("reference", "")
        return said[0] if isinstance(said, list) and said else str(said or "")
    return ""


def _written(letter: Letter) -> Written:
    return Written(letters.pdf(letter), letters.text(letter))
