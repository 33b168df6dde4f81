"""The facts from which the bar is set, gathered from the directory and from earlier inquiries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from abeyance import seals
from abeyance.casefile.models import Case, Demand
from abeyance.errors import Locked
from abeyance.people.directory import queries as directory
from abeyance.people.directory.models import Agency
from abeyance.rules.verification import FindingKind, GenuineFinding, RequesterFacts
from abeyance.verification.domains import as_known, domain_of
from abeyance.verification.models import Inquiry


@dataclass(frozen=True)
class Arrival:
    """What the papers say of themselves: none of it is believed, all of it is compared. None: it is not known."""

    sender: str | None = None
    reply_to: str | None = None
    contact_differs: bool = False  # the request gives other numbers or addresses than the directory


@dataclass(frozen=True)
class SenderMarks:
    """The keyed digests under which this sender's address may be on file; the first is today's."""

    digests: tuple[bytes, ...] = ()

    @property
    def today(self) -> bytes | None:
        return self.digests[0] if self.digests else None


def marks_of(arrival: Arrival) -> SenderMarks:
    """Asks the key holder, so not in a transaction. While the desk is locked nobody is known, which raises the bar."""
    if arrival.sender is None:
        return SenderMarks()
    try:
        return SenderMarks(tuple(seals.digests_for_lookup("officer", arrival.sender.strip().lower())))
    except Locked:
        return SenderMarks()


def facts(case: Case, demand: Demand, arrival: Arrival, marks: SenderMarks) -> RequesterFacts:
    agency = Agency.objects.filter(code=demand.agency, active=True).first() if demand.agency else None
    own = frozenset(agency.domains) if agency else frozenset()
    return RequesterFacts(
        agency=agency.code if agency else None,
        stated_agency=demand.agency,
        nearest=directory.nearest(demand.agency) if demand.agency and not agency else None,
        sender_domain=as_known(domain_of(arrival.sender), own),
        reply_domain=_reply_domain(arrival, own),
        own_domains=own,
        known_domains=directory.all_domains(),
        sender_known=agency is not None and _is_known(agency, arrival, marks),
        seen_before=_seen_before(case, marks),
        emergency=demand.emergency,
        contact_changed_at=agency.changed_at if agency else None,
        contact_in_request_differs=arrival.contact_differs,
    )


def _reply_domain(arrival: Arrival, own: frozenset[str]) -> str | None:
    return as_known(domain_of(arrival.reply_to), own) if arrival.reply_to != arrival.sender else None


def _is_known(agency: Agency, arrival: Arrival, marks: SenderMarks) -> bool:
    return arrival.sender is not None and directory.knows_address(
        agency.code, arrival.sender.strip().lower(), marks.digests
    )


def _seen_before(case: Case, marks: SenderMarks) -> bool:
    earlier = Inquiry.objects.filter(cleared=True, sender__in=list(marks.digests)).exclude(case=case)
    return earlier.exists()


def findings(case: Case, demand: Demand) -> Sequence[GenuineFinding]:
    """What has been done so far for this version of the demand."""
    rows = Inquiry.objects.filter(case=case, demand_version=demand.version).order_by("id")
    return [GenuineFinding(FindingKind(row.how), row.by, row.at, row.contact_source, row.contact_since) for row in rows]
