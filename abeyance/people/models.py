"""Members, their credentials, and what waits for a second person.

There is no field for a member's citizenship, residence or family, and none for the reason why somebody takes no part in
a jurisdiction; a test looks for such fields. Handles are login names: they never leave the desk, and ledger entries and
everything that does leave it hold the random code.
"""

from __future__ import annotations

import secrets

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact

CODE_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # nothing that looks like something else
CODE_LETTERS = 10


def new_code(prefix: str = "m") -> str:
    return f"{prefix}-" + "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LETTERS))


class Member(models.Model):
    code = models.CharField(max_length=32, unique=True, default=new_code)
    handle = models.CharField(max_length=64, unique=True)
    roles = ArrayField(models.CharField(max_length=32), default=list)
    active = models.BooleanField(default=True)
    founder = models.BooleanField(default=False)  # made at the installation: the first wait does not apply
    added_at = models.DateTimeField()
    added_by = models.CharField(max_length=32)
    roles_since = models.DateTimeField()
    factor_reset_at = models.DateTimeField(null=True)
    token_due = models.BooleanField(default=False)  # two people said that a new token may be handed out
    away_until = models.DateTimeField(null=True)  # the travel switch; it stays until two people have ended it

    def __str__(self) -> str:
        return self.code


class Credential(models.Model):
    """The SHA-256 of a random token of 32 bytes; so much chance needs no slow hash. When it was used is not kept."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="credentials")
    digest = models.BinaryField(unique=True)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Exact(Length("digest"), 32), name="people_digest_is_sha256")]

    def __str__(self) -> str:
        return f"credential of {self.member_id}"


class Exclusion(models.Model):
    """A member takes no part in a jurisdiction, by their own wish. No reason."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="exclusions")
    jurisdiction = models.CharField(max_length=2)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "jurisdiction"], name="people_exclusion_once")]

    def __str__(self) -> str:
        return f"{self.member_id} without {self.jurisdiction}"


class HouseRules(models.Model):
    """One row: what the policy in force says about people. Written only in the transaction that adopts a policy, so
    that the rules about members hold even in a process that has not read the policy yet."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    guarded = ArrayField(models.CharField(max_length=2), default=list)
    waiting = models.DurationField()
    small_team = models.BooleanField(default=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="people_one_row_of_house_rules")]

    def __str__(self) -> str:
        return "house rules"


class GuardedReader(models.Model):
    """The positive list of a guarded jurisdiction, kept by the confidential adviser. No reason."""

    jurisdiction = models.CharField(max_length=2)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="guarded")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["jurisdiction", "member"], name="people_guarded_once")]

    def __str__(self) -> str:
        return f"{self.member_id} with {self.jurisdiction}"


class Proposal(models.Model):
    """Something that loosens a rule, waiting for a second person. `payload` is canonical JSON and never changes."""

    code = models.CharField(max_length=32, unique=True)
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=120)
    payload = models.BinaryField()
    payload_digest = models.BinaryField()
    proposed_by = models.CharField(max_length=32)
    proposed_at = models.DateTimeField()
    agreed_by = models.CharField(max_length=32, null=True)
    agreed_at = models.DateTimeField(null=True)
    withdrawn_by = models.CharField(max_length=32, null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(agreed_by__isnull=True) | ~Q(agreed_by=F("proposed_by")), name="people_two_different_people"
            ),
            models.CheckConstraint(
                condition=Q(agreed_by__isnull=True) | ~Q(agreed_by="operator") & ~Q(proposed_by="operator"),
                name="people_operator_is_no_member",
            ),
            models.CheckConstraint(
                condition=Q(agreed_by__isnull=True, agreed_at__isnull=True)
                | Q(agreed_by__isnull=False, agreed_at__isnull=False, withdrawn_at__isnull=True),
                name="people_agreed_whole_and_not_withdrawn",
            ),
        ]
        indexes = [
            models.Index(fields=["proposed_at"], condition=Q(agreed_at=None, withdrawn_at=None), name="people_open")
        ]

    def __str__(self) -> str:
        return f"{self.code} ({self.kind})"

    @property
    def is_open(self) -> bool:
        return self.agreed_at is None and self.withdrawn_at is None


from abeyance.people.directory.models import Agency, AgencyContact, AgencyKey, Officer  # noqa: E402  (same database app)

__all__ = [
    "Agency",
    "AgencyContact",
    "AgencyKey",
    "Credential",
    "Exclusion",
    "GuardedReader",
    "HouseRules",
    "Member",
    "Officer",
    "Proposal",
    "new_code",
]
