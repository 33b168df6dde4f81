"""What a page of the desk says of itself: which permission it needs, and whether it asks again who you are.

A view without such a word is not reached by anybody (`site.signin.doors`); a test reads the words of every address.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, cast

from django.http import HttpRequest, HttpResponseNotAllowed
from django.http.response import HttpResponseBase

from abeyance.rules.permissions import Permission

View = Callable[..., HttpResponseBase]


@dataclass(frozen=True)
class Page:
    """`permission` None: every member. `step_up`: only shortly after saying again who one is."""

    permission: Permission | None
    step_up: bool
    methods: tuple[str, ...]


class MemberRequest(HttpRequest):
    """What a view of the desk is given: `member` is the code of an active member who has shown both factors."""

    member: str


def page(
    permission: Permission | None, *, step_up: bool = False, methods: tuple[str, ...] = ("GET",)
) -> Callable[[View], View]:
    """Say what this view needs. The door checks it before the view runs; the action behind it checks again."""

    def say(view: View) -> View:
        @wraps(view)
        def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method not in (*methods, *(("HEAD",) if "GET" in methods else ())):
                return HttpResponseNotAllowed(methods)
            return view(request, *args, **kwargs)

        cast(Any, answer).page = Page(permission, step_up, methods)
        return answer

    return say


def act(permission: Permission | None, *, step_up: bool = False) -> Callable[[View], View]:
    """A view that changes something: by POST alone."""
    return page(permission, step_up=step_up, methods=("POST",))


def word_of(view: Any) -> Page | None:
    found = getattr(view, "page", None)
    return found if isinstance(found, Page) else None
