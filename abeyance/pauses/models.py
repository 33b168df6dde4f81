"""Pauses: one row per version. This is where a pause is stored; `rules/pauses.py` says what it covers."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models


class PauseRow(models.Model):
    """In force from the commit that set `declared_epoch` until the one that sets `ended_epoch`.

    `body` is the pause as its author wrote it (canonical JSON of `rules.pauses.Pause`); `who` is its pre-filter.
    While a loosening amendment waits for a second person, the old and the new version are both in force.
    """

    name = models.CharField(max_length=64)
    version = models.IntegerField()
    body = models.JSONField()
    who = ArrayField(models.CharField(max_length=8))
    since_epoch = models.BigIntegerField()
    declared_epoch = models.BigIntegerField()
    declared_at = models.DateTimeField()
    declared_by = models.CharField(max_length=16)
    ended_epoch = models.BigIntegerField(null=True)
    ended_at = models.DateTimeField(null=True)
    lifted = models.BooleanField(default=False)
    closing_statement = models.TextField(default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "version"], name="pause_version_once")]
        indexes = [GinIndex(fields=["who"], name="pause_who", opclasses=["array_ops"])]

    def __str__(self) -> str:
        return f"{self.name}/{self.version}"
