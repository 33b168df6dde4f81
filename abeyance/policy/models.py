"""Texts never change: a new one is a new row. What is in force is a row that names a digest, and the gate locks it."""

from __future__ import annotations

from django.db import models


class Text(models.Model):
    """`digest` is SHA-256 over the canonical JSON of what the TOML says; `body` is the TOML as it was written."""

    digest = models.CharField(max_length=64, primary_key=True)
    kind = models.CharField(max_length=8)  # policy, law, map, guidance
    name = models.CharField(max_length=80)
    body = models.TextField()
    added_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.kind} {self.name} {self.digest[:12]}"


class Current(models.Model):
    """Which text of this kind and name is in force; without a row there is none."""

    kind = models.CharField(max_length=8)
    name = models.CharField(max_length=80)
    text = models.ForeignKey(Text, on_delete=models.PROTECT)
    since = models.DateTimeField()
    proposal = models.CharField(max_length=32, default="")  # by which it came into force; empty: shipped

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "name"], name="policy_one_current")]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


class AdoptedEntry(models.Model):
    """Counsel adopted one law entry with exactly this digest, and another member agreed; until it expires or ends."""

    entry = models.CharField(max_length=80)
    entry_digest = models.CharField(max_length=64)
    by = models.CharField(max_length=16)
    agreed_by = models.CharField(max_length=16)
    on = models.DateField()
    expires = models.DateField()
    checked_against = models.CharField(max_length=400, default="")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~models.Q(by=models.F("agreed_by")), name="policy_adopted_by_two"),
            models.UniqueConstraint(
                fields=["entry"], condition=models.Q(ended_at__isnull=True), name="policy_one_adoption"
            ),
        ]

    def __str__(self) -> str:
        return self.entry
