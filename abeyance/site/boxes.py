"""Small secrets of members (of one-time codes, of addresses) kept under the desk's secret, which lies outside the
database: a copy of the database alone opens none. Case content is never kept so; that is what `seals` is for."""

from __future__ import annotations

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from abeyance.errors import Unsafe

SEALED_ELSEWHERE = (
    "This was sealed under another secret of the desk (secrets/desk-secret): put that one back, or begin anew."
)


def seal(purpose: bytes, text: str) -> str:
    return _box(purpose, settings.SECRET_KEY).encrypt(text.encode()).decode()


def open_(purpose: bytes, sealed: str) -> str:
    """Raises Unsafe where the desk's secret is another one than when it was sealed, as after a restore without it."""
    try:
        return _box(purpose, settings.SECRET_KEY).decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise Unsafe(SEALED_ELSEWHERE) from None


@lru_cache(maxsize=8)
def _box(purpose: bytes, secret: str) -> Fernet:
    derived = HKDF(hashes.SHA256(), 32, salt=None, info=purpose).derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
