"""The stored request that every stage shares.

Sealed (bytes, opened only through the key holder): identifiers, particulars, names, texts, notes. Plain: what matching
pauses over a million rows needs. Facts that the gate reads are rows here, each with the epoch of the fence at which it
was recorded, so that a pause that was lifted later makes it void without touching it.
"""

from __future__ import annotations

import secrets
import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models

from abeyance.rules.lifecycle import State
from abeyance.rules.recalls import Step
from abeyance.rules.terms import DataCategory, DemandKind, Ground, IdentifierKind, Issuer, Offence, RequesterKind

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # nothing that is misread over the telephone


def new_ref() -> str:
    """A random reference: R-7K2M-9QXD-4TWC. It says nothing of order or number."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(12))
    return f"R-{letters[:4]}-{letters[4:8]}-{letters[8:]}"


def _one_of(name: str, values: type, field: str, *, optional: bool = True) -> models.CheckConstraint:
    condition = models.Q(**{f"{field}__in": [member.value for member in values]})  # type: ignore[attr-defined]
    if optional:
        condition |= models.Q(**{f"{field}__isnull": True})
    return models.CheckConstraint(condition=condition, name=name)


class Case(models.Model):
    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    ref = models.CharField(max_length=16, unique=True, default=new_ref, editable=False)
    state = models.CharField(max_length=16, default=State.RECEIVED)
    version = models.IntegerField(default=1)
    channel = models.CharField(max_length=16)  # mail, file, api, post, telephone, hand
    # Of every version of the demand, sorted and joined by commas: for finding what a member may see without looking at
    # all the rest. Who may see what is asked of the demands themselves.
    countries = models.TextField(default="")
    restricted = models.BooleanField(default=False)  # an instrument that binds inside readers: counsel only
    possible_duplicate_of = models.ForeignKey("self", null=True, on_delete=models.PROTECT)
    same_matter = models.BooleanField(null=True)  # what a person decided about that; None: nobody has yet
    arrived_at = models.DateTimeField()
    arrived_epoch = models.BigIntegerField()
    closed_at = models.DateTimeField(null=True)
    closing = models.CharField(max_length=32, default="")  # the outcome at closing, from ItemOutcome
    erased_at = models.DateTimeField(null=True)
    # For the order of the queue only, and never read by the gate: the next due date as it was when the case was last
    # weighed, and the entry of the ledger that had been written about it by then.
    next_due = models.DateTimeField(null=True)
    weighed_entry = models.BigIntegerField(default=0)

    class Meta:
        constraints = [_one_of("case_state", State, "state", optional=False)]
        indexes = [
            models.Index(fields=["state", "arrived_at"]),
            models.Index(
                fields=["next_due"], name="case_due", condition=models.Q(closed_at=None, next_due__isnull=False)
            ),
            # Lists have the newest first, and each filter of theirs an index in that order.
            models.Index(fields=["id"], name="case_open_by_age", condition=models.Q(closed_at=None)),
            models.Index(fields=["state", "id"], name="case_state_by_age"),
            models.Index(fields=["countries"], name="case_countries"),
        ]

    def __str__(self) -> str:
        return self.ref

    def add_country(self, code: str | None) -> None:
        self.countries = ",".join(sorted({*filter(None, self.countries.split(",")), *filter(None, [code])}))

    @property
    def holder(self) -> str:
        """The name under which `seals` keeps this case's key."""
        return f"case:{self.key}"


class Reader(models.Model):
    """Who may read this case. An unrestricted case may be read by every member whose role reads cases."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="readers")
    member = models.CharField(max_length=16)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "member"], name="reader_once")]


class Document(models.Model):
    """One file as it came, sealed; `reading` is the sealed JSON of its text and of what was found in it."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="documents")
    key = models.UUIDField(unique=True, default=uuid.uuid4)
    path = models.CharField(max_length=200)  # below ABEYANCE_HOME/documents
    size = models.BigIntegerField()
    sha256 = models.BinaryField(max_length=32)
    name = models.BinaryField()
    reading = models.BinaryField(default=b"")
    mark = models.CharField(max_length=80, default="")
    arrived_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["sha256"])]

    @property
    def place(self) -> str:
        return f"document:{self.key}"


class Demand(models.Model):
    """One version of what is demanded. The newest counts; an amendment never edits."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="demands")
    version = models.IntegerField(default=1)
    kind = models.CharField(max_length=16, null=True)
    requester = models.CharField(max_length=24, null=True)
    jurisdiction = models.CharField(max_length=2, null=True)
    agency = models.CharField(max_length=64, null=True)
    instrument = models.CharField(max_length=64, null=True)
    ground = models.CharField(max_length=16, null=True)
    emergency = models.BooleanField(default=False)
    secrecy = models.BooleanField(default=False)
    entity = models.CharField(max_length=80, null=True)
    particulars = models.BinaryField(default=b"")  # officer, contact, reference, offence, notes
    arrived_at = models.DateTimeField()
    served_at = models.DateTimeField(null=True)
    deadline = models.DateTimeField(null=True)
    confirmed_by = models.CharField(max_length=16, null=True)
    confirmed_at = models.DateTimeField(null=True)
    # What a person found in the papers, for the axes of a pause and of its exceptions: codes of closed lists alone.
    related_to = ArrayField(models.CharField(max_length=2), null=True)  # empty: looked at, and related to no place
    issuer = models.CharField(max_length=24, null=True)
    offence = models.CharField(max_length=24, null=True)
    needs = ArrayField(models.CharField(max_length=24), default=list)
    labels_agreed_by = models.CharField(max_length=16, null=True)  # until then the labels before count as well

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(labels_agreed_by__isnull=True)
                | ~models.Q(labels_agreed_by=models.F("confirmed_by")),
                name="labels_by_two",
            ),
            models.UniqueConstraint(fields=["case", "version"], name="demand_version_once"),
            _one_of("demand_kind", DemandKind, "kind"),
            _one_of("demand_requester", RequesterKind, "requester"),
            _one_of("demand_ground", Ground, "ground"),
            _one_of("demand_issuer", Issuer, "issuer"),
            _one_of("demand_offence", Offence, "offence"),
        ]
        indexes = [
            models.Index(fields=["jurisdiction", "case"], name="demand_country_by_age"),
            models.Index(fields=["agency", "case"], name="demand_agency_by_age"),
            # Few, and asked for every minute.
            models.Index(fields=["case"], name="demand_emergency", condition=models.Q(emergency=True)),
            # Those of which older labels count as well.
            models.Index(
                fields=["case"],
                name="demand_relabelled",
                condition=models.Q(version__gt=1, labels_agreed_by__isnull=True),
            ),
        ]


class Item(models.Model):
    """identifier x service x category x period, of one version of the demand.

    `who`, `instrument` and `arrived_epoch` repeat the demand's, so that counting what a pause covers is one pass.
    """

    demand = models.ForeignKey(Demand, on_delete=models.CASCADE, related_name="items")
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="items")
    number = models.IntegerField()
    service = models.CharField(max_length=40, null=True)
    category = models.CharField(max_length=24, null=True)
    identifier_kind = models.CharField(max_length=16, null=True)
    identifier = models.BinaryField(default=b"")
    identifier_digest = models.BinaryField(max_length=32, null=True)
    period_start = models.DateTimeField(null=True)
    period_end = models.DateTimeField(null=True)
    fields = ArrayField(models.CharField(max_length=80), default=list)
    nexus_stated = models.BooleanField(default=False)
    controller = models.CharField(max_length=80, null=True)
    stored_in = models.CharField(max_length=2, null=True)
    subject_country = models.CharField(max_length=2, null=True)
    places = ArrayField(models.CharField(max_length=16), default=list)  # "source:country", the oldest first
    related_to = ArrayField(models.CharField(max_length=2), null=True)  # as the demand has it
    jurisdiction = models.CharField(max_length=2, null=True)
    agency = models.CharField(max_length=64, null=True)
    instrument = models.CharField(max_length=64, null=True)
    arrived_epoch = models.BigIntegerField()  # of what an amendment added: that of the amendment
    asked_at = models.DateTimeField(null=True)  # only of what an amendment added
    open = models.BooleanField(default=True)  # of the newest version, of a case that is open
    outcome = models.CharField(max_length=24, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["demand", "number"], name="item_number_once"),
            _one_of("item_category", DataCategory, "category"),
            _one_of("item_identifier_kind", IdentifierKind, "identifier_kind"),
        ]
        indexes = [
            models.Index(fields=["case", "number"]),
            models.Index(fields=["identifier_digest"]),
            models.Index(
                fields=["jurisdiction", "agency", "instrument", "service", "subject_country"],
                name="item_open_by_axes",
                condition=models.Q(open=True),
            ),
        ]

    @property
    def place(self) -> str:
        return f"item:{self.demand.version}:{self.number}"


class Finding(models.Model):
    """How the requester was found genuine, or false. Void when a covering pause was lifted after `epoch`."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="findings")
    demand_version = models.IntegerField()
    genuine = models.BooleanField()
    how = models.CharField(max_length=24)
    by = models.CharField(max_length=16)
    at = models.DateTimeField()
    epoch = models.BigIntegerField()
    note = models.BinaryField(default=b"")


class Approval(models.Model):
    """A proposed answer for one item, and the second person's agreement. A new proposal withdraws the old one."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="approvals")
    outcome = models.CharField(max_length=16)  # what is to be done with it: release, refuse, reroute, nothing-held...
    fields = ArrayField(models.CharField(max_length=80), default=list)
    period_start = models.DateTimeField(null=True)
    period_end = models.DateTimeField(null=True)
    ground = models.CharField(max_length=16, null=True)
    policy = models.CharField(max_length=64)  # digest of the policy it was weighed under
    reasons = models.JSONField(default=list)
    proposed_by = models.CharField(max_length=16)
    proposed_at = models.DateTimeField()
    agreed_by = models.CharField(max_length=16, null=True)
    agreed_at = models.DateTimeField(null=True)
    epoch = models.BigIntegerField(null=True)  # at agreement
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(agreed_by__isnull=True) | ~models.Q(agreed_by=models.F("proposed_by")),
                name="approval_by_two",
            ),
            models.UniqueConstraint(
                fields=["item"], condition=models.Q(withdrawn_at__isnull=True), name="approval_one_standing"
            ),
        ]


class NoticeFact(models.Model):
    """What was decided about telling this account holder; the newest row of an item counts, none means no."""

    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=24)  # given, barred, forbidden, deferred
    at = models.DateTimeField()
    until = models.DateTimeField(null=True)  # end of the objection window, of the bar, of the deferral
    order = models.CharField(max_length=80, default="")  # citation of the order that bars, or clause that forbids
    reason = models.BinaryField(default=b"")
    by = models.CharField(max_length=16)
    approved_by = models.CharField(max_length=16, null=True)


class ClockAct(models.Model):
    """An act that a clock counts from: served, clarification asked or answered, extension granted, not-before set."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="clock_acts")
    item_number = models.IntegerField(null=True)  # None: the whole demand
    kind = models.CharField(max_length=100)  # of an extension with the clock that it is for
    at = models.DateTimeField()
    until = models.DateTimeField(null=True)
    by = models.CharField(max_length=16)


class LegalHold(models.Model):
    """Stops destruction of a case until it is ended. Why may name somebody, so it is sealed."""

    PLACE = "hold:basis"

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="legal_holds")
    basis = models.BinaryField()  # sealed
    by = models.CharField(max_length=16)
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)


class Remark(models.Model):
    """What somebody wrote about an act of theirs, sealed: the ledger holds codes only."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="remarks")
    act = models.UUIDField(unique=True)
    text = models.BinaryField()

    @property
    def place(self) -> str:
        return f"remark:{self.act}"


class RecallStep(models.Model):
    """What was done after a recall, in the order of the rows; none is edited. Words about it are a remark."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="recall_steps")
    act = models.UUIDField(unique=True)
    step = models.CharField(max_length=24)
    at = models.DateTimeField()
    by = models.CharField(max_length=16)

    class Meta:
        constraints = [_one_of("recall_step", Step, "step", optional=False)]


class ExceptionUse(models.Model):
    """That a pause's announced exception applies to this case: proposed by one, agreed by another, and by a third
    where the exception asks for one."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="exception_uses")
    pause = models.CharField(max_length=64)
    exception = models.CharField(max_length=64)
    proposed_by = models.CharField(max_length=16)
    proposed_at = models.DateTimeField()
    agreed_by = models.CharField(max_length=16, null=True)
    agreed_at = models.DateTimeField(null=True)
    third_by = models.CharField(max_length=16, null=True)
    third_at = models.DateTimeField(null=True)
    epoch = models.BigIntegerField(null=True)  # at the first agreement

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(agreed_by__isnull=True) | ~models.Q(agreed_by=models.F("proposed_by")),
                name="exception_by_two",
            ),
            models.CheckConstraint(
                condition=models.Q(third_by__isnull=True)
                | (
                    models.Q(agreed_by__isnull=False)
                    & ~models.Q(third_by=models.F("proposed_by"))
                    & ~models.Q(third_by=models.F("agreed_by"))
                ),
                name="exception_by_three",
            ),
        ]


from abeyance.casefile.court_orders import CourtOrder  # noqa: E402
from abeyance.casefile.handovers import Envelope, Link, Package, PackageItem, Release  # noqa: E402
from abeyance.casefile.incidents import IncidentStep  # noqa: E402

__all__ = [
    "Approval",
    "Case",
    "ClockAct",
    "CourtOrder",
    "Demand",
    "Document",
    "Envelope",
    "ExceptionUse",
    "Finding",
    "IncidentStep",
    "Item",
    "LegalHold",
    "Link",
    "NoticeFact",
    "Package",
    "PackageItem",
    "Reader",
    "RecallStep",
    "Release",
    "Remark",
]
