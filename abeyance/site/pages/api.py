"""The API of operating the desk: the doctor, jobs and why they failed, backups."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router

from abeyance import outbox
from abeyance.people import queries as people
from abeyance.people.bearer import MemberToken, caller
from abeyance.rules.permissions import Permission
from abeyance.site import home
from abeyance.site.doctor import commands as doctor
from abeyance.site.keeping import asked, shelf

router = Router(tags=["operation"], auth=MemberToken())
Document = dict[str, Any]


@router.get("/doctor", response=list[Document])
def findings(request: HttpRequest) -> list[Document]:
    found = doctor.examine(caller(request))
    return [{"about": each.about, "grade": each.grade, "sentence": each.sentence} for each in found]


@router.get("/jobs", response=Document)
def jobs(request: HttpRequest) -> Document:
    by = caller(request)
    failed = [asdict(each) | {"ids": dict(each.ids)} for each in outbox.failures(1000, reader=by)]
    waits = [asdict(each) for each in outbox.pending(1000, reader=by)]
    return {"waiting": outbox.waiting(reader=by), "failed": failed, "pending": waits}


@router.post("/jobs/{job}/retry", response={204: None})
def retry(request: HttpRequest, job: int) -> None:
    people.require(caller(request), Permission.KEYS_ROTATE, datetime.now(UTC))
    outbox.retry(job)


@router.get("/backups", response=list[Document])
def backups(request: HttpRequest) -> list[Document]:
    people.require(caller(request), Permission.KEYS_ROTATE, datetime.now(UTC))
    return [asdict(each) for each in shelf.listed(home.here())]


@router.post("/backups", response={202: Document})
def back_up(request: HttpRequest) -> Document:
    """Made by the worker."""
    return {"name": asked.ask_for_backup(by=caller(request))}
