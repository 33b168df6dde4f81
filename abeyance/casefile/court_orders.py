"""A competent court's order that overrides a pause for one request: an act of its own, and no exception."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models


class CourtOrder(models.Model):
    """Recorded by counsel, agreed by another; it counts for one version of one request, from `epoch` until withdrawn.

    Which court it was and what it said could name the case, so both are sealed until they may be published."""

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey("casefile.Case", on_delete=models.CASCADE, related_name="court_orders")
    version = models.IntegerField()
    pause = models.CharField(max_length=64)
    items = ArrayField(models.IntegerField(), default=list)  # numbers; empty: every item
    decided_on = models.DateField()
    named = models.BinaryField()  # sealed JSON: court, citation
    document = models.BinaryField(default=b"")  # sealed
    document_size = models.IntegerField(default=0)
    barred_until = models.DateTimeField(null=True)  # may not be published before
    published_at = models.DateTimeField(null=True)
    proposed_by = models.CharField(max_length=16)
    proposed_at = models.DateTimeField()
    agreed_by = models.CharField(max_length=16, null=True)
    agreed_at = models.DateTimeField(null=True)
    epoch = models.BigIntegerField(null=True)
    withdrawn_by = models.CharField(max_length=16, null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(agreed_by__isnull=True) | ~models.Q(agreed_by=models.F("proposed_by")),
                name="court_order_by_two",
            )
        ]

    @property
    def place(self) -> str:
        return f"court-order:{self.key}"

    @property
    def document_place(self) -> str:
        return f"court-order:{self.key}:document"
