"""Which services are connected. How to reach one is in a file of the home, never here: a backup must not open it."""

from __future__ import annotations

from django.db import models


class Service(models.Model):
    """`name` is that of its data map. `address_file` names a file in the home's `keys` folder."""

    name = models.CharField(max_length=80, unique=True)
    entity = models.CharField(max_length=80, null=True)  # the legal entity that runs it; None: as the data map says
    connector = models.CharField(max_length=32)
    address_file = models.CharField(max_length=100)
    connected_at = models.DateTimeField()
    disconnected_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name
