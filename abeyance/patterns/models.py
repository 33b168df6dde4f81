"""Marks of requests as keyed digests, and pairs of requests that share enough of them."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from abeyance.casefile.models import Case
from abeyance.rules.patterns import MarkKind


class MarkRow(models.Model):
    """One mark of one case, under the digest key of its day: it goes with the case and with the key."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=12)
    digest = models.BinaryField(max_length=32)

    class Meta:
        db_table = "patterns_mark"
        constraints = [
            models.UniqueConstraint(fields=["case", "digest"], name="mark_once"),
            models.CheckConstraint(
                condition=models.Q(kind__in=[kind.value for kind in MarkKind]), name="mark_of_known_kind"
            ),
        ]
        indexes = [models.Index(fields=["digest", "kind"], include=["case"], name="mark_digest_kind")]


class Pair(models.Model):
    """Two requests that are possibly the same matter. `verdict` is what a person decided: the-same, or another, which
    takes a second person. Undecided counts as the same wherever that is the more cautious."""

    THE_SAME, ANOTHER = "the-same", "another"

    first = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")  # the smaller key
    second = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")
    shared = ArrayField(models.CharField(max_length=12))
    found_at = models.DateTimeField()
    verdict = models.CharField(max_length=8, null=True)
    decided_by = models.CharField(max_length=16, null=True)
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="pair_once"),
            models.CheckConstraint(condition=models.Q(first__lt=models.F("second")), name="pair_in_order"),
            models.CheckConstraint(
                condition=models.Q(verdict__isnull=True) | models.Q(verdict__in=["the-same", "another"]),
                name="pair_verdict",
            ),
        ]
        indexes = [models.Index(fields=["second"], name="pair_second")]


class Suspension(models.Model):
    """An announced exception that may not be used for now. Two people let it be used again."""

    pause = models.CharField(max_length=64)
    exception = models.CharField(max_length=64)
    since = models.DateTimeField()
    by = models.CharField(max_length=16)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["pause", "exception"], condition=models.Q(ended_at__isnull=True), name="suspended_once"
            )
        ]
