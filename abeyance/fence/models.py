"""One row: the epoch. It goes up by one each time somebody enters the fence alone."""

from __future__ import annotations

from django.db import models


class Fence(models.Model):
    """`epoch` orders releases and pauses: both carry it, and a race between them is judged by it."""

    id = models.SmallIntegerField(primary_key=True)
    epoch = models.BigIntegerField(default=0)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="fence_one_row")]
