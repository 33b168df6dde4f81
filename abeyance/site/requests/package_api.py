"""The API of packages and hand-overs, for the member whose token is sent."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, StreamingHttpResponse
from ninja import Field, Router, Schema

from abeyance.people.bearer import MemberToken, caller
from abeyance.release import actions as gate
from abeyance.release import encrypting, handing, links
from abeyance.site.requests import documents, packages

router = Router(tags=["packages"], auth=MemberToken())
Document = dict[str, Any]


class To(Schema):
    to: str = Field(max_length=80)


class MailTo(To):
    address: str = Field(max_length=320)


class Confirmation(Schema):
    digest: str = Field(max_length=64)


@router.get("/packages/{key}", response=Document)
def package(request: HttpRequest, key: UUID) -> Document:
    return documents.package(packages.readable(key, caller(request)))


@router.post("/packages/{key}/check", response=Document)
def check(request: HttpRequest, key: UUID, body: To) -> Document:
    packages.readable(key, caller(request))
    verdict = gate.could_leave(key, to=body.to, by=caller(request))
    return {"allowed": verdict.allowed, "reasons": [reason.as_dict() for reason in verdict.reasons]}


@router.post("/packages/{key}/release")
def release(request: HttpRequest, key: UUID, body: To) -> StreamingHttpResponse:
    """The package itself, encrypted to the agency's key, as the answer's body."""
    packages.readable(key, caller(request))
    opened = gate.release(key, to=body.to, channel="api", by=caller(request))
    answer = StreamingHttpResponse(handing.as_encrypted_stream(opened), content_type="application/octet-stream")
    answer["Content-Disposition"] = (
        f'attachment; filename="{opened.release.package.case.ref}.{encrypting.suffix(body.to)}"'
    )
    answer["X-Abeyance-Release"] = str(opened.release.act)
    return answer


@router.post("/packages/{key}/mail", response=Document)
def mail(request: HttpRequest, key: UUID, body: MailTo) -> Document:
    packages.readable(key, caller(request))
    handed = handing.by_mail(key, to=body.to, address=body.address, by=caller(request))
    handed.release.refresh_from_db()
    return documents.hand_over(handed.release)


@router.post("/packages/{key}/link", response={201: Document})
def link(request: HttpRequest, key: UUID, body: To) -> Document:
    packages.readable(key, caller(request))
    made = links.make(key, to=body.to, by=caller(request), now=_now())
    return {"token": made.token, "code": made.code, "expires": documents.moment(made.expires_at)}


@router.post("/hand-overs/{act}/confirm", response=Document)
def confirm_hand_over(request: HttpRequest, act: UUID, body: Confirmation) -> Document:
    row = handing.confirm(act, body.digest, by=caller(request), now=_now())
    row.refresh_from_db()
    return documents.hand_over(row)


def _now() -> datetime:
    return datetime.now(UTC)
