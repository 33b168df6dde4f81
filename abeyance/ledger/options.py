"""What the operator has set about the log."""

from __future__ import annotations

import secrets
from datetime import timedelta
from pathlib import Path

from django.conf import settings


def cadence() -> timedelta:
    return timedelta(seconds=settings.ABEYANCE.ledger_cadence_seconds)


def batch_size() -> int:
    return int(settings.ABEYANCE.ledger_batch)


def folder() -> Path:
    return Path(settings.ABEYANCE_HOME) / "ledger"


def first_origin() -> str:
    """The name that was set, or one that nobody else has."""
    return settings.ABEYANCE.ledger_origin or f"abeyance.example/{secrets.token_hex(8)}"
