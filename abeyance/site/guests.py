"""The guest page of a consultation, on the portal. It keeps no address and no name of a browser, and every address in
it is relative, so that an onion service leads here as well. A cookie holds the return word, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from abeyance.diligence import acting, talking
from abeyance.diligence.models import Seat
from abeyance.errors import AbeyanceError, NotFound
from abeyance.site.answers import status_of

COOKIE = "abeyance_guest"
PATH = "/consult/"


@require_safe
def room(request: HttpRequest) -> HttpResponse:
    """The consultation for whoever sits there; for anybody else the way back in."""
    seat = _seat(request)
    if seat is None:
        return _page(request, "return")
    return _room(request, seat)


@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest, token: str) -> HttpResponse:
    if request.method != "POST":
        return _page(request, "enter")
    try:
        word = talking.enter(token, request.POST.get("code", ""), now=_now())
    except AbeyanceError as problem:
        return _page(request, "enter", status_of(problem), problem=str(problem))
    return _with(word)


@require_POST
def come_back(request: HttpRequest) -> HttpResponse:
    word = request.POST.get("word", "").strip()
    if talking.seat_for(word, now=_now()) is None:
        return _page(request, "return", HTTPStatus.NOT_FOUND, problem=talking.OVER)
    return _with(word)


@require_POST
def leave(request: HttpRequest) -> HttpResponse:
    answer = redirect(PATH)
    answer.delete_cookie(COOKIE, path=PATH, samesite="Strict")
    return answer


@require_safe
def messages(request: HttpRequest) -> HttpResponse:
    seat = _seat(request)
    if seat is None:
        return JsonResponse({"error": talking.OVER}, status=HTTPStatus.NOT_FOUND)
    return JsonResponse(talking.shown(seat))


@require_POST
def say(request: HttpRequest) -> HttpResponse:
    """One act of the guest, by its word; scripts read the status, everybody else comes back to the page."""
    seat = _seat(request)
    if seat is None:
        return _page(request, "return", HTTPStatus.NOT_FOUND, problem=talking.OVER)
    try:
        acting.act(seat, request)
    except AbeyanceError as problem:
        return _room(request, seat, status_of(problem), problem=str(problem))
    return redirect(PATH)


@require_safe
def file(request: HttpRequest, number: int) -> HttpResponse:
    seat = _seat(request)
    try:
        if seat is None:
            raise NotFound(talking.OVER)
        return acting.download(talking.file(seat.consultation, number), number)
    except AbeyanceError as problem:
        return _page(request, "return", status_of(problem), problem=str(problem))


def _seat(request: HttpRequest) -> Seat | None:
    return talking.seat_for(request.COOKIES.get(COOKIE, ""), now=_now())


def _with(word: str) -> HttpResponse:
    answer = redirect(PATH)
    secure = bool(settings.SESSION_COOKIE_SECURE)
    answer.set_cookie(COOKIE, word, path=PATH, httponly=True, samesite="Strict", secure=secure)
    return answer


def _room(request: HttpRequest, seat: Seat, status: int = HTTPStatus.OK, **context: Any) -> HttpResponse:
    more = {"word": request.COOKIES.get(COOKIE, ""), "talk": PATH}
    return _page(request, "consult", status, **acting.told(seat), **more, **context)


def _page(request: HttpRequest, name: str, status: int = HTTPStatus.OK, **context: Any) -> HttpResponse:
    chosen = settings.ABEYANCE
    shared = {"here": "consult", "operator": chosen.operator_name, "contact": chosen.operator_contact}
    answer = render(request, f"portal/consult/{name}.html", shared | context, status=status)
    answer["X-Robots-Tag"] = "noindex"
    return answer


def _now() -> datetime:
    return datetime.now(UTC)
