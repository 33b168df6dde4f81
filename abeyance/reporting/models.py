"""What was published, file by file, and the register of other companies' stances. All of it is public."""

from __future__ import annotations

from django.db import models

from abeyance.rules.publication import StanceKind


class Publication(models.Model):
    """One version of the public pages. `said` is the document that they were made from; `listing` names each file with
    its digest, and the digest of the listing stands in the ledger under `entry`."""

    said = models.JSONField()
    listing = models.TextField()
    made_at = models.DateTimeField()
    entry = models.BigIntegerField()

    class Meta:
        db_table = "reporting_publication"


class PublishedFile(models.Model):
    publication = models.ForeignKey(Publication, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(max_length=100)
    content = models.TextField()

    class Meta:
        db_table = "reporting_file"
        constraints = [models.UniqueConstraint(fields=["publication", "name"], name="published_file_once")]


class StanceRow(models.Model):
    """A line of the register as a member wrote it. Never edited: a newer line takes its place (`replaced_at`)."""

    company = models.CharField(max_length=80)
    kind = models.CharField(max_length=12)
    jurisdiction = models.CharField(max_length=2)
    sentence = models.CharField(max_length=500)
    source = models.CharField(max_length=500)
    since = models.DateField()
    until = models.DateField(null=True)
    checked = models.DateField()
    by = models.CharField(max_length=16)
    at = models.DateTimeField()
    replaced_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "reporting_stance"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=[kind.value for kind in StanceKind]), name="stance_of_known_kind"
            )
        ]
