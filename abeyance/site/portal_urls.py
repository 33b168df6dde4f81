"""What the portal answers to: what is paused, the log, and checking a receipt. Nothing of the desk is mounted here."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import path
from ninja import Field, NinjaAPI, Router, Schema

from abeyance import __version__
from abeyance.errors import BadInput
from abeyance.ledger import verifying
from abeyance.ledger.api import public as ledger
from abeyance.rules.ledger.notes import BadNote, VerifierKey, read_key
from abeyance.rules.ledger.receipts import LARGEST_RECEIPT
from abeyance.site import answers, fetching, guard, guests, portal
from abeyance.site.pages import language

pages = Router(auth=None, tags=["public"])


class Found(Schema):
    holds: bool
    what: str
    reason: str
    key: str
    key_given: bool
    origin: str | None
    size: int | None
    root: str | None
    index: int | None
    content: dict[str, Any] | None
    sentence: str


@pages.get("/pauses", response=list[dict[str, Any]])
def pauses(request: HttpRequest) -> list[dict[str, Any]]:
    """The pauses in force, as they were announced."""
    from abeyance.pauses import documents, store

    return [documents.public(row) for row in store.announced()]


@pages.post("/verify", response=Found)
def verify(request: HttpRequest, key: str = "") -> dict[str, Any]:
    """Whether the receipt or checkpoint in the body holds: what `abeyance verify FILE` says, which you should prefer,
    since it asks nobody."""
    return verifying.verify(request.body[: LARGEST_RECEIPT + 1], _given_key(key)).as_dict()


class Redemption(Schema):
    token: str = Field(max_length=200)
    code: str = Field(max_length=64)


@pages.post("/hand-over")
def hand_over(request: HttpRequest, body: Redemption) -> HttpResponseBase:
    """Redeem a link: the package, encrypted to the agency's key. Every attempt passes the gate again."""
    return fetching.fetched(request, answers.error, token=body.token, code=body.code)


@pages.get("/hand-over")
def hand_over_again(request: HttpRequest) -> HttpResponseBase:
    """The same with the token and the code as `Authorization: Basic`. A download that broke off goes on where it
    stopped: `Range` and `If-Range` are heeded, the ETag is the SHA-256 of what is downloaded."""
    if (known := fetching.token_and_code(request)) is None:
        answer = answers.error(401, "Send the token as the user's name and the code as the password.")
        answer["WWW-Authenticate"] = 'Basic realm="hand-over", charset="UTF-8"'
        return answer
    return fetching.fetched(request, answers.error, token=known[0], code=known[1])


def _given_key(key: str) -> VerifierKey | None:
    try:
        return read_key(key) if key else None
    except BadNote as problem:
        raise BadInput(f"key is not a verifier key: {problem}.") from None


def _build() -> NinjaAPI:
    api = NinjaAPI(title="Abeyance, public", version=__version__, docs_url=None, urls_namespace="portal", auth=None)
    answers.install(api)
    api.add_router("", pages)
    api.add_router("", ledger)
    return api


urlpatterns = [
    path("health", guard.health),
    path("", portal.start),
    path("paused/", portal.paused),
    path("published/", portal.published, name="public-index"),
    path("published/<str:name>", portal.published, name="public-file"),
    path("paused/<slug:name>/review/", portal.review),
    path("review/<str:token>/", portal.reviewed),
    path("check/", portal.check),
    path("redeem/", portal.redeem, name="redeem"),
    path("redeem/package", portal.fetch, name="fetch-package"),
    path("notice/", portal.notice_by_token),
    path("notice/<str:token>/", portal.notice),
    path("consult/", guests.room),
    path("consult/return", guests.come_back),
    path("consult/leave", guests.leave),
    path("consult/messages", guests.messages),
    path("consult/say", guests.say),
    path("consult/file/<int:number>", guests.file),
    path("consult/<str:token>/", guests.enter),
    path("language", language.language),
    path("", _build().urls),
]

handler400 = answers.bad_request
handler403 = answers.bad_request
handler404 = answers.not_found
handler500 = answers.failed
