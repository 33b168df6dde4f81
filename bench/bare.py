"""`python -m bench.bare`: the desk's own server with each measured page a second time, bare.

A bare page is the same request through the same server and the same doors (session, account, second factor, roles), and
the same template with layout, navigation, forms and empty states. Left out are its rows and the questions that it asks
for them, and nothing else: what no page of this desk can do without.
"""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path

from abeyance.people.pages import MemberRequest, page
from abeyance.rules.lifecycle import State
from abeyance.site import web, wsgi

APPLICATION = "bench.bare:application"


@page(None)
def bare(request: MemberRequest, name: str, ref: str = "") -> HttpResponse:
    template, context = {
        "front": ("pages/front.html", {"reads": True}),
        "list": ("pages/requests.html", {"states": [state.value for state in State], "said": {}, "count": 0}),
        "case": ("pages/case.html", _of_nothing(ref)),
        "pauses": ("pauses/list.html", {}),
        "pause": ("pauses/pause.html", {"name": ref, "newest": {"review": {"days": 1}}}),
        "emergency": ("oncall/emergency.html", {}),
    }[name]
    return render(request, template, context)


def _of_nothing(ref: str) -> dict[str, object]:
    """A sealed request without items, papers, packages, clocks and story; what could be done with it is there."""
    told = {"ref": ref, "state": "sealed", "demand": {"labels_agreed": True}}
    return {"told": told, "state": "sealed", "may_step": True, "step": "bare"}


def _with_bare_pages() -> object:
    from abeyance.site import desk_urls

    desk_urls.urlpatterns += [path("bare/<slug:name>/", bare), path("bare/<slug:name>/<slug:ref>/", bare)]
    return wsgi.application


application = _with_bare_pages()

if __name__ == "__main__":
    web.main("desk", APPLICATION)
