"""Pauses: one row per version. This is where a pause is stored; `rules/pauses.py` says what it covers."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from abeyance.people.models import new_code


class PauseRow(models.Model):
    """In force from the commit that set `declared_epoch` until the one that sets `ended_epoch`.

    `body` is the pause as its author wrote it (canonical JSON of `rules.pauses.Pause`); `who` is its pre-filter.
    While a loosening amendment waits for a second person, the old and the new version are both in force.

    What time does to it is computed from `starts_at` and `confirm_by` (`rules/pauselife.py`): no row changes for it.
    """

    name = models.CharField(max_length=64)
    version = models.IntegerField()
    body = models.JSONField()
    who = ArrayField(models.CharField(max_length=8))
    since_epoch = models.BigIntegerField()
    declared_epoch = models.BigIntegerField()
    declared_at = models.DateTimeField()
    declared_by = models.CharField(max_length=16)
    authors = ArrayField(models.CharField(max_length=16), default=list)  # who may see it before its start
    starts_at = models.DateTimeField(null=True)  # as in `body`, for the database to compare
    confirm_by = models.DateTimeField(null=True)  # declared by one person, until when another confirms; null: it stands
    confirmed_by = models.CharField(max_length=16, default="")
    confirmed_at = models.DateTimeField(null=True)
    announced_at = models.DateTimeField(null=True)  # when the public entry of the ledger was written
    change = models.TextField(default="")  # why this version, for the public
    ended_epoch = models.BigIntegerField(null=True)
    ended_at = models.DateTimeField(null=True)
    lifted = models.BooleanField(default=False)
    asked_up_to = models.BigIntegerField(default=0)  # after the end: up to which request its requester was asked
    asked_out = models.BooleanField(default=False)
    outcome = models.CharField(max_length=24, default="")  # how it was lifted, from LiftOutcome
    successor = models.CharField(max_length=64, default="")  # the pause that holds from the same moment on
    closing_statement = models.TextField(default="")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "version"], name="pause_version_once")]
        indexes = [GinIndex(fields=["who"], name="pause_who", opclasses=["array_ops"])]

    def __str__(self) -> str:
        return f"{self.name}/{self.version}"


class Announced(models.Model):
    """A view, and all that the portal's role reads of pauses: what is in force and has begun. Without its authors, the
    desk's own reason, and whether somebody still has to confirm it."""

    name = models.CharField(max_length=64)
    version = models.IntegerField()
    body = models.JSONField()
    since_epoch = models.BigIntegerField()
    declared_epoch = models.BigIntegerField()
    declared_at = models.DateTimeField()
    starts_at = models.DateTimeField(null=True)
    change = models.TextField(default="")
    ended_epoch = models.BigIntegerField(null=True)
    ended_at = models.DateTimeField(null=True)
    confirm_by = models.DateTimeField(null=True)
    lifted = models.BooleanField(default=False)
    outcome = models.CharField(max_length=24, default="")
    successor = models.CharField(max_length=64, default="")
    closing_statement = models.TextField(default="")

    class Meta:
        managed = False
        db_table = "pauses_announced"

    def __str__(self) -> str:
        return f"{self.name}/{self.version}"


def new_draft_code() -> str:
    return new_code("d")


class Draft(models.Model):
    """A pause that is being written: it binds nobody, and only its authors know of it. `document` is what a pause file
    holds, as far as it goes."""

    code = models.CharField(max_length=16, unique=True, default=new_draft_code)
    document = models.JSONField()
    authors = ArrayField(models.CharField(max_length=16))
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=16)
    amends = models.CharField(max_length=64, default="")

    def __str__(self) -> str:
        return self.code


class Reconfirmation(models.Model):
    """After the pause that ended at `after_epoch` the requester of this case was asked whether officer, order, offence
    and need are still the same; `confirmed_epoch` is set when they have said yes to all four."""

    case = models.ForeignKey("casefile.Case", on_delete=models.CASCADE, related_name="reconfirmations")
    after_epoch = models.BigIntegerField()
    asked_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)  # when the letter was given to the mail server
    confirmed_by = models.CharField(max_length=16, default="")  # the member who heard it
    confirmed_at = models.DateTimeField(null=True)
    confirmed_epoch = models.BigIntegerField(null=True)
    lapsed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "after_epoch"], name="reconfirmation_once")]
        indexes = [
            models.Index(
                fields=["asked_at"],
                name="reconfirmation_open",
                condition=models.Q(confirmed_epoch=None, lapsed_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.case_id} after {self.after_epoch}"
