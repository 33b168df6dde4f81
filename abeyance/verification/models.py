"""Inquiries: each thing that somebody did to find out whether a requester is genuine, whatever came of it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from abeyance.rules.verification import FindingKind


class Inquiry(models.Model):
    """`sender` is a keyed digest of the address it came from; it goes when the case is erased.

    Where the directory had the contact data from, and since when, is repeated here: it is what held at that moment.
    """

    case = models.ForeignKey("casefile.Case", on_delete=models.CASCADE, related_name="inquiries")
    demand_version = models.IntegerField()
    how = models.CharField(max_length=24)
    agency = models.CharField(max_length=64, null=True)
    contact_source = models.CharField(max_length=4000)
    contact_since = models.DateTimeField(null=True)
    sender = models.BinaryField(null=True)
    cleared = models.BooleanField(default=False)  # with it, every bar was cleared
    by = models.CharField(max_length=16)
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "inquiries"
        constraints = [
            models.CheckConstraint(condition=Q(how__in=[kind.value for kind in FindingKind]), name="verification_how")
        ]
        indexes = [models.Index(fields=["sender"], condition=Q(cleared=True), name="verification_seen_before")]

    def __str__(self) -> str:
        return f"{self.how} for case {self.case_id}"
