"""The log's signing key lives with the key holder, which signs checkpoints and nothing else."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.db import connection

from abeyance.errors import Unsafe
from abeyance.seals import client, rows
from abeyance.seals.checkpoint_text import refuse_strange_text
from abeyance.seals.public import public_ring


def sign_checkpoint(text: bytes) -> bytes:
    """The Ed25519 signature (64 bytes) over the text of a checkpoint. Raises Locked."""
    refuse_strange_text(text)
    return client.sign_checkpoint(text)


def log_public_key() -> bytes:
    """The log's Ed25519 public key (32 bytes); needs no key holder."""
    if ring := public_ring(Path(settings.ABEYANCE_HOME)):
        return ring.log_public
    with connection.cursor() as cursor:
        row = rows.intake_row(cursor)
    if row is None:
        raise Unsafe("No public key is published yet: start the key holder once (abeyance keys unlock).")
    return row.log_public_key
