"""Publishing: when what the public should read has changed, the files are made anew and the digest of their list goes
into the ledger, in one transaction. Harmless to repeat; nothing changed, nothing is written."""

from __future__ import annotations

import hashlib
import shutil
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from django.db import transaction

from abeyance import ledger
from abeyance.errors import BadInput, NotFound
from abeyance.ledger.models import Entry
from abeyance.ledger.receipts import receipt
from abeyance.ledger.verifying import LIST, RECEIPT
from abeyance.reporting import pages, saying
from abeyance.reporting.models import Publication, PublishedFile
from abeyance.rules.events import PausesPublished
from abeyance.rules.publication import BadList, listed, read_list

KEPT = 50  # publications


def publish(now: datetime, *, by: str = "worker") -> Publication | None:
    """The new publication, or None where the newest one says the same."""
    before = newest()
    said = saying.document(before.said if before else None, now)
    if before is not None and before.said == said:
        return None
    files = pages.files(said)
    listing = listed(files)
    act = uuid4()
    with transaction.atomic():
        told = PausesPublished(digest=hashlib.sha256(listing).hexdigest(), files=len(files))
        entry = ledger.append(told, by=by, now=now, act=act)
        made = Publication.objects.create(said=said, listing=listing.decode(), made_at=now, entry=entry.pk)
        PublishedFile.objects.bulk_create(
            PublishedFile(publication=made, name=name, content=content.decode()) for name, content in files.items()
        )
        for old in Publication.objects.order_by("-pk")[KEPT:]:
            old.delete()
    return made


def newest() -> Publication | None:
    return Publication.objects.order_by("-pk").first()


def file(name: str) -> str | None:
    """One file of the newest publication."""
    made = newest()
    if made is None:
        return None
    if name == LIST:
        return made.listing
    return made.files.filter(name=name).values_list("content", flat=True).first()


def export(folder: Path) -> Publication:
    """The newest publication as a folder, with its list and its receipt. Raises NotYetPublished before the log's next
    batch, BadInput where the folder cannot be written or holds something else."""
    made = newest()
    if made is None:
        raise NotFound("Nothing has been published yet: abeyance report publish.")
    proof = receipt(Entry.objects.get(pk=made.entry))
    contents = {each.name: each.content for each in made.files.all()} | {LIST: made.listing, RECEIPT: proof}
    if folder.exists() and not _only_ours(folder):
        raise BadInput(f"{folder} holds something else; name a new folder.")
    beside = folder.with_name(f"{folder.name}.new")
    try:
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        for name, content in contents.items():
            (beside / name).write_text(content, encoding="utf-8", newline="\n")
        shutil.rmtree(folder, ignore_errors=True)
        beside.rename(folder)
    except OSError as problem:
        raise BadInput(f"{folder} cannot be written: {problem.strerror}.") from None
    return made


def _only_ours(folder: Path) -> bool:
    """Whether nothing lies there but an earlier export, which may be replaced."""
    if not folder.is_dir():
        return False
    names = {each.name for each in folder.iterdir()}
    if not names:
        return True
    try:
        listed_there = set(read_list((folder / LIST).read_bytes()))
    except (OSError, BadList):
        return False
    return names <= listed_there | {LIST, RECEIPT}
