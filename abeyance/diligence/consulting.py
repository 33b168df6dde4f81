"""Consultations of people outside: invited by two members, on conditions that are set beforehand."""

from __future__ import annotations

from abeyance.diligence.models import SeatMark


def consented(consultation: str, seat: str, digest: str) -> bool:
    """The last word on this passage by whoever sits there."""
    marks = SeatMark.objects.filter(
        seat__consultation__code=consultation, seat__name=seat, value=digest, kind__in=["yes", "no"]
    )
    last = marks.order_by("-pk").first()
    return last is not None and last.kind == "yes"
