"""What a member does when somebody demands something of them in person: the guidance, and a form for one thumb."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any, BinaryIO, cast

from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from abeyance.errors import BadInput
from abeyance.intake import serving, taking
from abeyance.people import queries as people
from abeyance.people.membership import checked_jurisdiction
from abeyance.people.pages import MemberRequest, page
from abeyance.policy import advising
from abeyance.rules.served import Place, Served, Wanted
from abeyance.seals.uploads import SealedUpload

PLACES = {
    Place.HOME: gettext_lazy("at home"),
    Place.BORDER: gettext_lazy("at a border"),
    Place.OFFICE: gettext_lazy("in an office, in a search"),
    Place.STREET: gettext_lazy("elsewhere, on the way"),
    Place.SUMMONED: gettext_lazy("where I was summoned to"),
}
WANTED = {
    Wanted.DATA: gettext_lazy("data of a user"),
    Wanted.UNLOCKING: gettext_lazy("a password, or that something is unlocked"),
    Wanted.DEVICES: gettext_lazy("devices or papers"),
    Wanted.ANSWERS: gettext_lazy("that I come along or answer questions"),
    Wanted.TAP: gettext_lazy("that somebody is watched or a service is changed"),
    Wanted.TAKE_DOWN: gettext_lazy("that something is taken down"),
}
ANSWERS = {"yes": True, "no": False}
MOST_PAPERS = 20


@page(None, methods=("GET", "POST"))
def served(request: MemberRequest) -> HttpResponse:
    """Nothing is required. What was typed comes back when something is wrong."""
    country = request.POST.get("country", request.GET.get("country", "")).strip().upper()[:2]
    context = {"wheres": PLACES.items(), "wanted": WANTED.items(), "country": country, "said": request.POST}
    context |= {"guidance": _guidance(country), "answers": (("yes", _("yes")), ("no", _("no")))}
    if request.method == "GET":
        return render(request, "pages/served.html", context)
    try:
        told = _told(request)
    except BadInput as problem:
        return render(request, "pages/served.html", context | {"problem": str(problem)}, status=422)
    shut = request.POST.get("shut_out") == "yes"
    with ExitStack() as held:
        papers = [
            (held.enter_context(taking.in_memory(cast(BinaryIO, file))), (file.name or "file")[:400])
            for file in _uploads(request)
        ]
        arrived = serving.report(told, by=request.member, now=_now(), papers=papers, shut_out=shut)
    if shut:
        logout(request)  # the session is gone already; this one forgets it
    return render(request, "pages/served_done.html", context | {"ref": arrived.ref, "shut": shut})


@page(None)
def guidance(request: MemberRequest) -> HttpResponse:
    """What to do, and whom to call, country by country; made to be printed."""
    country = request.GET.get("country", "").strip().upper()[:2]
    context = {
        "guidance": _guidance(country),
        "country": country,
        "countries": advising.countries_advised(),
        "without": advising.countries_without(),
    }
    return render(request, "pages/guidance.html", context)


def _guidance(country: str) -> Any:
    return advising.guidance_for(country or None, get_language() or "en")


def _told(request: MemberRequest) -> Served:
    def words(name: str) -> str:
        return request.POST.get(name, "").replace("\r\n", "\n").strip()

    country, on = words("country").upper(), words("on")
    return Served(
        on=people.code_of(on) if on else request.member,
        place=Place(words("place")) if words("place") in {each.value for each in Place} else None,
        country=checked_jurisdiction(country) if country else None,
        wanted=Wanted(words("wanted")) if words("wanted") in {each.value for each in Wanted} else None,
        by_whom=words("by_whom"),
        said=words("what"),
        papers=words("papers_left"),
        devices=words("devices"),
        secrecy=ANSWERS.get(words("secrecy")),
        custody=ANSWERS.get(words("custody")),
        reach=words("reach"),
    )


def _uploads(request: MemberRequest) -> list[Any]:
    files = [file for _name, files in request.FILES.lists() for file in files][:MOST_PAPERS]
    if any(isinstance(file, SealedUpload) and file.too_large for file in files):
        raise BadInput("A picture is larger than intake takes. Send the report without it, and add it later.")
    return files


def _now() -> datetime:
    return datetime.now(UTC)
