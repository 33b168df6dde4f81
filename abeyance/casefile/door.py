"""The one door to a request. "Absent" and "not yours" look alike.

Every list, count, search and look-up begins with `visible_to`; nothing else may start from `Case.objects` in a room
that answers to people (a guard test looks).
"""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Value
from psycopg import sql

from abeyance.casefile.models import Case, Demand, Reader
from abeyance.errors import NotFound
from abeyance.ledger import sight
from abeyance.people import queries as people
from abeyance.people.queries import Sight
from abeyance.rules import people as rules
from abeyance.rules.people import OPERATOR_CODE, Permission, Role


def visible_to(member: str) -> QuerySet[Case]:
    """The cases that this member may know of. `member` is a code, or "operator" for the shell."""
    return visible_in(people.sight_of(member))


def visible_in(sight: Sight) -> QuerySet[Case]:
    """The same, for who has asked already what the member is."""
    member, cases = sight.actor.code, Case.objects.all()
    if sight.actor.away:
        return cases.none()
    if sight.hidden:
        cases = cases.filter(_of_none_alone(sight.hidden))
        cases = cases.exclude(Exists(Demand.objects.filter(case=OuterRef("pk"), jurisdiction__in=sight.hidden)))
    if member == OPERATOR_CODE:
        return cases.filter(restricted=False)
    if Role.COUNSEL in sight.actor.roles:
        return cases
    return cases.filter(Q(restricted=False) | Exists(Reader.objects.filter(case=OuterRef("pk"), member=member)))


def _of_none_alone(hidden: frozenset[str]) -> Q:
    """Leaves out what is of a hidden country and of no other, as ranges of an index: however many those are, nobody
    looks at them."""
    codes = sorted(hidden)
    found = Q(countries__lt=_Written(codes[0])) | Q(countries__gt=_Written(codes[-1]))
    for before, after in pairwise(codes):
        found |= Q(countries__gt=_Written(before), countries__lt=_Written(after))
    return found


class _Written(Value):
    """Part of the statement, so that also a plan made once and kept knows how few requests are left."""

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[str | int, ...]]:
        return str(sql.Literal(self.value).as_string()).replace("%", "%%"), ()


@sight.says_who_knows
def known(member: str, refs: frozenset[str]) -> frozenset[str]:
    """Of these references, those of requests that this member may know of."""
    return frozenset(visible_to(member).filter(ref__in=refs).values_list("ref", flat=True))


def open_for(member: str, ref: str, permission: Permission, *, now: datetime, absent: str = "") -> Case:
    """The case, if this member holds the permission and may read it; NotFound otherwise. `absent`: what to say then,
    where it was not asked for by its reference, which must not be told."""
    return open_in(people.sight_of(member), ref, permission, absent=absent)


def open_in(sight: Sight, ref: str, permission: Permission, *, absent: str = "") -> Case:
    """The same, for who has asked already what the member is."""
    people.refuse_unless(rules.may(sight.actor, permission))
    case = visible_in(sight).filter(ref=ref.strip().upper()[:16]).first()
    if case is None:
        no_request = f"There is no request {ref[:24]!r} that you may read. `abeyance request list` shows yours."
        raise NotFound(absent or no_request)
    return case
