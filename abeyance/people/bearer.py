"""Who calls the API: the member whose token is in the Authorization header."""

from __future__ import annotations

from django.http import HttpRequest
from ninja.security import HttpBearer

from abeyance.people import queries


class MemberToken(HttpBearer):
    """Gives the member's code as `request.auth`; anything else is answered with 401."""

    def authenticate(self, request: HttpRequest, token: str) -> str | None:
        return queries.member_for_token(token)


def caller(request: HttpRequest) -> str:
    """The code of the member who calls. Only behind `MemberToken`."""
    code = getattr(request, "auth", None)
    if not isinstance(code, str):
        raise RuntimeError("an operation of the desk without MemberToken")
    return code
