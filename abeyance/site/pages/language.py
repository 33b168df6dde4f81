"""The reader's language, on both sites: a cookie, and no account."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.views.decorators.http import require_POST


def back_from(request: HttpRequest) -> str:
    """The page of ours on which a form stood that is on every page."""
    back = request.POST.get("back", "/")
    return back if back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None) else "/"


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    wanted = request.POST.get("language", "")
    answer = HttpResponseRedirect(back_from(request))
    if check_for_language(wanted) and wanted in dict(settings.LANGUAGES):
        answer.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            wanted,
            max_age=365 * 86400,
            samesite="Strict",
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
        )
    return answer
