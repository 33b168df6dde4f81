"""An exception of a pause: what it asks of a demand, and who must agree to use it."""

from __future__ import annotations

from dataclasses import dataclass

from abeyance.rules.facts import DemandFacts
from abeyance.rules.permissions import Role
from abeyance.rules.terms import DemandKind, Issuer, Need, Offence


@dataclass(frozen=True)
class PauseException:
    """Announced with the pause, or it does not exist. Every axis that it names must be met by a known fact; an empty
    one asks nothing, and an exception that names nothing applies to nothing.

    Using it takes two people, and where `approvers` are named each of these roles is held by one of those who agree:
    two roles are two more people. `if_ever_held` takes their place for a matter that a pause has held before; where it
    is not named, counsel is asked as well."""

    name: str
    sentence: str
    kinds: frozenset[DemandKind] = frozenset()
    instruments: frozenset[str] = frozenset()
    issuers: frozenset[Issuer] = frozenset()
    offences: frozenset[Offence] = frozenset()
    needs: frozenset[Need] = frozenset()
    approvers: tuple[Role, ...] = ()
    if_ever_held: tuple[Role, ...] = ()

    def could_apply(self, demand: DemandFacts) -> bool:
        asked = (
            (self.kinds, demand.kind in self.kinds),
            (self.instruments, demand.instrument in self.instruments),
            (self.issuers, demand.issuer in self.issuers),
            (self.offences, demand.offence in self.offences),
            (self.needs, bool(self.needs & demand.needs)),
        )
        return any(wanted for wanted, _ in asked) and all(met for wanted, met in asked if wanted)

    def approvers_for(self, *, matter_held: bool) -> tuple[Role, ...]:
        return (self.if_ever_held or _stricter(self.approvers)) if matter_held else self.approvers


def _stricter(approvers: tuple[Role, ...]) -> tuple[Role, ...]:
    """With counsel among them; where counsel stood alone, with an approver beside."""
    if Role.COUNSEL not in approvers:
        return (*approvers[:1], Role.COUNSEL)
    return approvers if len(approvers) > 1 else (Role.COUNSEL, Role.APPROVER)
