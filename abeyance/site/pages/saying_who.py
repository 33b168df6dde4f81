"""A member's login name beside the code that the record holds: on the desk only, since names never leave it."""

from __future__ import annotations

from abeyance.people.models import Member


def name_of(code: str | None) -> str:
    return names_of([code or ""]).get(code or "", code or "")


def names_of(codes: list[str]) -> dict[str, str]:
    return dict(Member.objects.filter(code__in=codes).values_list("code", "handle"))
