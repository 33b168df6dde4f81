"""What a sealed thing is bound to: its kind, its holder and its place. Moved elsewhere, it does not open."""

from __future__ import annotations

from enum import Enum

from abeyance.errors import BadInput

MAX_NAME = 200
PACKAGE = "package:"
TO = ":to:"  # in the place of a package that is encrypted to one recipient already


class Kind(Enum):
    """Kept apart, so that the verb that opens fields can never open the key of a file."""

    CASE_KEY = b"case key"
    FIELD = b"field"
    FILE_KEY = b"file key"


def bound_to(kind: Kind, holder: str, place: str) -> bytes:
    """Each part with its length before it: no two different bindings have the same bytes."""
    parts = (b"abeyance seals 1", kind.value, checked(holder).encode(), checked(place).encode())
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


def case_key_binding(holder: str, jurisdiction: str | None) -> bytes:
    """Of a new private key, sealed to the intake key."""
    return bound_to(Kind.CASE_KEY, holder, "in " + checked(jurisdiction) if jurisdiction is not None else "nowhere")


def checked(name: str) -> str:
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise BadInput(f"A holder or a place is a text of 1 to {MAX_NAME} printable characters.")
    return name


def is_package(place: str) -> bool:
    return place.startswith(PACKAGE)
