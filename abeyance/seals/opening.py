"""Opening through the key holder, and keyed digests."""

from __future__ import annotations

from collections.abc import Sequence

from abeyance.seals import client


def unseal(holder: str, sealed: bytes, *, place: str) -> bytes:
    return client.unseal_many(holder, [(sealed, place)])[0]


def unseal_many(holder: str, sealed: Sequence[tuple[bytes, str]]) -> list[bytes]:
    """In the order given; one question for thousands of fields."""
    return client.unseal_many(holder, sealed)


def digest(field: str, value: str) -> bytes:
    """The keyed digest (32 bytes) to store: the same value in another field, or another epoch, looks different."""
    return client.digests(field, value)[0]


def digests_for_lookup(field: str, value: str) -> list[bytes]:
    """What `digest` may have given, in every epoch that is still kept; newest first."""
    return client.digests(field, value)
