"""Errors over HTTP: the same sentences and reasons as on the command line, with the status that fits."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import DataError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError
from ninja.errors import ValidationError as BadBody

from abeyance.errors import AbeyanceError, BadInput, Locked, NotFound, Refused, SomeoneElseWasFirst, Unsafe
from abeyance.site import saying

log = logging.getLogger(__name__)

STATUS: tuple[tuple[type[AbeyanceError], HTTPStatus], ...] = (
    (BadInput, HTTPStatus.UNPROCESSABLE_ENTITY),
    (NotFound, HTTPStatus.NOT_FOUND),
    (Refused, HTTPStatus.CONFLICT),
    (SomeoneElseWasFirst, HTTPStatus.CONFLICT),
    (Locked, HTTPStatus.LOCKED),
    (Unsafe, HTTPStatus.SERVICE_UNAVAILABLE),
)
MOST_PROBLEMS = 20


def status_of(problem: AbeyanceError) -> HTTPStatus:
    return next((status for kind, status in STATUS if isinstance(problem, kind)), HTTPStatus.CONFLICT)


def error(status: int, sentence: str, **more: Any) -> HttpResponse:
    return JsonResponse({"error": sentence, "reasons": [], **more}, status=status)


def for_reader(request: HttpRequest, status: int, sentence: str) -> HttpResponse:
    """A page for a browser, a JSON document for everything else."""
    if "text/html" not in request.headers.get("Accept", ""):
        return error(status, sentence)
    return HttpResponse(render_to_string("failed.html", {"sentence": sentence, "status": status}), status=status)


def install(api: NinjaAPI) -> None:
    """Every error of this API is a JSON document with a sentence."""
    api.add_exception_handler(AbeyanceError, _on_purpose)
    api.add_exception_handler(AuthenticationError, _nobody)
    api.add_exception_handler(BadBody, _bad_body)
    api.add_exception_handler(HttpError, _http)
    api.add_exception_handler(Http404, lambda request, problem: not_found(request))
    api.add_exception_handler(RequestDataTooBig, lambda request, problem: too_large())
    api.add_exception_handler(SuspiciousOperation, lambda request, problem: bad_request(request))
    api.add_exception_handler(DataError, _unstorable)
    api.add_exception_handler(OperationalError, _no_database)
    api.add_exception_handler(Exception, _unforeseen)


def _on_purpose(request: HttpRequest, problem: Any) -> HttpResponse:
    return JsonResponse(saying.problem_document(problem), status=status_of(problem))


def _nobody(request: HttpRequest, problem: Any) -> HttpResponse:
    answer = error(401, "This needs the token of an active member, as Authorization: Bearer TOKEN.")
    answer["WWW-Authenticate"] = "Bearer"
    return answer


def _bad_body(request: HttpRequest, problem: Any) -> HttpResponse:
    """Where it is wrong and how, without repeating what was sent."""
    found = [
        {"where": ".".join(str(part) for part in each.get("loc", ())[1:]), "what": each.get("msg", "")}
        for each in problem.errors[:MOST_PROBLEMS]
    ]
    first = f"{found[0]['where']}: {found[0]['what']}" if found else "it does not have the form that is described"
    return error(422, f"What was sent cannot be read: {first}.", problems=found)


def _http(request: HttpRequest, problem: Any) -> HttpResponse:
    return error(problem.status_code, str(problem) or "The request was refused.")


def _unstorable(request: HttpRequest, problem: Any) -> HttpResponse:
    return error(422, "What was sent holds a value that cannot be stored; nothing was changed.")


def _no_database(request: HttpRequest, problem: Any) -> HttpResponse:
    log.warning("%s %s: the database did not answer (%s)", request.method, _route(request), type(problem).__name__)
    return error(503, "The database did not answer in time; nothing is known to have been changed. Try again.")


def _unforeseen(request: HttpRequest, problem: Any) -> HttpResponse:
    if isinstance(problem, RecursionError) or (isinstance(problem, ValueError) and "NUL" in str(problem)):
        return error(422, "What was sent cannot be read: it is nested too deeply or holds a zero byte.")
    log.error("%s %s", request.method, _route(request), exc_info=problem)
    return error(500, "The desk failed in a way that nobody foresaw; its log says where.")


def _route(request: HttpRequest) -> str:
    """The pattern and not the path, which may hold a reference."""
    match = request.resolver_match
    return match.route if match else "?"


# --- for Django itself, outside of any API


def not_found(request: HttpRequest, exception: object = None) -> HttpResponse:
    return for_reader(request, 404, "There is nothing here.")


def bad_request(request: HttpRequest, exception: object = None) -> HttpResponse:
    return for_reader(request, 400, "The request is not one that this server understands.")


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that did not come from a page of ours, or from one that was open for too long."""
    sentence = "This form was not sent from a page of this desk that is still good. Go back, load it anew, try again."
    return for_reader(request, 403, sentence)


def too_large() -> HttpResponse:
    return error(413, "What was sent is larger than this server takes.")


def failed(request: HttpRequest) -> HttpResponse:
    return for_reader(request, 500, "The server failed in a way that nobody foresaw; its log says where.")
