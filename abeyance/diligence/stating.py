"""What two people say in public: an assessment approved or prolonged, a condition met or waived, an assessment waived.
Taking a condition back tightens, and one person does it."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from abeyance import ledger
from abeyance.diligence import queries
from abeyance.diligence.models import Assessment, Statement
from abeyance.errors import BadInput, NotFound, Refused, SomeoneElseWasFirst
from abeyance.people import proposals
from abeyance.people import queries as people
from abeyance.people.models import Proposal
from abeyance.people.proposals import Proposed, on_agreement
from abeyance.rules import diligence as rules
from abeyance.rules.decision import Reason
from abeyance.rules.diligence import Document, Outcome
from abeyance.rules.events import AssessmentApproved, AssessmentProlonged, ConditionSettled
from abeyance.rules.permissions import Permission

LONGEST_REASON = 5000
KINDS = {Outcome.MET: queries.MET, Outcome.WAIVED: queries.CONDITION_WAIVED}


# --- approving


def propose_approval(code: str, *, by: str, now: datetime) -> Proposal:
    """Of the newest version, by its digest. What its publication part says becomes public when somebody agrees."""
    people.require(by, Permission.DILIGENCE_WRITE, now)
    assessment = queries.find(code)
    row = queries.newest(assessment)
    said = queries.checked(row)
    _refuse_what_lacks(assessment, said)
    payload = {
        "assessment": assessment.code,
        "pause": assessment.pause,
        "version": row.number,
        "digest": bytes(row.digest).hex(),
        "law": queries.law_digest(row.laws),
        "summary": said.text(rules.PUBLIC),
    }
    return proposals.propose("assessment-approve", assessment.code, payload, by=by, now=now)


@on_agreement("assessment-approve", propose=Permission.DILIGENCE_WRITE, agree=Permission.DILIGENCE_AGREE)
def approve(proposal: Proposed, *, by: str, now: datetime) -> None:
    """Exactly what was proposed, still the newest, of the law in force, and with every consent still given."""
    said = proposal.payload
    assessment = _locked(said["assessment"])
    row = queries.newest(assessment)
    if (row.number, bytes(row.digest).hex()) != (said["version"], said["digest"]):
        raise SomeoneElseWasFirst(f"{assessment.code} has a newer version than the one proposed; propose that.")
    if queries.law_digest(row.laws) != said["law"]:
        raise SomeoneElseWasFirst("The law's text has changed since this was proposed; read it and propose again.")
    _refuse_what_lacks(assessment, queries.checked(row))
    _state(
        assessment,
        queries.APPROVED,
        proposal,
        now,
        text=said["summary"],
        version=row.number,
        digest=bytes(row.digest),
        law=said["law"],
        review_by=assessment.review_by,
    )
    approved = AssessmentApproved(
        assessment=assessment.code,
        pause=assessment.pause,
        version=row.number,
        digest=said["digest"],
        law=said["law"],
        summary=said["summary"],
        proposal=proposal.code,
    )
    ledger.append(approved, by=by, now=now)


def _refuse_what_lacks(assessment: Assessment, said: Document) -> None:
    from abeyance.diligence.consulting import consented

    reasons = [
        Reason("part-missing", each.sentence, f"diligence:{each.part}") for each in queries.lacks(assessment, said)
    ]
    for quote in said.quotes:
        if not consented(quote.consultation, quote.seat, quote.digest):
            sentence = f"{quote.seat} of {quote.consultation} has taken back the consent to a passage; leave it out."
            reasons.append(Reason("consent-withdrawn", sentence, "diligence:consulted"))
    if reasons:
        raise Refused(reasons)


# --- prolonging


def propose_prolongation(code: str, until: date, reason: str, *, by: str, now: datetime) -> Proposal:
    assessment = queries.find(code)
    if until <= assessment.review_by or until <= now.date():
        raise BadInput("The new date of review lies in the future and after the one before.")
    payload = {"assessment": assessment.code, "until": until.isoformat(), "reason": _reason(reason)}
    return proposals.propose("assessment-prolong", assessment.code, payload, by=by, now=now)


@on_agreement("assessment-prolong", propose=Permission.DILIGENCE_WRITE, agree=Permission.DILIGENCE_AGREE)
def prolong(proposal: Proposed, *, by: str, now: datetime) -> None:
    assessment = _locked(proposal.payload["assessment"])
    until, reason = date.fromisoformat(proposal.payload["until"]), proposal.payload["reason"]
    if until <= assessment.review_by:
        raise SomeoneElseWasFirst(f"{assessment.code} is to be reviewed later than that already.")
    assessment.review_by = until
    assessment.save(update_fields=["review_by"])
    _state(assessment, queries.PROLONGED, proposal, now, text=reason, review_by=until)
    told = AssessmentProlonged(
        assessment=assessment.code, review_by=until.isoformat(), reason=reason, proposal=proposal.code
    )
    ledger.append(told, by=by, now=now)


# --- conditions of a pause; `pauses.conditions` knows which a pause has


def propose_settlement(
    pause: str, condition: str, outcome: Outcome, reason: str, *, by: str, now: datetime
) -> Proposal:
    payload = {"pause": pause, "condition": condition, "outcome": outcome.value, "reason": _reason(reason)}
    return proposals.propose("condition-settle", pause, payload, by=by, now=now)


@on_agreement("condition-settle", propose=Permission.DILIGENCE_WRITE, agree=Permission.DILIGENCE_AGREE)
def settle(proposal: Proposed, *, by: str, now: datetime) -> None:
    said = proposal.payload
    outcome = Outcome(said["outcome"])
    Statement.objects.create(
        pause=said["pause"],
        kind=KINDS[outcome],
        condition=said["condition"],
        text=said["reason"],
        proposal=proposal.code,
        at=now,
    )
    told = ConditionSettled(
        pause=said["pause"],
        condition=said["condition"],
        outcome=outcome.value,
        reason=said["reason"],
        proposal=proposal.code,
    )
    ledger.append(told, by=by, now=now)


def reopen(pause: str, condition: str, reason: str, *, by: str, now: datetime) -> None:
    """At once, by one person: what was found met or waived is open again. Without a condition: the assessment."""
    people.require(by, Permission.DILIGENCE_WRITE, now)
    standing = queries.standing(pause)
    if condition not in standing.conditions and (condition or standing.waived_at is None):
        raise NotFound("That is open already.")
    told = ConditionSettled(pause=pause, condition=condition, outcome="open", reason=_reason(reason))
    with transaction.atomic():
        Statement.objects.create(pause=pause, kind=queries.OPEN_AGAIN, condition=condition, text=told.reason, at=now)
        ledger.append(told, by=by, now=now)


def propose_waiver(pause: str, reason: str, *, by: str, now: datetime) -> Proposal:
    """To lift this pause without an assessment. The reason is published."""
    return proposals.propose("assessment-waive", pause, {"pause": pause, "reason": _reason(reason)}, by=by, now=now)


@on_agreement("assessment-waive", propose=Permission.DILIGENCE_WRITE, agree=Permission.DILIGENCE_AGREE)
def waive(proposal: Proposed, *, by: str, now: datetime) -> None:
    pause, reason = proposal.payload["pause"], proposal.payload["reason"]
    Statement.objects.create(pause=pause, kind=queries.WAIVED, text=reason, proposal=proposal.code, at=now)
    told = ConditionSettled(pause=pause, condition="", outcome="waived", reason=reason, proposal=proposal.code)
    ledger.append(told, by=by, now=now)


def _state(assessment: Assessment, kind: str, proposal: Proposed, now: datetime, **said: object) -> None:
    Statement.objects.create(
        pause=assessment.pause, assessment=assessment.code, kind=kind, proposal=proposal.code, at=now, **said
    )


def _locked(code: str) -> Assessment:
    return Assessment.objects.select_for_update().get(code=code)


def _reason(text: str) -> str:
    if not text.strip() or len(text) > LONGEST_REASON:
        raise BadInput(f"A reason that is published is a text of 1 to {LONGEST_REASON:,} characters.")
    return text.strip()
