"""The private key of a case: sealed to the intake key while fresh, then wrapped by a key of its jurisdiction."""

from __future__ import annotations

from dataclasses import replace

from abeyance.errors import Unsafe
from abeyance.seals import hpke
from abeyance.seals.binding import Kind, bound_to, case_key_binding
from abeyance.seals.ring import Generation, Ring, derive, unwrap, wrap
from abeyance.seals.rows import CaseRow

WRAPPED = 12 + hpke.KEY_BYTES + 16


def private_key(generation: Generation, row: CaseRow) -> bytes | None:
    """None if the row was changed, or is of another generation. Its public half is checked too, since we seal to it."""
    private = _fresh(generation, row) if row.fresh else _wrapped(generation, row)
    if private is None or hpke.public_of(private) != row.public_key:
        return None
    return private


def wrapped_by(generation: Generation, row: CaseRow, private: bytes) -> CaseRow:
    key = jurisdiction_key(generation, row.jurisdiction)
    wrapped = wrap(key, private, _binding(row))
    return replace(row, wrapped=wrapped, generation=generation.number, fresh=False)


def jurisdiction_key(generation: Generation, jurisdiction: str | None) -> bytes:
    return derive(generation.epoch_key, "nowhere" if jurisdiction is None else f"in {jurisdiction}")


def of_ring(ring: Ring, row: CaseRow) -> bytes | None:
    generation = ring.generation(row.generation)
    return private_key(generation, row) if generation else None


def _fresh(generation: Generation, row: CaseRow) -> bytes | None:
    try:
        return hpke.open_with(generation.intake_private, row.wrapped, case_key_binding(row.holder, row.jurisdiction))
    except Unsafe:
        return None


def _wrapped(generation: Generation, row: CaseRow) -> bytes | None:
    return unwrap(jurisdiction_key(generation, row.jurisdiction), row.wrapped, _binding(row))


def _binding(row: CaseRow) -> bytes:
    return bound_to(Kind.CASE_KEY, row.holder, "wrapped") + case_key_binding(row.holder, row.jurisdiction)
