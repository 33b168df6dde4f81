"""A key holder in memory that obeys the real interface, a home per test, and a hand that appends."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import transaction

from abeyance import ledger, seals
from abeyance.errors import BadInput, Locked, NotFound
from abeyance.ledger.models import Entry
from abeyance.rules.events import CaseMoved
from abeyance.seals import signing

NOON = datetime(2020, 7, 6, 12, 0, tzinfo=UTC)


class KeyHolder:
    """Stateless apart from what is erased and whether it is locked, so that a forked process has the same one."""

    def __init__(self) -> None:
        self.locked = False
        self.erased: set[str] = set()
        self.signed: list[bytes] = []
        self._cipher = AESGCM(bytes(32))
        self._key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))

    def seal(self, holder: str, plaintext: bytes, *, place: str) -> bytes:
        nonce = os.urandom(12)
        return nonce + self._cipher.encrypt(nonce, plaintext, f"{holder} {place}".encode())

    def seal_many(self, holder: str, plain: Sequence[tuple[bytes, str]]) -> list[bytes]:
        return [self.seal(holder, each, place=place) for each, place in plain]

    def unseal(self, holder: str, sealed: bytes, *, place: str) -> bytes:
        self._refuse_locked()
        if holder in self.erased:
            raise NotFound("There is no key for this.")
        try:
            return self._cipher.decrypt(sealed[:12], sealed[12:], f"{holder} {place}".encode())
        except InvalidTag:
            raise BadInput("This was not sealed here.") from None

    def unseal_many(self, holder: str, sealed: Sequence[tuple[bytes, str]]) -> list[bytes]:
        return [self.unseal(holder, each, place=place) for each, place in sealed]

    def sign_checkpoint(self, text: bytes) -> bytes:
        self._refuse_locked()
        self.signed.append(text)
        return self._key.sign(text)

    def log_public_key(self) -> bytes:
        return self._key.public_key().public_bytes_raw()

    def _refuse_locked(self) -> None:
        if self.locked:
            raise Locked("The key holder is locked.")


@pytest.fixture
def holder(monkeypatch: pytest.MonkeyPatch) -> KeyHolder:
    fake = KeyHolder()
    for name in ("seal", "seal_many", "unseal", "unseal_many"):
        monkeypatch.setattr(seals, name, getattr(fake, name))
    monkeypatch.setattr(signing, "sign_checkpoint", fake.sign_checkpoint)
    monkeypatch.setattr(signing, "log_public_key", fake.log_public_key)
    return fake


@pytest.fixture
def home(tmp_path: Path, settings: Any, holder: KeyHolder, transactional_db: None) -> Iterator[Path]:
    settings.ABEYANCE_HOME = tmp_path
    settings.ABEYANCE = replace(settings.ABEYANCE, ledger_batch=8, ledger_cadence_seconds=900, ledger_origin="")
    yield tmp_path
    # The rows are written once, so only emptying the tables, which pytest-django does, gets rid of them.


Act = Callable[..., Entry]


@pytest.fixture
def act(home: Path) -> Act:
    def append(event: Any = None, **more: Any) -> Entry:
        event = event or CaseMoved(before="received", event="found-genuine", after="in-review")
        with transaction.atomic():
            return ledger.append(event, **{"by": "m-7k2q", "now": NOON, "case": "K4TZ-9PWM", **more})

    return append
