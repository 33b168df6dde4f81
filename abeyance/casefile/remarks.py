"""Words that people write beside their acts. They may name somebody, so they are sealed, and go when the case goes."""

from __future__ import annotations

from uuid import UUID

from abeyance import seals
from abeyance.casefile.models import Case, Remark
from abeyance.errors import BadInput

LONGEST = 2000


def sealed(case: Case, text: str, *, act: UUID) -> Remark | None:
    """Sealed before the fence is entered, and not saved: the act saves it. Empty words are none."""
    if not text.strip():
        return None
    if len(text) > LONGEST:
        raise BadInput(f"A reason has at most {LONGEST} characters.")
    remark = Remark(case=case, act=act)
    remark.text = seals.seal(case.holder, text.strip().encode(), place=remark.place)
    return remark


def about(case: Case, act: UUID) -> str:
    """What was written about this act, opened."""
    remark = case.remarks.filter(act=act).first()
    return seals.unseal(case.holder, bytes(remark.text), place=remark.place).decode() if remark else ""
