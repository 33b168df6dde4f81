"""What the ledger stores. Entries are written once by the acts; the rest belongs to the sequencer.

An entry is committed to as SHA-256(salt + content), and that commitment alone becomes a public leaf. Who did it is
committed to inside the content through a salt of its own, so that an opened entry does not name its handler.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    WholeNumberField = models.BigIntegerField[int, int]
else:
    WholeNumberField = models.BigIntegerField


class TransactionIdField(WholeNumberField):
    """PostgreSQL's xid8: the transaction that wrote the row."""

    def db_type(self, connection: object) -> str:
        return "xid8"

    def from_db_value(self, value: str | None, *context: object) -> int | None:
        return None if value is None else int(value)


class CurrentTransaction(models.Func):
    function = "pg_current_xact_id"
    output_field = TransactionIdField()


class Entry(models.Model):
    """One act. `salt` is 64 bytes: the entry's and the actor's; sealed under `holder` unless the entry is public."""

    transaction = TransactionIdField(db_default=CurrentTransaction(), editable=False)
    kind = models.CharField(max_length=64)
    content = models.BinaryField()
    salt = models.BinaryField()
    holder = models.CharField(max_length=128)
    public = models.BooleanField()
    commitment = models.BinaryField()
    case = models.CharField(max_length=64, null=True)
    epoch = models.BigIntegerField(null=True)
    at = models.DateTimeField(db_index=True)
    act = models.UUIDField(null=True, unique=True)
    by = models.CharField(max_length=64)

    class Meta:
        verbose_name_plural = "entries"
        indexes = [
            models.Index(fields=["transaction"], name="ledger_entry_transaction"),
            models.Index(fields=["case"], name="ledger_entry_case", condition=models.Q(case__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"entry {self.pk}"


class Opened(models.Model):
    """A view, and all that the portal's role reads of entries: public ones that are published, with the salt that opens
    them and not the one of whoever did it."""

    salt = models.BinaryField()
    content = models.BinaryField()
    leaf = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = "ledger_opened"

    def __str__(self) -> str:
        return f"opened entry {self.pk}"


class Origin(models.Model):
    """One life of the log. After a restore that cannot be proven, a new one begins with the leaves known then."""

    name = models.CharField(max_length=200, unique=True)
    first_size = models.BigIntegerField()  # leaves taken over from the origin before
    began_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name


class Batch(models.Model):
    """Leaves that were integrated together, real ones among padding; committed before anything of it is shown."""

    origin = models.ForeignKey(Origin, on_delete=models.PROTECT)
    first = models.BigIntegerField(unique=True)
    size = models.BigIntegerField(unique=True)  # of the tree with this batch
    leaves = models.BinaryField()  # 32 bytes each
    seed = models.BinaryField()  # of the padding: tells it from a leaf whose entry was deleted; never shown
    root = models.BinaryField()
    horizon = models.BigIntegerField()  # every transaction below it is integrated
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "batches"

    def __str__(self) -> str:
        return f"batch up to {self.size}"


class Place(models.Model):
    """Which leaf an entry became."""

    entry = models.OneToOneField(Entry, primary_key=True, on_delete=models.PROTECT)
    index = models.BigIntegerField(unique=True)

    def __str__(self) -> str:
        return f"leaf {self.index}"


class Nodes(models.Model):
    """Hashes of four levels of the tree above sixteen nodes, at fixed offsets; `rules.ledger.pages` says which."""

    pk = models.CompositePrimaryKey("level", "index")
    level = models.SmallIntegerField()
    index = models.BigIntegerField()
    hashes = models.BinaryField()

    class Meta:
        verbose_name_plural = "nodes"

    def __str__(self) -> str:
        return f"nodes {self.level}/{self.index}"


class Checkpoint(models.Model):
    """A signed checkpoint; one per origin and size, ever."""

    origin = models.ForeignKey(Origin, on_delete=models.PROTECT)
    size = models.BigIntegerField()
    note = models.BinaryField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["origin", "size"], name="ledger_one_checkpoint_per_size")]

    def __str__(self) -> str:
        return f"checkpoint {self.size}"
