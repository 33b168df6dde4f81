"""Why a job failed last: the kind of error, since its text may repeat what the job read."""

from __future__ import annotations

from django.db import models


class Trouble(models.Model):
    job = models.BigIntegerField(unique=True)  # of the queue's own table
    kind = models.CharField(max_length=64)  # the name of the error's class
    at = models.DateTimeField()
