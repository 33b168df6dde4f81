"""Turns, ways to reach somebody, and alarms until they are acknowledged."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from abeyance.people.models import Member


class Turn(models.Model):
    """`level` 1 is called first; 2 when nobody of level 1 has acknowledged in time."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="turns")
    begins = models.DateTimeField()
    ends = models.DateTimeField()
    level = models.SmallIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends__gt=F("begins")), name="turn_ends_after_it_begins"),
            models.CheckConstraint(condition=Q(level__in=(1, 2)), name="turn_level"),
        ]
        indexes = [models.Index(fields=["ends"])]


class Way(models.Model):
    """An Apprise address of a member: mail, webhook, Matrix and others. Sealed under the desk's secret: it holds
    passwords."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="ways")
    kind = models.CharField(max_length=32)  # the scheme, to be shown
    sealed = models.BinaryField()
    added_at = models.DateTimeField()


class Alarm(models.Model):
    """One reason to wake somebody, about one case; sent again and to more people until it is acknowledged."""

    case = models.CharField(max_length=16)  # the reference, shown to those who may read the case, and sent to nobody
    kind = models.CharField(max_length=12)  # emergency, due, overdue
    about = models.DateTimeField(null=True)  # the due date
    raised_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    level = models.SmallIntegerField(default=0)  # up to which level it was sent
    failures = models.IntegerField(default=0)
    acknowledged_by = models.CharField(max_length=16, null=True)
    acknowledged_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "kind", "about"], name="alarm_once", nulls_distinct=False)
        ]


class Feed(models.Model):
    """The digest of a member's address for calendar programs."""

    member = models.OneToOneField(Member, on_delete=models.CASCADE, related_name="feed")
    digest = models.BinaryField(max_length=32, unique=True)
    made_at = models.DateTimeField()
