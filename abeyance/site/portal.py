"""Pages of the portal, for everybody outside: what is paused, checking a receipt, fetching a package, one's own notice.
They know no session and no member; what they may not read they ask for at the hatch."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from abeyance.errors import AbeyanceError, Unsafe
from abeyance.ledger import verifying
from abeyance.pauses import documents, store, wording
from abeyance.reporting import publishing
from abeyance.reporting import views as reporting
from abeyance.rules.hearings import Asker
from abeyance.rules.ledger.notes import BadNote, read_key
from abeyance.rules.ledger.receipts import LARGEST_RECEIPT
from abeyance.site import fetching, hatch

MOST_PAUSES = 1000
TICKET = "abeyance_portal_ticket"
NO_KEY = "The key is not a verifier key."


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    return _page(request, "start", paused=store.announced().count())


@require_safe
def paused(request: HttpRequest) -> HttpResponse:
    rows = [documents.public(row) for row in store.announced()[:MOST_PAUSES]]
    pauses = [
        (row, wording.shown(row), [(each, wording.conditions_of(each)) for each in row["exceptions"]]) for row in rows
    ]
    return _page(request, "paused", pauses=pauses, today=datetime.now(UTC).date().isoformat())


@require_safe
def published(request: HttpRequest, name: str = "index.html") -> HttpResponse:
    """One of the files that the ledger vouches for, as it is exported too."""
    content = publishing.file(name[:100])
    if content is None:
        return _sorry(request, HTTPStatus.NOT_FOUND, _("There is no such page."))
    return reporting.answer(name, content)


@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request, "check")
    text, key = request.POST.get("text", ""), request.POST.get("key", "").strip()
    try:
        given = read_key(key) if key else None
        found = verifying.verify(text.replace("\r\n", "\n").encode()[: LARGEST_RECEIPT + 1], given).as_dict()
    except BadNote:
        return _page(request, "check", HTTPStatus.UNPROCESSABLE_ENTITY, problem=NO_KEY, text=text, key=key)
    except AbeyanceError as problem:
        return _page(request, "check", HTTPStatus.UNPROCESSABLE_ENTITY, problem=str(problem), text=text, key=key)
    return _page(request, "check", found=found, text=text, key=key)


@require_http_methods(["GET", "HEAD", "POST"])
def redeem(request: HttpRequest) -> HttpResponse:
    """Whoever has both gets a ticket, and with it the package from an address of its own, where a browser can go on."""
    if request.method != "POST":
        return _page(request, "redeem", origin=portal_address())
    token, code = request.POST.get("token", "").strip(), request.POST.get("code", "").strip()
    try:
        said = hatch.tell(_home(), what="ticket", token=token[:200], code=code[:64])
    except Unsafe as problem:
        said = {"status": HTTPStatus.SERVICE_UNAVAILABLE, "error": str(problem)}
    if said["status"] != HTTPStatus.OK:
        return _not_redeemed(request, int(said["status"]), str(said["error"]), token)
    answer = redirect("fetch-package")
    answer.set_cookie(
        TICKET, said["ticket"], path=answer.url, secure=settings.CSRF_COOKIE_SECURE, httponly=True, samesite="Strict"
    )
    return answer


@require_http_methods(["GET"])
def fetch(request: HttpRequest) -> HttpResponseBase:
    """Every attempt passes the gate again, and so does each that goes on after a break."""

    def sorry(status: int, sentence: str) -> HttpResponse:
        return _not_redeemed(request, status, sentence)

    if not (ticket := request.COOKIES.get(TICKET, "")):
        return redirect("redeem")
    try:
        return fetching.fetched(request, sorry, ticket=ticket)
    except Unsafe as problem:
        return sorry(HTTPStatus.SERVICE_UNAVAILABLE, str(problem))


def _not_redeemed(request: HttpRequest, status: int, sentence: str, token: str = "") -> HttpResponse:
    return _page(request, "redeem", status, problem=sentence, token=token, origin=portal_address())


@require_safe
def notice_by_token(request: HttpRequest) -> HttpResponse:
    """What somebody copied from a letter."""
    token = request.GET.get("token", "").strip().rstrip("/").rpartition("/")[2][:64]
    return redirect(f"/notice/{token}/") if token.replace("-", "").replace("_", "").isalnum() else redirect("/")


@require_http_methods(["GET", "HEAD", "POST"])
def notice(request: HttpRequest, token: str) -> HttpResponse:
    """For the account holder and their counsel, behind the token of the notice."""
    problem, status, done = "", HTTPStatus.OK, False
    text = request.POST.get("text", "")
    try:
        if request.method == "POST":
            said = hatch.tell(_home(), what="objection", token=token[:64], text=text[:5000])
            done, problem = said["status"] == HTTPStatus.OK, str(said.get("error", ""))
            status = HTTPStatus(said["status"])
        seen = hatch.tell(_home(), what="notice", token=token[:64])
    except Unsafe as wrong:
        return _sorry(request, HTTPStatus.SERVICE_UNAVAILABLE, str(wrong))
    if seen["status"] != HTTPStatus.OK:
        return _sorry(request, int(seen["status"]), str(seen["error"]))
    language = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME) or seen["told"]["language"]
    with translation.override(language if language in dict(settings.LANGUAGES) else "en"):
        context = {"told": seen["told"], "problem": problem, "done": done, "text": "" if done else text}
        answer = _page(request, "notice", status, **context)
    answer["Referrer-Policy"] = "same-origin"
    answer["X-Robots-Tag"] = "noindex"
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, name: str) -> HttpResponse:
    """Ask for a pause to be looked at again: an agency, an account holder, a victim; without an account."""
    row = store.announced(name[:64]).last()
    if row is None:
        return _sorry(request, HTTPStatus.NOT_FOUND, translation.gettext("No pause of this name is in force."))
    said = {key: request.POST.get(key, "") for key in ("asker", "said", "contact")}
    context: dict[str, Any] = {"pause": documents.public(row), "said": said, "askers": [each.value for each in Asker]}
    if request.method != "POST":
        return _page(request, "review", **context)
    said["asker"] = said["asker"] if said["asker"] in context["askers"] else Asker.OTHER.value
    try:
        told = hatch.tell(_home(), what="hearing", pause=row.name, **{key: text[:4100] for key, text in said.items()})
    except Unsafe as problem:
        return _page(request, "review", HTTPStatus.SERVICE_UNAVAILABLE, problem=str(problem), **context)
    if told["status"] != HTTPStatus.OK:
        return _page(request, "review", int(told["status"]), problem=str(told["error"]), **context)
    told["link"] = f"{portal_address()}/review/{told['token']}/"
    return _page(request, "review", told=told, **context)


@require_safe
def reviewed(request: HttpRequest, token: str) -> HttpResponse:
    """What became of one's request for review, behind its token."""
    try:
        seen = hatch.tell(_home(), what="heard", token=token[:64])
    except Unsafe as wrong:
        return _sorry(request, HTTPStatus.SERVICE_UNAVAILABLE, str(wrong))
    if seen["status"] != HTTPStatus.OK:
        return _sorry(request, int(seen["status"]), str(seen["error"]))
    answer = _page(request, "reviewed", told=seen["told"])
    answer["Referrer-Policy"] = "same-origin"
    answer["X-Robots-Tag"] = "noindex"
    return answer


def portal_address() -> str:
    """As the public types it; on a machine where nobody has said so, as it listens."""
    chosen = settings.ABEYANCE
    return chosen.portal_origin or f"http://{chosen.portal_host}:{chosen.portal_port}"


def _sorry(request: HttpRequest, status: int, sentence: str) -> HttpResponse:
    return _page(request, "sorry", status, sentence=sentence)


def _page(request: HttpRequest, name: str, status: int = HTTPStatus.OK, **context: Any) -> HttpResponse:
    chosen = settings.ABEYANCE
    shared = {"here": name, "operator": chosen.operator_name, "contact": chosen.operator_contact}
    return render(request, f"portal/{name}.html", shared | context, status=status)


def _home() -> Path:
    return Path(settings.ABEYANCE_HOME)
