"""Refusing in batch: what a list of refusals may hold, when it stands, and whether it may be made at all.

A refusing pause refuses whole instruments, so its refusals are alike; they are still drawn up one by one, from the same
reasons, and what has changed since the list was seen is left out. Never here: an instrument that leaves refusal to
somebody else; an emergency, which a person looks at; and a pause that asks where the account holder is, since a refusal
because of it would tell of an account."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from abeyance.rules.decision import Reason
from abeyance.rules.events import canonical
from abeyance.rules.facts import DemandFacts
from abeyance.rules.instruments import LawEntry, Refuser
from abeyance.rules.pauses import Pause
from abeyance.rules.people import Actor, Role

REFUSED_BY_PAUSE = "refused-by-pause"


@dataclass(frozen=True)
class RefusalFacts:
    """One request as it would be refused: its version, and what holds each item."""

    ref: str
    version: int
    demand: DemandFacts
    holds: tuple[tuple[int, tuple[Reason, ...]], ...]  # item, what holds it
    handed_over: bool

    def reasons(self) -> tuple[Reason, ...]:
        """What the letter says: every refusing reason once."""
        said = [reason for _, held in self.holds for reason in held if reason.code == REFUSED_BY_PAUSE]
        return tuple(dict.fromkeys(said))


def against_batch(instrument: str, entries: Iterable[LawEntry | None]) -> tuple[Reason, ...]:
    """Why refusals under this instrument may not be made in batch; `entries` of every text that counts."""
    known = list(entries)
    if not known or None in known:
        return (
            _no("instrument-not-on-file", f"No law entry says who may refuse {instrument}: answer each by itself."),
        )
    for entry in known:
        if entry is not None and entry.refuser is not Refuser.PROVIDER:
            sentence = (
                f"{entry.instrument} leaves refusal to the {entry.refuser.value.replace('-', ' ')}: object in form."
            )
            return (Reason("refusal-is-theirs", sentence, entry.id, entry.citation),)
    return ()


def left_out(facts: RefusalFacts, pauses: Sequence[Pause]) -> tuple[Reason, ...]:
    """Why this request is not on the list. `pauses`: those in force."""
    found = []
    if not facts.demand.confirmed:
        found.append(_no("not-confirmed", "Nobody has confirmed what its papers say."))
    if facts.demand.emergency:
        found.append(_no("emergency", "An emergency is looked at by a person, never in batch."))
    if facts.handed_over:
        found.append(_no("handed-over", "Something of it has been handed over."))
    if not facts.holds or any(not _refused(held) for _, held in facts.holds):
        found.append(_no("not-refused", "No refusing pause covers every item."))
    names = {reason.pause for reason in facts.reasons()}
    if any(pause.subjects for pause in pauses if pause.name in names):
        found.append(_no("tells-of-an-account", "The pause asks where the account holder is, so a refusal would tell."))
    return tuple(found)


def _refused(held: Sequence[Reason]) -> bool:
    return any(reason.code == REFUSED_BY_PAUSE for reason in held)


def line_digest(facts: RefusalFacts) -> str:
    """Of what would be refused and why; another version, another pause or other words are another digest."""
    said = {
        "ref": facts.ref,
        "version": facts.version,
        "instrument": facts.demand.instrument,
        "agency": facts.demand.agency,
        "holds": [[item, sorted({reason.clause for reason in held})] for item, held in facts.holds],
    }
    return hashlib.sha256(canonical(said)).hexdigest()


def list_digest(lines: Iterable[str]) -> str:
    """Of a whole list, by which the second person agrees to exactly this."""
    return hashlib.sha256(canonical(sorted(lines))).hexdigest()


def against_two(proposer: Actor, agreer: Actor) -> tuple[Reason, ...]:
    """Beside the second-person rule: one of the two is counsel."""
    if Role.COUNSEL in proposer.roles | agreer.roles:
        return ()
    return (_no("no-counsel", "One of the two who agree to a list of refusals is counsel."),)


def _no(code: str, sentence: str) -> Reason:
    return Reason(code, sentence, clause=f"refusals:{code}")
