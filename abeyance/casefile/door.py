"""The one door to a request. "Absent" and "not yours" look alike.

Every list, count, search and look-up begins with `visible_to`; nothing else may start from `Case.objects` in a room
that answers to people (a guard test looks).
"""

from __future__ import annotations

from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from abeyance.casefile.models import Case, Demand, Reader
from abeyance.errors import NotFound
from abeyance.people import queries as people
from abeyance.rules.people import OPERATOR_CODE, Permission, Role


def visible_to(member: str) -> QuerySet[Case]:
    """The cases that this member may know of. `member` is a code, or "operator" for the shell."""
    hidden = people.hidden_jurisdictions(member)
    cases = Case.objects.all()
    if hidden:
        cases = cases.exclude(Exists(Demand.objects.filter(case=OuterRef("pk"), jurisdiction__in=hidden)))
    if member == OPERATOR_CODE:
        return cases.filter(restricted=False)
    if Role.COUNSEL in people.actor(member).roles:
        return cases
    return cases.filter(Q(restricted=False) | Exists(Reader.objects.filter(case=OuterRef("pk"), member=member)))


def open_for(member: str, ref: str, permission: Permission, *, now: datetime) -> Case:
    """The case, if this member holds the permission and may read it; NotFound otherwise."""
    people.require(member, permission, now)
    case = visible_to(member).filter(ref=ref.strip().upper()[:16]).first()
    if case is None:
        raise NotFound(f"There is no request {ref[:24]!r} that you may read. `abeyance request list` shows yours.")
    return case
