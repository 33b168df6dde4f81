"""Reading assessments: what a version says, how far an assessment is, and what of it is public."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet

from abeyance import seals
from abeyance.diligence.models import Assessment, Consultation, Note, SeatMark, Statement, Version
from abeyance.errors import NotFound, Unsafe
from abeyance.people import queries as people
from abeyance.people.models import Member
from abeyance.policy import queries as policy
from abeyance.rules import diligence as rules
from abeyance.rules.diligence import Assessed, Document, Missing, Outcome, Standing
from abeyance.rules.events import canonical
from abeyance.rules.permissions import Permission

BEGUN, APPROVED, PROLONGED, WAIVED = "begun", "approved", "prolonged", "waived"
MET, CONDITION_WAIVED, OPEN_AGAIN = "condition-met", "condition-waived", "condition-open"
CONDITIONS: Mapping[str, Outcome | None] = {MET: Outcome.MET, CONDITION_WAIVED: Outcome.WAIVED, OPEN_AGAIN: None}


def find(code: str) -> Assessment:
    found = Assessment.objects.filter(code=code.strip().lower()[:16]).first()
    if found is None:
        raise NotFound(f"There is no assessment {code[:16]!r}. `abeyance assessment list` shows those there are.")
    return found


def of_pause(pause: str) -> Assessment | None:
    return Assessment.objects.filter(pause=pause).first() if pause else None


def overdue(pauses: Collection[str], today: date) -> list[Assessment]:
    """Of each of these pauses the newest, if its day of review has passed."""
    found = Assessment.objects.filter(pause__in=pauses).order_by("pause", "-pk").distinct("pause")
    return [each for each in found if rules.is_overdue(each.review_by, today)]


def newest(assessment: Assessment) -> Version:
    found = assessment.versions.order_by("-number").first()
    assert found is not None  # the first is written with the assessment
    return found


def version(assessment: Assessment, number: int) -> Version:
    found = assessment.versions.filter(number=number).first()
    if found is None:
        raise NotFound(f"{assessment.code} has no version {number}.")
    return found


# --- what a version says


def whole(row: Version) -> Document:
    """Everything, with the privileged parts: for rules, and for whoever may read those."""
    said, privileged = _opened(row), _privileged(row)
    return replace(said, parts={**said.parts, **privileged})


def shown(row: Version) -> Document:
    """Without the text of the privileged parts; this is what leaves the desk, if anything does."""
    return _opened(row)


def for_reader(row: Version, reader: str) -> Document:
    """For a page: the privileged parts only to those who may read them."""
    return whole(row) if Permission.DILIGENCE_PRIVILEGED in people.actor(reader).permissions else shown(row)


def _opened(row: Version) -> Document:
    opened = seals.unseal(row.assessment.holder, bytes(row.body), place=row.place)
    return rules.parse(json.loads(opened)["document"])


def _privileged(row: Version) -> dict[str, str]:
    if row.privileged is None:
        return {}
    opened = seals.unseal(row.assessment.privileged_holder, bytes(row.privileged), place=row.place)
    return dict(json.loads(opened)["parts"])


def digest_of(said: Document, salt: str) -> bytes:
    return hashlib.sha256(canonical({"document": rules.as_document(said), "salt": salt})).digest()


def lacks(assessment: Assessment, said: Document) -> tuple[Missing, ...]:
    return rules.missing(said, affected_consulted=affected_consulted(assessment))


def affected_consulted(assessment: Assessment) -> bool:
    """Somebody of an affected group took a seat, and not only was invited."""
    sat = SeatMark.objects.filter(
        kind="visit",
        seat__host=False,
        seat__consultation__assessment=assessment,
        seat__consultation__audience="affected",
    )
    return sat.exists()


def notes(assessment: Assessment) -> list[dict[str, Any]]:
    rows = list(Note.objects.filter(assessment=assessment).order_by("-pk")[:500])
    opened = seals.unseal_many(assessment.holder, [(bytes(row.text), row.place) for row in rows]) if rows else []
    return [
        {"version": row.version, "part": row.part, "text": text.decode(), "by": row.by, "at": row.at.isoformat()}
        for row, text in zip(rows, opened, strict=True)
    ]


# --- how far it is


def law_digest(laws: Iterable[str]) -> str:
    """Of the text of these instruments as it is in force: an assessment is of this law and of no later one."""
    wanted = tuple(sorted(set(laws)))
    books = policy.books()[0]
    known = {entry.id: entry.digest for entry in books.entries.values()} | {e.id: e.digest for e in books.outbound}
    named = sorted((id_, digest) for id_, digest in known.items() if any(id_.startswith(law) for law in wanted))
    return hashlib.sha256(canonical([list(wanted), [list(each) for each in named]])).hexdigest()


def standing(pause: str, *, lock: bool = False) -> Standing:
    """What has been settled about this pause. `lock`: nothing of it changes until the caller's transaction ends."""
    rows = Assessment.objects.select_for_update() if lock else Assessment.objects.all()
    assessment = rows.filter(pause=pause).first() if pause else None
    said = list(Statement.objects.filter(pause=pause).order_by("pk"))
    return Standing(
        conditions=_conditions(said),
        assessment=assessed(assessment) if assessment else None,
        waived_at=_waived(said),
    )


def assessed(assessment: Assessment) -> Assessed:
    last = newest(assessment)
    approval = approval_of(assessment)
    of_version = version(assessment, approval.version or 0) if approval else None
    return Assessed(
        code=assessment.code,
        newest=last.number,
        approved=approval.version if approval else None,
        approved_at=approval.at if approval else None,
        law=approval.law if approval else "",
        law_now=law_digest(of_version.laws) if of_version else "",
        review_by=assessment.review_by,
        owned=Member.objects.filter(code=assessment.owner, active=True).exists(),
    )


def approval_of(assessment: Assessment) -> Statement | None:
    return Statement.objects.filter(assessment=assessment.code, kind=APPROVED).order_by("-pk").first()


def _conditions(said: Iterable[Statement]) -> dict[str, Outcome]:
    """The last word on each."""
    found: dict[str, Outcome] = {}
    for row in said:
        outcome = CONDITIONS.get(row.kind)
        if outcome is not None:
            found[row.condition] = outcome
        elif row.kind == OPEN_AGAIN:
            found.pop(row.condition, None)
    return found


def _waived(said: Iterable[Statement]) -> datetime | None:
    last = [row for row in said if row.kind == WAIVED or (row.kind == OPEN_AGAIN and not row.condition)][-1:]
    return last[0].at if last and last[0].kind == WAIVED else None


def assessments() -> QuerySet[Assessment]:
    return Assessment.objects.order_by("-pk")


# --- what is public


def published(pause: str, *, today: date) -> dict[str, Any]:
    """For the public page, feed and export of a pause: the summary as it was approved, by when it is reviewed and
    whether that is overdue, each condition that was settled, and the history. It reads one table, which is public."""
    said = list(Statement.objects.filter(pause=pause).order_by("pk")) if pause else []
    approval = next((row for row in reversed(said) if row.kind == APPROVED), None)
    due = next((row.review_by for row in reversed(said) if row.review_by is not None), None)
    waived = next((row for row in reversed(said) if row.kind == WAIVED), None) if _waived(said) else None
    return {
        "state": "approved" if approval else "begun" if said and due else "waived" if waived else "none",
        "assessment": approval.assessment if approval else "",
        "version": approval.version if approval else None,
        "digest": bytes(approval.digest or b"").hex() if approval else "",
        "summary": approval.text if approval else "",
        "approved": approval.at.isoformat() if approval else "",
        "review_by": due.isoformat() if due else "",
        "overdue": due is not None and rules.is_overdue(due, today),
        "waived": waived.text if waived else "",
        "conditions": [
            {"condition": row.condition, "outcome": outcome.value, "reason": row.text, "at": row.at.isoformat()}
            for row, outcome in _settled(said)
        ],
        "history": [_line(row) for row in said],
    }


def _settled(said: list[Statement]) -> list[tuple[Statement, Outcome]]:
    last: dict[str, Statement] = {row.condition: row for row in said if row.kind in CONDITIONS}
    return [(row, outcome) for row in last.values() if (outcome := CONDITIONS[row.kind]) is not None]


def _line(row: Statement) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "condition": row.condition,
        "text": row.text,
        "review_by": row.review_by.isoformat() if row.review_by else "",
        "at": row.at.isoformat(),
    }


# --- as documents, for command line and API


def document(assessment: Assessment, *, now: datetime) -> dict[str, Any]:
    """How far an assessment is; nothing of what it says."""
    how_far = assessed(assessment)
    consultations = Consultation.objects.filter(assessment=assessment).order_by("pk")
    return {
        "assessment": assessment.code,
        "pause": assessment.pause,
        "template": assessment.template,
        "owner": assessment.owner,
        "begun": assessment.begun_at.isoformat(),
        "review_by": assessment.review_by.isoformat(),
        "overdue": rules.is_overdue(assessment.review_by, now.date()),
        "newest": how_far.newest,
        "approved": how_far.approved,
        "law_changed": how_far.approved is not None and how_far.law != how_far.law_now,
        "consultations": [row.code for row in consultations],
    }


def with_text(assessment: Assessment, row: Version, *, now: datetime) -> dict[str, Any]:
    """With what the version says, without the text of its privileged parts, which are never exported."""
    said = shown(row)
    missing = lacks(assessment, whole(row))
    return document(assessment, now=now) | {
        "version": row.number,
        "digest": bytes(row.digest).hex(),
        "written": row.at.isoformat(),
        "missing": [{"part": each.part, "sentence": each.sentence} for each in missing],
        "document": rules.as_document(said),
        "comments": notes(assessment),
    }


def checked(row: Version) -> Document:
    """The whole version, refused if it is not what its digest says."""
    said = whole(row)
    opened = json.loads(seals.unseal(row.assessment.holder, bytes(row.body), place=row.place))
    if digest_of(said, opened["salt"]) != bytes(row.digest):
        raise Unsafe(f"Version {row.number} of {row.assessment.code} is not what was written. Look at the ledger.")
    return said
