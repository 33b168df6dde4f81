"""What every answer of both sites carries, and what is turned away before anything reads it."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.http.response import HttpResponseBase
from django.middleware.security import SecurityMiddleware
from django.views.decorators.csrf import csrf_exempt

from abeyance.site import answers

HEADERS = {
    # No inline script or style, no third party, no data: pictures.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; font-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
ROOM_FOR_FORMS = 2**20
FILES_IN_ONE_REQUEST = 4

Next = Callable[[HttpRequest], HttpResponseBase]


def headers(get_response: Next) -> Next:
    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        # What concerns a case is kept by nobody on the way; what is public says so itself.
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return answer


class Encrypted(SecurityMiddleware):
    """Plain HTTP is led to HTTPS, but for an onion service: its way is encrypted, and there is no other."""

    def process_request(self, request: HttpRequest) -> HttpResponsePermanentRedirect | None:
        if settings.ONION and request.META.get("HTTP_HOST") == settings.ONION:
            return None
        return super().process_request(request)


def bounds(get_response: Next) -> Next:
    """Before a byte of the body is read."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        said = request.META.get("CONTENT_LENGTH") or "0"
        if not said.isdecimal():
            return answers.bad_request(request)
        return answers.too_large() if int(said) > most_bytes(request) else get_response(request)

    return answer


def most_bytes(request: HttpRequest) -> int:
    if request.META.get("CONTENT_TYPE", "").startswith("multipart/form-data"):
        return int(settings.ABEYANCE.intake_max_bytes) * FILES_IN_ONE_REQUEST + ROOM_FOR_FORMS
    return int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


def hosts(get_response: Next) -> Next:
    """A name that is not ours is refused before anything answers to it."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        request.get_host()
        return get_response(request)

    return answer


@csrf_exempt  # it changes nothing, whatever the method
def health(request: HttpRequest) -> HttpResponse:
    """Whether this process reaches its database. It names nothing else: anybody may ask."""
    from django.db import Error, connection

    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return answers.error(503, "The database does not answer.")
    return HttpResponse('{"healthy": true}\n', content_type="application/json")
