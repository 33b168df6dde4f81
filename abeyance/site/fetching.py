"""A package over HTTP, or the rest of one: what the hatch gives, with the headers by which any client goes on after a
break (RFC 9110: Range, If-Range, ETag; RFC 9530: Repr-Digest)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase

from abeyance.site import hatch

Problem = Callable[[int, str], HttpResponse]


def fetched(request: HttpRequest, problem: Problem, **known: str) -> HttpResponseBase:
    """`known` is a token and a code, or a ticket. A GET may ask for a part. Raises Unsafe."""
    part = {"range": request.headers.get("Range", ""), "if_range": request.headers.get("If-Range", "")}
    head, pieces = hatch.ask(Path(settings.ABEYANCE_HOME), **known, **(part if request.method == "GET" else {}))
    status = int(head["status"])
    if status not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
        return _sorry(problem(status, str(head["error"])), head)
    answer = StreamingHttpResponse(pieces, status=status, content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="{head["name"]}"'
    answer["Content-Length"] = str(head["end"] - head["first"])
    answer["Accept-Ranges"] = "bytes"
    answer["ETag"] = f'"{head["digest"]}"'
    answer["Repr-Digest"] = f"sha-256=:{base64.b64encode(bytes.fromhex(head['digest'])).decode()}:"
    if status == HTTPStatus.PARTIAL_CONTENT:
        answer["Content-Range"] = f"bytes {head['first']}-{head['end'] - 1}/{head['size']}"
    return answer


def token_and_code(request: HttpRequest) -> tuple[str, str] | None:
    """From `Authorization: Basic`, which every client can send and no log keeps."""
    kind, _, said = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        token, colon, code = base64.b64decode(said.strip()[:1000], validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (token.strip(), code.strip()) if colon else None


def _sorry(answer: HttpResponse, head: dict[str, Any]) -> HttpResponse:
    if answer.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        answer["Content-Range"] = f"bytes */{head['size']}"
    return answer
