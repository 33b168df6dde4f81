"""Small secrets of members (of one-time codes, of addresses) kept under the desk's secret, which lies outside the
database: a copy of the database alone opens none. Case content is never kept so; that is what `seals` is for."""

from __future__ import annotations

import base64
from functools import lru_cache

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


def seal(purpose: bytes, text: str) -> str:
    return _box(purpose, settings.SECRET_KEY).encrypt(text.encode()).decode()


def open_(purpose: bytes, sealed: str) -> str:
    return _box(purpose, settings.SECRET_KEY).decrypt(sealed.encode()).decode()


@lru_cache(maxsize=8)
def _box(purpose: bytes, secret: str) -> Fernet:
    derived = HKDF(hashes.SHA256(), 32, salt=None, info=purpose).derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
