"""Pauses that are being written. A draft binds nobody, and only its authors know of it; declaring it ends it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet

from abeyance.errors import BadInput, NotFound
from abeyance.pauses import actions
from abeyance.pauses.actions import Bound
from abeyance.pauses.models import Draft
from abeyance.people import queries
from abeyance.rules.pausefile import KEYS, Unreadable, parse_pause
from abeyance.rules.pauses import Pause
from abeyance.rules.permissions import Permission

MOST = 200  # of one author; more is a mistake of a program
LARGEST = 256 * 1024


def of(member: str) -> QuerySet[Draft]:
    return Draft.objects.filter(authors__contains=[member]).order_by("-changed_at")


def find(code: str, *, by: str) -> Draft:
    """Absent and not yours look alike."""
    found = of(by).filter(code=code[:16]).first()
    if found is None:
        raise NotFound("There is no such draft of yours. `abeyance pause drafts` lists them.")
    return found


def save(document: Mapping[str, Any], *, by: str, now: datetime, code: str = "", authors: Iterable[str] = ()) -> Draft:
    """Keep it as far as it goes: only its keys are looked at, what they say is judged when it is previewed."""
    queries.require(by, Permission.PAUSE_DRAFT, now)
    kept = as_json(document)
    shared = {queries.code_of(each) for each in authors if each.strip()}
    if code:
        draft = find(code, by=by)
        draft.document, draft.changed_at, draft.changed_by = kept, now, by
        draft.authors = sorted({*draft.authors, *shared})
        draft.save()
        return draft
    if of(by).count() >= MOST:
        raise BadInput(f"You have {MOST} drafts; discard some first.")
    everybody = sorted({by, *shared})
    return Draft.objects.create(document=kept, authors=everybody, made_at=now, changed_at=now, changed_by=by)


def discard(code: str, *, by: str, now: datetime) -> None:
    queries.require(by, Permission.PAUSE_DRAFT, now)
    find(code, by=by).delete()


def declare(code: str, *, by: str, now: datetime) -> Bound:
    """What the draft says, in force; its authors are those of the pause, which matters while it is only planned."""
    draft = find(code, by=by)
    return actions.declare(read(draft.document), by=by, now=now, authors=draft.authors, draft=draft.code)


def read(document: Mapping[str, Any]) -> Pause:
    try:
        return parse_pause(document)
    except Unreadable as problem:
        raise BadInput(str(problem)) from None


def as_json(document: Mapping[str, Any]) -> dict[str, Any]:
    """TOML has dates of its own; a draft holds them as text, which is read back alike."""
    if unknown := sorted(set(document) - set(KEYS)):
        raise BadInput(f"A pause has no key '{unknown[0][:40]}'. Known keys: {', '.join(KEYS)}.")
    kept = {key: _plain(value) for key, value in document.items()}
    if len(repr(kept)) > LARGEST:
        raise BadInput("The draft is too large.")
    return kept


def _plain(value: Any) -> Any:
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    return value
