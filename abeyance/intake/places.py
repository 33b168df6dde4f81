"""Where an account holder may be, by the prefix of the number that the demand names."""

from __future__ import annotations

import phonenumbers

from abeyance.rules.terms import IdentifierKind


def place_of(kind: IdentifierKind | None, identifier: str) -> str | None:
    """A country code, or None: another kind of identifier, no number, or a prefix of no one country."""
    if kind is not IdentifierKind.TELEPHONE:
        return None
    try:
        number = phonenumbers.parse(identifier, None)
    except phonenumbers.NumberParseException:
        return None
    region = phonenumbers.region_code_for_number(number)
    return region if region is not None and len(region) == 2 and region.isalpha() else None
