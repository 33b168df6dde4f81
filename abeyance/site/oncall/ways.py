"""The addresses of members, which hold passwords: sealed under the desk's secret, and only the worker opens them."""

from __future__ import annotations

from datetime import datetime

from abeyance.errors import BadInput
from abeyance.people.models import Member
from abeyance.site import boxes
from abeyance.site.oncall import places
from abeyance.site.oncall.models import Way

PURPOSE = b"abeyance ways of members"
MOST_WAYS = 5
LONGEST = 2000


def add(member: Member, address: str, *, now: datetime) -> Way:
    """Raises BadInput for an address that Apprise cannot use, or that leads where no alarm goes."""
    import apprise

    kind = address.partition("://")[0].lower()[:32]
    if len(address) <= LONGEST and "://" in address:
        places.refuse_others(address)
    if len(address) > LONGEST or apprise.Apprise.instantiate(address) is None:
        raise BadInput("This is no address that can be used, such as mailto://…, matrixs://… or jsons://… (a webhook).")
    if member.ways.count() >= MOST_WAYS:
        raise BadInput(f"At most {MOST_WAYS} ways for each member.")
    return Way.objects.create(member=member, kind=kind, sealed=boxes.seal(PURPOSE, address).encode(), added_at=now)


def opened(way: Way) -> str:
    return boxes.open_(PURPOSE, bytes(way.sealed).decode())
