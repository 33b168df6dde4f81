"""Writing an assessment: begun, versions that are only ever added, comments, an owner.

What takes two people is in `stating.py`."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.db import transaction

from abeyance import ledger, seals
from abeyance.diligence import queries
from abeyance.diligence.models import Assessment, Note, Statement, Version
from abeyance.errors import BadInput, Refused, SomeoneElseWasFirst
from abeyance.people import queries as people
from abeyance.people.leaving import on_leaving
from abeyance.rules import diligence as rules
from abeyance.rules.decision import Reason
from abeyance.rules.diligence import Document, Unreadable
from abeyance.rules.diligence_templates import TEMPLATES, begun_from
from abeyance.rules.events import (
    AssessmentBegun,
    AssessmentCommented,
    AssessmentOwned,
    AssessmentWritten,
    canonical,
)
from abeyance.rules.pausefile import NAME
from abeyance.rules.permissions import Permission

LONGEST_NOTE = 5000


def begin(
    pause: str, template: str, *, laws: tuple[str, ...] = (), review_by: date, by: str, now: datetime
) -> Assessment:
    """A record of its own key, owned by whoever begins it, with the questions of a template as its first version."""
    people.require(by, Permission.DILIGENCE_WRITE, now)
    if pause and not NAME.fullmatch(pause):
        raise BadInput("A pause is named by capital letters, digits and hyphens, such as HK-2020-07.")
    if template not in TEMPLATES:
        raise BadInput(f"There is no template {template[:32]!r}. Templates: {', '.join(TEMPLATES)}.")
    if review_by <= now.date():
        raise BadInput("The date of review lies in the future.")
    try:
        said = begun_from(template, laws)
    except Unreadable as problem:
        raise BadInput(str(problem)) from None
    with transaction.atomic():
        if pause and Assessment.objects.filter(pause=pause).exists():
            raise SomeoneElseWasFirst(f"Pause {pause} has an assessment already: write a new version of it.")
        made = Assessment.objects.create(
            pause=pause, template=template, owner=by, review_by=review_by, begun_by=by, begun_at=now
        )
        seals.new_case_key(made.holder, None)
        seals.new_case_key(made.privileged_holder, None)
        Statement.objects.create(pause=pause, assessment=made.code, kind=queries.BEGUN, review_by=review_by, at=now)
        begun = AssessmentBegun(assessment=made.code, pause=pause, owner=by)
        ledger.append(begun, by=by, now=now, holder=made.holder)
        _store(made, said, 1, by=by, now=now)
    return made


def write(code: str, document: Mapping[str, Any], *, onto: int, by: str, now: datetime) -> Version:
    """A new version, written over version `onto`. A privileged part whose text is not given keeps the one it has; which
    parts are privileged, and what they say, only those change who may read them. Quotes come by consent alone."""
    writer = people.require(by, Permission.DILIGENCE_WRITE, now)
    try:
        given = rules.parse(document)
    except Unreadable as problem:
        raise BadInput(str(problem)) from None
    assessment = queries.find(code)
    base = queries.newest(assessment)
    said = _merged(given, base, may_read_all=Permission.DILIGENCE_PRIVILEGED in writer.permissions)
    return add(assessment, said, onto=onto, by=by, now=now)


def add(assessment: Assessment, said: Document, *, onto: int, by: str, now: datetime) -> Version:
    with transaction.atomic():
        locked = Assessment.objects.select_for_update().get(pk=assessment.pk)
        if queries.newest(locked).number != onto:
            raise SomeoneElseWasFirst(
                f"Version {onto} of {assessment.code} is no longer the newest: read it again, and write onto that."
            )
        return _store(locked, said, onto + 1, by=by, now=now)


def _merged(given: Document, base: Version, *, may_read_all: bool) -> Document:
    older = queries.whole(base)
    if given.quotes not in ((), older.quotes):
        raise BadInput("Quotes are taken from a consultation, after consent; they are not written by hand.")
    if not may_read_all and given.privileged != older.privileged:
        raise _refused("privileged-marks", "Which parts are privileged is for those to change who may read them.")
    if not may_read_all and any(given.text(part) for part in older.privileged):
        raise _refused("privileged-part", "A part that you write is privileged; counsel writes it.")
    kept = {part: older.text(part) for part in given.privileged & older.privileged if not given.text(part)}
    return replace(given, parts={**given.parts, **kept}, quotes=older.quotes)


def _store(assessment: Assessment, said: Document, number: int, *, by: str, now: datetime) -> Version:
    salt = secrets.token_hex(16)
    row = Version(
        assessment=assessment,
        number=number,
        marked=sorted(said.privileged),
        laws=list(said.laws),
        digest=queries.digest_of(said, salt),
        by=by,
        at=now,
    )
    plain = replace(said, parts={part: text for part, text in said.parts.items() if part not in said.privileged})
    body = canonical({"document": rules.as_document(plain), "salt": salt})
    row.body = seals.seal(assessment.holder, body, place=row.place)
    if secret := {part: said.text(part) for part in sorted(said.privileged) if said.text(part)}:
        row.privileged = seals.seal(
            assessment.privileged_holder, json.dumps({"parts": secret}).encode(), place=row.place
        )
    row.save(force_insert=True)
    written = AssessmentWritten(assessment=assessment.code, version=number, digest=bytes(row.digest).hex())
    ledger.append(written, by=by, now=now, holder=assessment.holder)
    return row


def comment(code: str, part: str, text: str, *, by: str, now: datetime) -> Note:
    """On a part of the newest version. Comments are no part of what is approved or published."""
    people.require(by, Permission.DILIGENCE_READ, now)
    if part not in {each.code for each in rules.PARTS}:
        raise BadInput(f"There is no part {part[:32]!r}. Parts: {', '.join(each.code for each in rules.PARTS)}.")
    if not text.strip() or len(text) > LONGEST_NOTE:
        raise BadInput(f"A comment is a text of 1 to {LONGEST_NOTE:,} characters.")
    assessment = queries.find(code)
    with transaction.atomic():
        made = Note(assessment=assessment, version=queries.newest(assessment).number, part=part, by=by, at=now)
        made.text = seals.seal(assessment.holder, text.strip().encode(), place=made.place)
        made.save()
        told = AssessmentCommented(assessment=assessment.code, version=made.version, part=part)
        ledger.append(told, by=by, now=now, holder=assessment.holder)
    return made


def give_to(code: str, owner: str, *, by: str, now: datetime) -> Assessment:
    """Another owner: somebody who may write it."""
    people.require(by, Permission.DILIGENCE_WRITE, now)
    assessment = queries.find(code)
    with transaction.atomic():
        _pass_on(assessment, people.code_of(owner), by=by, now=now)
    return assessment


@on_leaving
def hand_on(member: str, heir: str | None, /, *, by: str, now: datetime) -> None:
    """No assessment is left to nobody: its owner is replaced before they leave."""
    owned = list(Assessment.objects.select_for_update().filter(owner=member).order_by("pk"))
    if owned and heir is None:
        names = ", ".join(each.code for each in owned[:5])
        sentence = f"{member} owns {names}: name who takes over (--heir MEMBER), or give it another owner first."
        raise _refused("owner-leaves", sentence)
    for assessment in owned:
        assert heir is not None
        _pass_on(assessment, heir, by=by, now=now)


def _pass_on(assessment: Assessment, owner: str, *, by: str, now: datetime) -> None:
    found = people.actor(owner)
    if not found.active or Permission.DILIGENCE_WRITE not in found.permissions:
        raise _refused("owner-cannot-write", f"{owner} may not write assessments, so cannot own one.")
    if owner == assessment.owner:
        raise BadInput(f"{owner} owns {assessment.code} already.")
    assessment.owner = owner
    assessment.save(update_fields=["owner"])
    ledger.append(AssessmentOwned(assessment=assessment.code, owner=owner), by=by, now=now, holder=assessment.holder)


def _refused(code: str, sentence: str) -> Refused:
    return Refused([Reason(code, sentence, clause=f"diligence:{code}")])
