"""Pages of the scenarios that come with the desk: what a pause makes of forty invented requests. Nothing is stored."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from abeyance.pauses import scenarios
from abeyance.people.pages import MemberRequest, page


@page(None)
def listed(request: MemberRequest) -> HttpResponse:
    return render(request, "pauses/scenarios.html", {"scenarios": scenarios.listed()})


@page(None)
def one(request: MemberRequest, name: str) -> HttpResponse:
    return render(request, "pauses/scenario.html", scenarios.document(scenarios.named(name)))
