"""How often somebody has tried to sign in, and which one-time codes were used: the same for every process of the desk,
and not forgotten when one of them starts anew."""

from __future__ import annotations

from typing import Any

from allauth.mfa import app_settings
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.db import DatabaseCache
from django.db import connection

USED_CODE = "allauth.mfa.totp.used?"


class Attempts(DatabaseCache):
    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """A code is remembered for as long as it counts, which is longer than the 30 seconds in which it is shown: the
        one before and the one after are taken as well."""
        if key.startswith(USED_CODE):
            _forget()
            timeout = app_settings.TOTP_PERIOD * (2 * app_settings.TOTP_TOLERANCE + 1)
        return bool(super().add(key, value, timeout, version))


def _forget() -> None:
    """From where somebody has tried, once it no longer counts. Whenever somebody signs in."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM signin_attempts WHERE expires < clock_timestamp()")
