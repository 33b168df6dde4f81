"""Three small tables. They hold public keys, wrapped private keys, and nothing that opens them."""

from __future__ import annotations

from django.db import models


class IntakeKey(models.Model):
    """One row: the public key to which the private half of every new case key is sealed, so that no key is needed."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    ring = models.UUIDField()
    generation = models.IntegerField()
    public_key = models.BinaryField()
    log_public_key = models.BinaryField()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="seals_one_intake_key")]

    def __str__(self) -> str:
        return f"intake key of generation {self.generation}"


class CaseKey(models.Model):
    """The key pair of one holder. Deleting the row erases what was sealed to it, finally with the next erasure run.

    `fresh`: the private half is still sealed to the intake key; the key holder wraps it at the next run.
    """

    holder = models.CharField(primary_key=True, max_length=200)
    jurisdiction = models.CharField(max_length=100, null=True)  # none is not an empty one
    public_key = models.BinaryField()
    wrapped = models.BinaryField()
    generation = models.IntegerField(db_index=True)
    fresh = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.holder


class Handover(models.Model):
    """A release whose package key was given out. Each attempt needs a release of its own, so an act counts once."""

    act = models.UUIDField(primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.act)
