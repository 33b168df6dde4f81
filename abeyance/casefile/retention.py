"""Erasing a closed request: its files go, its key goes, and what stays in the rows opens for nobody.

The key is gone for good when the next erasure run (`abeyance keys rotate`) has replaced the generation above it; until
then an older backup together with today's key ring could still open the request. `docs/keys.md` names the days.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.db.models import QuerySet

from abeyance import fence, ledger, seals
from abeyance.casefile import door
from abeyance.casefile.models import Case, Demand, Document, Envelope, Finding, Item, NoticeFact, Package
from abeyance.errors import BadInput, Refused
from abeyance.rules.decision import Reason
from abeyance.rules.events import Erased
from abeyance.rules.lifecycle import State
from abeyance.rules.people import Permission

_forgetting: list[Callable[[Case], None]] = []
CODE = re.compile(r"[a-z][a-z0-9-]{0,39}")  # why: it outlives the case, so it must name nobody


def on_erasure(forget: Callable[[Case], None]) -> None:
    """For a room above that keeps something about cases: what it must forget, in the same transaction."""
    if forget not in _forgetting:
        _forgetting.append(forget)


def due(kept: timedelta, *, now: datetime) -> QuerySet[Case]:
    """Closed longer ago than requests are kept, and not under a legal hold."""
    closed = Case.objects.filter(state=State.CLOSED, erased_at=None, closed_at__lt=now - kept)
    return closed.exclude(legal_holds__ended_at=None, legal_holds__isnull=False)


def erase(ref: str, reason: str, *, by: str, now: datetime) -> Case:
    """Raises Refused while the request is open, or a legal hold needs it. `reason` is one word, such as "retention"."""
    _refuse_text(reason)
    case = door.open_for(by, ref, Permission.RETENTION_ERASE, now=now)
    act = uuid4()
    with fence.together(act):
        moment = fence.clock()
        case = Case.objects.select_for_update().get(pk=case.pk)
        if against := _against(case):
            raise Refused(against)
        files = _files(case)
        _empty(case, moment)
        seals.erase(case.holder)
        told = Erased(what="request", reason=reason)
        ledger.append(told, by=by, now=moment, case=case.ref, act=act)
    for (
        path
    ) in files:  # after the commit: a file without its row is found by `abeyance doctor`, a row without it is not
        path.unlink(missing_ok=True)
    return case


def destroy_package(package: Package, reason: str, *, by: str, now: datetime) -> None:
    """Inside the caller's transaction; the caller asks for `files_of` it before, and removes them after the commit."""
    _refuse_text(reason)
    package.envelopes.all().delete()
    Package.objects.filter(pk=package.pk, destroyed_at=None).update(destroyed_at=now)
    told = Erased(what="package", reason=reason)
    ledger.append(told, by=by, now=now, holder=package.case.holder, case=package.case.ref)


def package_file(package: Package) -> Path:
    return _packages() / package.path


def envelope_file(envelope: Envelope) -> Path:
    return _packages() / envelope.path


def files_of(package: Package) -> list[Path]:
    """The package, and what of it is kept encrypted to an agency's key."""
    return [package_file(package), *(envelope_file(each) for each in package.envelopes.all())]


def document_file(document: Document) -> Path:
    return Path(settings.ABEYANCE_HOME) / "documents" / document.path


def _against(case: Case) -> list[Reason]:
    found = []
    if case.erased_at is not None:
        found.append(_no("erased", "The request has been erased already."))
    if State(case.state) is not State.CLOSED:
        found.append(_no("not-closed", f"The request is '{case.state}'; only a closed one is erased."))
    for hold in case.legal_holds.filter(ended_at=None):
        found.append(_no("legal-hold", f"A legal hold is in force, since {hold.at:%Y-%m-%d}."))
    return found


def _files(case: Case) -> list[Path]:
    home = Path(settings.ABEYANCE_HOME)
    documents = [home / "documents" / path for path in case.documents.values_list("path", flat=True)]
    return documents + [path for package in case.packages.all() for path in files_of(package)]


def _packages() -> Path:
    return Path(settings.ABEYANCE_HOME) / "packages"


def _empty(case: Case, now: datetime) -> None:
    """Sealed columns would open for nobody; empty ones do not even tell a length."""
    Document.objects.filter(case=case).update(name=b"", reading=b"", sha256=b"")
    Demand.objects.filter(case=case).update(particulars=b"")
    Item.objects.filter(case=case).update(identifier=b"", identifier_digest=None)
    Finding.objects.filter(case=case).update(note=b"")
    NoticeFact.objects.filter(item__case=case).update(reason=b"")
    for forget in _forgetting:
        forget(case)
    case.remarks.all().delete()
    case.legal_holds.update(basis=b"")
    Envelope.objects.filter(package__case=case).delete()
    case.packages.update(summary=b"", sha256=b"", destroyed_at=now)
    Case.objects.filter(pk=case.pk).update(erased_at=now)


def _refuse_text(reason: str) -> None:
    if not CODE.fullmatch(reason):
        raise BadInput("The reason for erasing is one word in small letters, such as retention or court-order.")


def _no(code: str, sentence: str) -> Reason:
    return Reason(code, sentence, clause=f"retention:{code}")
