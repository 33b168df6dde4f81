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

from abeyance import fence, ledger, seals
from abeyance.asking import Asked, Plain
from abeyance.casefile.models import Case, Demand, Document, IncidentStep, Item
from abeyance.errors import BadInput
from abeyance.intake import provisional, registered
from abeyance.intake.provisional import Provisional
from abeyance.intake.reading import Reading, Suggestion
from abeyance.ledger import listing, sight
from abeyance.people import queries as people
from abeyance.people.directory import queries as directory
from abeyance.policy import queries as policy
from abeyance.policy.calendars import calendar_of
from abeyance.rules.events import Event, IncidentBegun, RequestReceived
from abeyance.rules.people import OPERATOR_CODE
from abeyance.rules.permissions import Permission
from abeyance.rules.served import Served
from abeyance.seals import FileSeal, HolderKey

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
    files: Sequence[tuple[Path, Reading]],
    *,
    channel: str,
    by: str,
    now: datetime,
    names: Sequence[str] = (),
    served: Served | None = None,
) -> Arrived:
    """Take in files that arrived together as one request. `files` have been read; `names` are as the sender gave them.

    Raises BadInput for what cannot be taken at all. Byte-identical input is merged with what arrived before, unless
    that is a request of which a member may not know: to that member it is new.
    """
    # What is served on one of us in person, any of us reports.
    people.require(by, Permission.INTAKE_RECEIVE, now) if served is None else people.require_present(by)
    _refuse_unusable(files)
    digests = [_digest_of(reading) for _, reading in files]
    asked = Asked()
    arrived_before, maps = _asking_same_bytes(asked, digests), policy.asking_maps(asked)
    asked.now()
    services = registered.services(maps())
    files = [(path, registered.with_services(reading, services)) for path, reading in files]
    found = tuple(suggestion for _, reading in files for suggestion in reading.suggestions)
    marks = tuple(f"{part.path}: {part.mark}" for _, reading in files for part in reading.parts if part.mark)
    earlier = _merged_with(arrived_before, by)
    if earlier is not None:
        return Arrived(earlier, _may_be_told(by, earlier), found, marks)
    key = uuid.uuid4()
    known = directory.names() if any(each.field == "agency" for each in found) else ()
    demand = provisional.from_readings([reading for _, reading in files], known)
    if served is not None:
        demand = provisional.as_served(demand, served)
    sealing = seals.NewKey(f"case:{key}", demand.jurisdiction)
    stored = [
        _store(sealing.key, path, reading, name)
        for (path, reading), name in zip(files, _names(files, names), strict=True)
    ]
    arrived = _record(key, sealing, stored, demand, channel=channel, by=by, found=found, marks=marks, served=served)
    if arrived.entry is None:
        for item in stored:
            (_documents() / item.path).unlink(missing_ok=True)
    return arrived


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


def _merged_with(found: list[Plain], by: str) -> str | None:
    """With what whoever brings it may know of. The shell, by which a folder of mail is read again and again, knows the
    reference of what it has brought itself, and is told no other."""
    refs = [str(ref) for (ref,) in found]
    known = sight.known(by, refs) if refs else frozenset()
    if by == OPERATOR_CODE and refs:
        known |= listing.received_by(by, refs)
    return next((ref for ref in refs if ref in known), None)


def _may_be_told(by: str, ref: str) -> bool:
    return bool(sight.known(by, [ref]))


SAME_BYTES = """
SELECT c.ref FROM casefile_document d JOIN casefile_case c ON c.id = d.case_id
WHERE d.sha256 = %s AND c.erased_at IS NULL
    AND ARRAY(SELECT each.sha256 FROM casefile_document each WHERE each.case_id = c.id ORDER BY 1) = %s::bytea[]
ORDER BY c.id LIMIT 100
"""


def _asking_same_bytes(asked: Asked, digests: Sequence[bytes]) -> list[Plain]:
    return asked.plain(SAME_BYTES, digests[0], sorted(digests))


def _documents() -> Path:
    return Path(settings.ABEYANCE_HOME) / DOCUMENTS


def _store(key: HolderKey, path: Path, reading: Reading, name: str) -> _Stored:
    """The original bytes, sealed and on disk before anything is said to have arrived."""
    document = uuid.uuid4()
    below = f"{document.hex[:2]}/{document}.sealed"
    with path.open("rb") as source:
        sealed = seals.seal_file(key, source, _documents() / below, place=f"document:{document}")
    return _Stored(document, below, name, sealed, reading)


def _record(
    key: uuid.UUID,
    sealing: seals.NewKey,
    stored: Sequence[_Stored],
    demand: Provisional,
    *,
    channel: str,
    by: str,
    found: tuple[Suggestion, ...],
    marks: tuple[str, ...],
    served: Served | None,
) -> Arrived:
    """One short transaction inside the fence: "new" or "under way" is judged by the epoch that is read here."""
    act, digests, asked, writing = uuid.uuid4(), [item.sealed.sha256 for item in stored], Asked(), Asked()
    sealed = _sealed_fields(sealing.key, stored, demand)
    sealing.prepare(asked)
    _one_at_a_time(asked, digests)
    earlier, restricted = _asking_same_bytes(asked, digests), policy.asking_binds_readers(asked, demand.instrument)
    case_key, demand_key = asked.drawn(Case), asked.drawn(Demand)
    with fence.together(act, asked) as entered:
        if same := _merged_with(earlier, by):
            return Arrived(same, _may_be_told(by, same), found, marks)
        case = Case(pk=case_key[0][0], key=key, channel=channel, restricted=served is not None or restricted())
        case.arrived_at, case.arrived_epoch = entered.now, entered.epoch
        case.add_country(demand.jurisdiction)
        made = sealing.write(writing)
        _write(writing, case, demand_key[0][0], stored, demand, sealed)
        events: list[Event] = [RequestReceived(channel=channel, documents=len(stored), digest=_digest(digests))]
        if served is not None:
            writing.written(*(IncidentStep(case=case, step=step.value) for step in served.steps))
            events.append(IncidentBegun(steps=len(served.steps)))
        entries = ledger.appending(
            writing, events, by=by, now=entered.now, holder=sealing.key, case=case.ref, epoch=entered.epoch, act=act
        )
        writing.now()
        assert made, "nobody else knows this case yet"
    return Arrived(case.ref, False, found, marks, entries[0].pk)


def _sealed_fields(holder: HolderKey, stored: Sequence[_Stored], demand: Provisional) -> dict[str, bytes]:
    """Everything that is sealed in a row, done before the fence is entered."""
    plain = [(item.name.encode(), f"document:{item.key}:name") for item in stored]
    plain += [(_packed(item.reading), f"document:{item.key}:reading") for item in stored]
    plain += [(item.identifier.encode(), f"item:1:{number}") for number, item in enumerate(demand.items, 1)]
    plain.append((json.dumps(demand.particulars, ensure_ascii=False).encode(), "demand:1:particulars"))
    return dict(zip((place for _, place in plain), seals.seal_many(holder, plain), strict=True))


def _write(
    writing: Asked, case: Case, key: int, stored: Sequence[_Stored], found: Provisional, sealed: dict[str, bytes]
) -> None:
    """The case with its documents and its first demand, whose key is `key`."""
    writing.written(case)
    writing.written(*(_document_row(case, item, sealed) for item in stored))
    demand = _demand_row(case, key, found, sealed)
    writing.written(demand)
    writing.written(*_item_rows(demand, found, sealed))


def _document_row(case: Case, item: _Stored, sealed: dict[str, bytes]) -> Document:
    return Document(
        case=case,
        key=item.key,
        path=item.path,
        size=item.sealed.size,
        sha256=item.sealed.sha256,
        name=sealed[f"document:{item.key}:name"],
        reading=sealed[f"document:{item.key}:reading"],
        mark="; ".join(part.mark for part in item.reading.parts if part.mark)[:80],
        arrived_at=case.arrived_at,
    )


def _demand_row(case: Case, key: int, found: Provisional, sealed: dict[str, bytes]) -> Demand:
    return Demand(
        pk=key,
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
        arrived_at=case.arrived_at,
    )


def _item_rows(demand: Demand, found: Provisional, sealed: dict[str, bytes]) -> list[Item]:
    return [
        Item(
            demand=demand,
            case=demand.case,
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
            arrived_epoch=demand.case.arrived_epoch,
        )
        for number, item in enumerate(found.items, 1)
    ]


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


def _one_at_a_time(asked: Asked, digests: Iterable[bytes]) -> None:
    """Of two who bring the same bytes at once, the second finds what the first has written."""
    asked.plain("SELECT pg_advisory_xact_lock(%s)", min(int.from_bytes(digest[:7], "big") for digest in digests))


def _digest(digests: Sequence[bytes]) -> str:
    """Of one file its own SHA-256, which its sender can compute; of several the digests joined by '+'."""
    return "+".join(digest.hex() for digest in digests)[:256]
