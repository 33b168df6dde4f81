"""Agencies, how to reach them, their keys and officers. What is public of an agency is plain; people are sealed."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from abeyance.rules.terms import RequesterKind

KEY_KINDS = ("age", "openpgp")


class Agency(models.Model):
    code = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    jurisdiction = models.CharField(max_length=2)
    kind = models.CharField(max_length=24)
    domains = ArrayField(models.CharField(max_length=253), default=list)
    acts_for = ArrayField(models.CharField(max_length=64), default=list)
    source = models.CharField(max_length=4000)
    source_date = models.DateField()
    active = models.BooleanField(default=True)  # False: suspended
    added_at = models.DateTimeField()
    changed_at = models.DateTimeField(null=True)  # when its domains or contact data were last changed

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in RequesterKind]), name="people_agency_kind"
            )
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def holder(self) -> str:
        """The name under which `seals` keeps the key of its officers' names."""
        return f"directory:{self.code}"


class AgencyContact(models.Model):
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="contacts")
    kind = models.CharField(max_length=16)
    value = models.CharField(max_length=4000)
    source = models.CharField(max_length=4000)
    source_date = models.DateField()
    added_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.kind} of {self.agency_id}"


class AgencyKey(models.Model):
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="keys")
    kind = models.CharField(max_length=8)
    public_key = models.TextField()
    fingerprint = models.CharField(max_length=128, unique=True)
    confirmed_by = models.CharField(max_length=16)
    agreed_by = models.CharField(max_length=16)
    added_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=KEY_KINDS), name="people_agency_key_kind"),
            models.CheckConstraint(
                condition=~Q(confirmed_by=models.F("agreed_by")), name="people_agency_key_by_two_people"
            ),
        ]

    def __str__(self) -> str:
        return self.fingerprint


class Officer(models.Model):
    """`particulars` is sealed JSON of name and address; `address` a keyed digest, to know a sender again."""

    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="officers")
    code = models.CharField(max_length=32, unique=True)
    particulars = models.BinaryField()
    address = models.BinaryField()
    added_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["address"])]

    def __str__(self) -> str:
        return self.code

    @property
    def place(self) -> str:
        return f"officer:{self.code}"
