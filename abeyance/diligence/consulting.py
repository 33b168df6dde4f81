"""Consultations of people outside: opened by two members until a set date, after what advising us may cost was asked.

Nothing here names anybody: seats have names drawn by chance. `talking.py` has what those who sit there do.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction

from abeyance import ledger, seals
from abeyance.casefile import door
from abeyance.casefile.models import ALPHABET, Case
from abeyance.diligence import actions, queries
from abeyance.diligence.models import Consultation, Host, Line, Seat, SeatMark, Version, seat_names
from abeyance.errors import BadInput, NotFound, Refused, SomeoneElseWasFirst
from abeyance.people import proposals
from abeyance.people import queries as people
from abeyance.people.models import Proposal
from abeyance.people.proposals import About, Proposed, on_agreement
from abeyance.rules.decision import Reason
from abeyance.rules.diligence import Quote
from abeyance.rules.events import ConsultationEnded, ConsultationLink, ConsultationOpened, LinesReleased, PassageTaken
from abeyance.rules.permissions import Permission

AUDIENCES = ("expert", "affected")
RISKS = ("none-known", "some", "high")
MOST_GUESTS = 8
LONGEST_RISK, LONGEST_LINE, MOST_LINES = 5000, 1000, 50
CODE_LENGTH = 10
RISK_PLACE = "consultation-risk"


@dataclass(frozen=True)
class Issued:
    """Shown once. `path` goes one way, `code` by another; the database keeps one digest of both together."""

    seat: str
    path: str
    code: str


def find(code: str) -> Consultation:
    found = Consultation.objects.select_related("assessment").filter(code=code.strip().lower()[:16]).first()
    if found is None:
        raise NotFound(f"There is no consultation {code[:16]!r}. `abeyance consultation list` shows those there are.")
    return found


def is_live(consultation: Consultation, now: datetime) -> bool:
    return consultation.agreed_at is not None and consultation.ended_at is None and now < consultation.ends_at


# --- opening


def propose(
    assessment: str, audience: str, guests: int, ends: datetime, *, risk: str, answer: str, by: str, now: datetime
) -> Proposal:
    """`risk` and `answer`: what being known to advise us, or a watched line, may cost whoever is asked. It is answered
    before anybody is invited; where it is high, files of age come before the page."""
    people.require(by, Permission.DILIGENCE_WRITE, now)
    if audience not in AUDIENCES or risk not in RISKS or not 1 <= guests <= MOST_GUESTS:
        raise BadInput(f"Audience: {', '.join(AUDIENCES)}. Risk: {', '.join(RISKS)}. Guests: 1 to {MOST_GUESTS}.")
    if not answer.strip() or len(answer) > LONGEST_RISK:
        raise BadInput("Say what advising us may cost them, and how you know; only then is anybody invited.")
    if ends <= now:
        raise BadInput("A consultation ends on a date in the future; its words are destroyed then.")
    about = queries.find(assessment)
    with transaction.atomic():
        made = Consultation(assessment=about, audience=audience, ends_at=ends, age_first=risk == "high")
        made.risk = seals.seal(about.holder, f"{risk}\n{answer.strip()}".encode(), place=f"{RISK_PLACE}:{made.code}")
        made.save()
        payload = {
            "consultation": made.code,
            "assessment": about.code,
            "audience": audience,
            "guests": guests,
            "ends": ends.isoformat(),
            "risk": risk,
        }
        return proposals.propose("consultation-open", made.code, payload, by=by, now=now)


@on_agreement("consultation-open", propose=Permission.DILIGENCE_WRITE, agree=Permission.DILIGENCE_AGREE)
def open_(proposal: Proposed, *, by: str, now: datetime) -> None:
    """The two who opened it sit there, and as many guests as were agreed."""
    said = proposal.payload
    found = Consultation.objects.select_for_update().get(code=said["consultation"])
    if now >= found.ends_at:
        raise SomeoneElseWasFirst("The date on which it was to end has passed; propose another.")
    found.agreed_at = now
    found.save(update_fields=["agreed_at"])
    hosts = [proposal.proposed_by, by]
    names = seat_names(len(hosts) + int(said["guests"]))
    seats = [Seat(consultation=found, name=name, host=n < len(hosts)) for n, name in enumerate(names)]
    Seat.objects.bulk_create(seats)
    Host.objects.bulk_create(Host(seat=seat, member=member) for seat, member in zip(seats, hosts, strict=False))
    opened = ConsultationOpened(
        consultation=found.code,
        assessment=said["assessment"],
        audience=found.audience,
        ends=found.ends_at,
        proposal=proposal.code,
    )
    ledger.append(opened, by=by, now=now, holder=found.assessment.holder)


def issue(code: str, seat: str, *, by: str, now: datetime) -> Issued:
    """A link for one guest and the code for a second channel. A new one voids the one before; a used one stays used."""
    found = find(code)
    seat_of(found, by)
    if not is_live(found, now):
        raise NotFound("This consultation is over, or two people have not agreed to it yet.")
    row = found.seats.filter(name=seat, host=False).first()
    if row is None:
        raise NotFound("There is no guest of that name in this consultation.")
    if row.marks.filter(kind="visit").exists():
        raise _refused("link-used", "Somebody sits there already; they come back with their return word.")
    token, word = secrets.token_urlsafe(32), "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
    with transaction.atomic():
        Seat.objects.filter(pk=row.pk).update(secret=secret_of(token, word))
        told = ConsultationLink(consultation=found.code, seat=row.name)
        ledger.append(told, by=by, now=now, holder=found.assessment.holder)
    return Issued(row.name, f"/consult/{token}/", f"{word[:5]}-{word[5:]}")


def secret_of(token: str, code: str) -> bytes:
    given = code.replace("-", "").replace(" ", "").upper()[:64]
    return hashlib.sha256(f"{token[:128]}:{given}".encode()).digest()


def seat_of(consultation: Consultation, member: str) -> Seat:
    """Where this member sits; the two who opened it, and nobody else."""
    found = Seat.objects.filter(consultation=consultation, of_member__member=member).first()
    if found is None:
        raise _refused("no-seat", "Only the two members who opened this consultation take part in it.")
    return found


# --- ending


def end(code: str, *, by: str, now: datetime) -> None:
    """At once, by one person: access ends and what was written is destroyed."""
    people.require(by, Permission.DILIGENCE_WRITE, now)
    _end(find(code), by=by, now=now)


def end_due(now: datetime) -> int:
    """For the worker: whatever is past its date."""
    due = list(Consultation.objects.filter(ended_at=None, ends_at__lte=now).select_related("assessment"))
    for found in due:
        _end(found, by="worker", now=now)
    return len(due)


def _end(found: Consultation, *, by: str, now: datetime) -> None:
    """Words, keys and return words go; what was consented to stays as a digest, since passages rest on it."""
    with transaction.atomic():
        if not Consultation.objects.filter(pk=found.pk, ended_at=None).update(ended_at=now):
            return
        found.messages.all().delete()
        SeatMark.objects.filter(seat__consultation=found, kind__in=["key", "age"]).delete()
        SeatMark.objects.filter(seat__consultation=found, kind="visit").update(value="")
        found.seats.update(secret=None)
        told = ConsultationEnded(consultation=found.code)
        ledger.append(told, by=by, now=now, holder=found.assessment.holder)


# --- lines about a request


def propose_lines(code: str, ref: str, texts: Sequence[str], *, by: str, now: datetime) -> Proposal:
    """Lines about a request that guests may be told. None may hold an identifier that the request names."""
    found, case = find(code), door.open_for(by, ref, Permission.CASE_READ, now=now)
    lines = [text.strip() for text in texts if text.strip()]
    if not 1 <= len(lines) <= MOST_LINES or any(len(line) > LONGEST_LINE for line in lines):
        raise BadInput(f"Give 1 to {MOST_LINES} lines of at most {LONGEST_LINE} characters.")
    _refuse_targets(case, lines)
    with transaction.atomic():
        rows = [Line(consultation=found, case=case) for _ in lines]
        for row, text in zip(rows, lines, strict=True):
            row.text = seals.seal(case.holder, text.encode(), place=row.place)
            row.save()
        payload = {"consultation": found.code, "case": case.ref, "lines": [row.pk for row in rows]}
        proposal = proposals.propose("consultation-lines", found.code, payload, by=by, now=now)
        Line.objects.filter(pk__in=[row.pk for row in rows]).update(proposal=proposal.code)
    return proposal


def _refuse_targets(case: Case, lines: Sequence[str]) -> None:
    held = [(bytes(item.identifier), item.place) for item in case.items.all() if item.identifier]
    names = [name.decode().lower() for name in seals.unseal_many(case.holder, held)] if held else []
    if any(name in line.lower() for name in names for line in lines):
        raise _refused("names-target", "A line holds an identifier that the request names. No target is named.")


def _its_request(payload: Mapping[str, Any]) -> list[About]:
    rows = Line.objects.filter(pk__in=payload["lines"]).select_related("case")[:1]
    return [About(row.case.holder, row.case.ref) for row in rows]


@on_agreement(
    "consultation-lines",
    propose=Permission.DILIGENCE_WRITE,
    agree=Permission.DILIGENCE_AGREE,
    about=_its_request,
)
def release_lines(proposal: Proposed, *, by: str, now: datetime) -> None:
    """Both may read the request; what they agree to is these rows, which never change."""
    case = door.open_for(by, proposal.payload["case"], Permission.CASE_READ, now=now)
    rows = Line.objects.filter(pk__in=proposal.payload["lines"], case=case, proposal=proposal.code).order_by("pk")
    digest = hashlib.sha256(b"".join(bytes(row.text) for row in rows)).hexdigest()
    count = rows.update(agreed_at=now)
    told = LinesReleased(
        consultation=proposal.payload["consultation"], count=count, digest=digest, proposal=proposal.code
    )
    ledger.append(told, by=by, now=now, holder=case.holder, case=case.ref)


def lines(consultation: Consultation, reader: str) -> list[dict[str, Any]]:
    """Those of requests that this reader may read."""
    seen = door.visible_to(reader).filter(pk__in=consultation.lines.values("case")).in_bulk()
    rows = [row for row in consultation.lines.order_by("pk") if row.case_id in seen]
    return [
        {
            "case": seen[row.case_id].ref,
            "text": seals.unseal(seen[row.case_id].holder, bytes(row.text), place=row.place).decode(),
            "agreed": row.agreed_at is not None,
            "proposal": row.proposal,
        }
        for row in rows
        if seen[row.case_id].erased_at is None
    ]


# --- what was said


def digest_of(salt: str, text: str) -> str:
    return hashlib.sha256(f"{salt}{text}".encode()).hexdigest()


def consented(consultation: str, seat: str, digest: str) -> bool:
    """The last word on this passage by whoever sits there."""
    marks = SeatMark.objects.filter(
        seat__consultation__code=consultation, seat__name=seat, value=digest, kind__in=["yes", "no"]
    )
    last = marks.order_by("-pk").first()
    return last is not None and last.kind == "yes"


def take(code: str, seat: str, text: str, salt: str, *, by: str, now: datetime) -> Version:
    """A passage into the assessment, as a new version: only if whoever said it consented to exactly these words."""
    people.require(by, Permission.DILIGENCE_WRITE, now)
    found = find(code)
    seat_of(found, by)
    digest = digest_of(salt, text)
    guest = found.seats.filter(name=seat, host=False).exists()
    if not guest or not text.strip() or not consented(found.code, seat, digest):
        raise _refused("no-consent", "Whoever said this has not consented to exactly these words.")
    assessment = found.assessment
    base = queries.newest(assessment)
    said = queries.whole(base)
    if any(quote.digest == digest for quote in said.quotes):
        raise SomeoneElseWasFirst("That passage is in the assessment already.")
    quotes = (*said.quotes, Quote(found.code, seat, text.strip(), salt, digest))
    with transaction.atomic():
        row = actions.add(assessment, replace(said, quotes=quotes), onto=base.number, by=by, now=now)
        told = PassageTaken(consultation=found.code, seat=seat, assessment=assessment.code, digest=digest)
        ledger.append(told, by=by, now=now, holder=assessment.holder)
    return row


def document(found: Consultation, now: datetime) -> dict[str, Any]:
    """How far it is; nothing of what is said there."""
    sat = set(SeatMark.objects.filter(seat__consultation=found, kind="visit").values_list("seat__name", flat=True))
    return {
        "consultation": found.code,
        "assessment": found.assessment.code,
        "audience": found.audience,
        "ends": found.ends_at.isoformat(),
        "state": "open" if is_live(found, now) else "waits" if found.agreed_at is None else "over",
        "files_first": found.age_first,
        "guests": [{"seat": seat.name, "came": seat.name in sat} for seat in found.seats.filter(host=False)],
    }


def _refused(code: str, sentence: str) -> Refused:
    return Refused([Reason(code, sentence, clause=f"diligence:{code}")])
