"""What was sealed to leave, and every attempt to hand it over.

Here and not in `release`, because a pause that is being previewed must say what has left lately.
"""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models


class Package(models.Model):
    """A sealed answer. `kind` 'data' is a file of records; 'words' is a letter that says what is held, or that nothing
    is: that too tells something of an account, and passes the gate."""

    key = models.UUIDField(primary_key=True, default=uuid.uuid4)
    case = models.ForeignKey("casefile.Case", on_delete=models.PROTECT, related_name="packages")
    demand_version = models.IntegerField()
    kind = models.CharField(max_length=8)
    path = models.CharField(max_length=200)  # below ABEYANCE_HOME/packages
    size = models.BigIntegerField()
    sha256 = models.BinaryField(max_length=32)  # of the unsealed package
    summary = models.BinaryField(default=b"")  # sealed JSON: tables, rows, statements
    sealed_at = models.DateTimeField()
    epoch = models.BigIntegerField()
    expires_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "release_package"

    @property
    def place(self) -> str:
        return f"package:{self.key}"


class PackageItem(models.Model):
    """What of one item is in the package; the gate compares it with what was approved."""

    package = models.ForeignKey(Package, on_delete=models.CASCADE, related_name="items")
    item = models.ForeignKey("casefile.Item", on_delete=models.PROTECT, related_name="packaged")
    fields = ArrayField(models.CharField(max_length=80), default=list)
    period_start = models.DateTimeField(null=True)
    period_end = models.DateTimeField(null=True)

    class Meta:
        db_table = "release_package_item"
        constraints = [models.UniqueConstraint(fields=["package", "item"], name="package_item_once")]


class Release(models.Model):
    """One attempt to hand a package over: committed before anything opens it. `state` only ever says more."""

    act = models.UUIDField(unique=True)
    package = models.ForeignKey(Package, on_delete=models.PROTECT, related_name="releases")
    made = models.DateTimeField()  # by the clock inside the fence; the key holder asks for it
    epoch = models.BigIntegerField()
    by = models.CharField(max_length=16)
    channel = models.CharField(max_length=8)  # file, mail, api
    agency_key = models.CharField(max_length=80)  # fingerprint of the key that it is encrypted to
    exception = models.TextField(default="")  # "pause/exception" of each that was used, joined by commas
    state = models.CharField(max_length=12, default="started")  # started, gone, confirmed, failed, cut
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "release_release"
        indexes = [models.Index(fields=["made"])]


class Envelope(models.Model):
    """A package as it is encrypted to one of the agency's keys, sealed once more for us. It is kept until it has
    arrived, so that a download that broke off goes on with the same bytes; opening it takes a release each time."""

    package = models.ForeignKey(Package, on_delete=models.CASCADE, related_name="envelopes")
    agency_key = models.CharField(max_length=80)
    path = models.CharField(max_length=200)  # below ABEYANCE_HOME/packages
    size = models.BigIntegerField()
    sha256 = models.BinaryField(max_length=32)  # of what is encrypted, which differs each time that it is
    reached = models.BigIntegerField(default=0)  # so many of the first bytes have been given at least once
    made_at = models.DateTimeField()

    class Meta:
        db_table = "release_envelope"
        constraints = [models.UniqueConstraint(fields=["package", "agency_key"], name="envelope_once")]

    @property
    def place(self) -> str:
        return envelope_place(self.package_id, self.agency_key)

    @property
    def digest(self) -> str:
        return bytes(self.sha256).hex()


def envelope_place(package: uuid.UUID, agency_key: str) -> str:
    """The key holder reads both from it, and asks for a release of this package to this very key."""
    return f"package:{package}:to:{agency_key}"


class Link(models.Model):
    """An API hand-over: a token and a code that travels by a second channel. Both are kept as digests only."""

    package = models.ForeignKey(Package, on_delete=models.CASCADE, related_name="links")
    token_digest = models.BinaryField(max_length=32, unique=True)
    code_digest = models.BinaryField(max_length=32)
    agency_key = models.CharField(max_length=80)
    made_by = models.CharField(max_length=16)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    wrong_codes = models.IntegerField(default=0)
    void_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "release_link"
