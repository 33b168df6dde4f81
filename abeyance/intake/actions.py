"""A request arrives. Nothing here needs a key: everything is sealed to public keys, so it works while the desk is
locked. What was acknowledged is on disk and committed; a file that cannot be read is kept all the same, and marked."""

from __future__ import annotations

import json
import uuid
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from abeyance import fence, ledger, seals
from abeyance.casefile.models import Case, Demand, Document, Item
from abeyance.errors import BadInput
from abeyance.intake import provisional
from abeyance.intake.provisional import Provisional
from abeyance.intake.reading import Reading, Suggestion
from abeyance.people import queries as people
from abeyance.people.directory import queries as directory
from abeyance.policy.calendars import calendar_of
from abeyance.policy.queries import binds_readers
from abeyance.rules.events import RequestReceived
from abeyance.rules.permissions import Permission
from abeyance.seals import FileSeal

DOCUMENTS = "documents"
MOST_FILES = 100  # in one request
CUT_TEXT = 200_000  # characters kept of each page where the whole would not fit a sealed field


@dataclass(frozen=True)
class Arrived:
    """What came of one delivery. `duplicate`: the very same bytes had arrived before, as this request."""

    ref: str
    duplicate: bool
    suggestions: tuple[Suggestion, ...]
    marks: tuple[str, ...]
    entry: int | None = None


@dataclass(frozen=True)
class _Stored:
    key: uuid.UUID
    path: str
    name: str
    sealed: FileSeal
    reading: Reading


def receive(
    files: Sequence[tuple[Path, Reading]], *, channel: str, by: str, now: datetime, names: Sequence[str] = ()
) -> Arrived:
    """Take in files that arrived together as one request. `files` have been read; `names` are as the sender gave them.

    Raises BadInput for what cannot be taken at all. Byte-identical input is merged with what arrived before.
    """
    people.require(by, Permission.INTAKE_RECEIVE, now)
    _refuse_unusable(files)
    digests = [_digest_of(reading) for _, reading in files]
    found = tuple(suggestion for _, reading in files for suggestion in reading.suggestions)
    marks = tuple(f"{part.path}: {part.mark}" for _, reading in files for part in reading.parts if part.mark)
    earlier = _same_bytes(digests)
    if earlier is not None:
        return Arrived(earlier, True, found, marks)
    key = uuid.uuid4()
    demand = provisional.from_readings([reading for _, reading in files], directory.names())
    with transaction.atomic():
        seals.new_case_key(f"case:{key}", demand.jurisdiction)
    stored = [
        _store(key, path, reading, name) for (path, reading), name in zip(files, _names(files, names), strict=True)
    ]
    return _record(key, stored, demand, channel=channel, by=by, found=found, marks=marks)


def _refuse_unusable(files: Sequence[tuple[Path, Reading]]) -> None:
    if not 1 <= len(files) <= MOST_FILES:
        raise BadInput(f"A request has 1 to {MOST_FILES} files.")
    for _, reading in files:
        if reading.refused:
            raise BadInput(reading.refused)


def _names(files: Sequence[tuple[Path, Reading]], names: Sequence[str]) -> list[str]:
    return [name[:400] for name in names] if names else [path.name[:400] for path, _ in files]


def _digest_of(reading: Reading) -> bytes:
    return reading.parts[0].sha256


def _same_bytes(digests: Sequence[bytes]) -> str | None:
    """The request that arrived before with exactly these files, if there is one."""
    wanted = sorted(digests)
    cases = Case.objects.filter(documents__sha256=digests[0], erased_at__isnull=True).order_by("pk")[:20]
    for case in cases:
        if sorted(bytes(digest) for digest in case.documents.values_list("sha256", flat=True)) == wanted:
            return case.ref
    return None


def _store(key: uuid.UUID, path: Path, reading: Reading, name: str) -> _Stored:
    """The original bytes, sealed and on disk before anything is said to have arrived."""
    document = uuid.uuid4()
    below = f"{document.hex[:2]}/{document}.sealed"
    target = Path(settings.ABEYANCE_HOME) / DOCUMENTS / below
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("rb") as source:
        sealed = seals.seal_file(f"case:{key}", source, target, place=f"document:{document}")
    return _Stored(document, below, name, sealed, reading)


def _record(
    key: uuid.UUID,
    stored: Sequence[_Stored],
    demand: Provisional,
    *,
    channel: str,
    by: str,
    found: tuple[Suggestion, ...],
    marks: tuple[str, ...],
) -> Arrived:
    """One short transaction inside the fence: "new" or "under way" is judged by the epoch that is read here."""
    holder, act = f"case:{key}", uuid.uuid4()
    sealed = _sealed_fields(holder, stored, demand)
    with fence.together(act):
        now, epoch = fence.clock(), fence.epoch()
        _one_at_a_time(stored)
        earlier = _same_bytes([item.sealed.sha256 for item in stored])
        if earlier is not None:
            return Arrived(earlier, True, found, marks)
        restricted = binds_readers(demand.instrument)
        case = Case.objects.create(key=key, channel=channel, arrived_at=now, arrived_epoch=epoch, restricted=restricted)
        _write_documents(case, stored, sealed, now)
        _write_demand(case, demand, sealed, now, epoch)
        arrived = RequestReceived(
            channel=channel, documents=len(stored), digest=_digest([item.sealed.sha256 for item in stored])
        )
        entry = ledger.append(arrived, by=by, now=now, holder=holder, case=case.ref, epoch=epoch, act=act)
    return Arrived(case.ref, False, found, marks, entry.pk)


def _sealed_fields(holder: str, stored: Sequence[_Stored], demand: Provisional) -> dict[str, bytes]:
    """Everything that is sealed in a row, done before the fence is entered."""
    plain = [(item.name.encode(), f"document:{item.key}:name") for item in stored]
    plain += [(_packed(item.reading), f"document:{item.key}:reading") for item in stored]
    plain += [(item.identifier.encode(), f"item:1:{number}") for number, item in enumerate(demand.items, 1)]
    plain.append((json.dumps(demand.particulars, ensure_ascii=False).encode(), "demand:1:particulars"))
    return dict(zip((place for _, place in plain), seals.seal_many(holder, plain), strict=True))


def _write_documents(case: Case, stored: Sequence[_Stored], sealed: dict[str, bytes], now: datetime) -> None:
    Document.objects.bulk_create(
        Document(
            case=case,
            key=item.key,
            path=item.path,
            size=item.sealed.size,
            sha256=item.sealed.sha256,
            name=sealed[f"document:{item.key}:name"],
            reading=sealed[f"document:{item.key}:reading"],
            mark="; ".join(part.mark for part in item.reading.parts if part.mark)[:80],
            arrived_at=now,
        )
        for item in stored
    )


def _write_demand(case: Case, found: Provisional, sealed: dict[str, bytes], now: datetime, epoch: int) -> None:
    demand = Demand.objects.create(
        case=case,
        kind=found.kind,
        requester=found.requester,
        jurisdiction=found.jurisdiction,
        agency=found.agency,
        instrument=found.instrument,
        emergency=found.emergency,
        secrecy=found.secrecy,
        deadline=calendar_of(found.jurisdiction).end_of(found.deadline) if found.deadline else None,
        particulars=sealed["demand:1:particulars"],
        arrived_at=now,
    )
    Item.objects.bulk_create(
        Item(
            demand=demand,
            case=case,
            number=number,
            service=item.service,
            category=item.category,
            identifier_kind=item.identifier_kind,
            identifier=sealed[f"item:1:{number}"],
            period_start=item.period_start,
            period_end=item.period_end,
            jurisdiction=found.jurisdiction,
            agency=found.agency,
            instrument=found.instrument,
            arrived_epoch=epoch,
        )
        for number, item in enumerate(found.items, 1)
    )


def _packed(reading: Reading) -> bytes:
    """The text and the suggestions, compressed: what a person will confirm from."""
    return zlib.compress(json.dumps(_document(reading), ensure_ascii=False).encode(), 6)


def _document(reading: Reading) -> dict[str, Any]:
    return {
        "sender": reading.sender,
        "reply_to": reading.reply_to,
        "subject": reading.subject,
        "message_id": reading.message_id,
        "marks": list(reading.marks),
        "parts": [
            {
                "path": part.path,
                "type": part.media_type,
                "size": part.size,
                "mark": part.mark,
                "text": [page[:CUT_TEXT] for page in part.text],
            }
            for part in reading.parts
        ],
        "suggestions": [suggestion_document(suggestion) for suggestion in reading.suggestions],
    }


def suggestion_document(suggestion: Suggestion) -> dict[str, str]:
    return {"field": suggestion.field, "value": suggestion.value, "where": str(suggestion.where)}


def _one_at_a_time(stored: Iterable[_Stored]) -> None:
    """Of two who bring the same bytes at once, the second finds what the first has written."""
    first = min(int.from_bytes(item.sealed.sha256[:7], "big") for item in stored)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [first])


def _digest(digests: Sequence[bytes]) -> str:
    """Of one file its own SHA-256, which its sender can compute; of several the digests joined by '+'."""
    return "+".join(digest.hex() for digest in digests)[:256]
