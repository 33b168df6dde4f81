"""A demand that is served on one of us in person: at home, at a border, in a search. It is written down in a minute by
somebody under pressure, so nothing in it is required; what is not said is not known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from abeyance.rules.terms import DemandKind

LONGEST = 4000


class Place(StrEnum):
    HOME = "home"
    BORDER = "border"
    OFFICE = "office"
    STREET = "street"
    SUMMONED = "summoned"


class Wanted(StrEnum):
    """What they want, in the words of whoever stands before them."""

    DATA = "data"
    UNLOCKING = "unlocking"
    DEVICES = "devices"
    ANSWERS = "answers"
    TAP = "tap"
    TAKE_DOWN = "take-down"


# The kind of demand that it becomes; a search for devices asks for what is on them.
KINDS = {
    Wanted.DATA: DemandKind.DISCLOSURE,
    Wanted.UNLOCKING: DemandKind.DECRYPTION,
    Wanted.DEVICES: DemandKind.DISCLOSURE,
    Wanted.ANSWERS: DemandKind.WITNESS,
    Wanted.TAP: DemandKind.REAL_TIME,
    Wanted.TAKE_DOWN: DemandKind.TAKE_DOWN,
}


class Step(StrEnum):
    """What is to be done about it, in this order. The company's duty is to the person first."""

    PERSON_REACHED = "person-reached"
    LAWYER_SENT = "lawyer-sent"
    COUNSEL_CALLED = "counsel-called"
    SHUT_OUT = "shut-out"
    KEYS_ROTATED = "keys-rotated"
    OTHERS_WARNED = "others-warned"
    PAPERS_KEPT = "papers-kept"


SENTENCES = {
    Step.PERSON_REACHED: "Is the person safe, and what do they need? Call them, or somebody close to them.",
    Step.LAWYER_SENT: "They are held: send a lawyer there; abroad, tell the consulate if they wish it.",
    Step.COUNSEL_CALLED: "Call counsel; the guidance for the country names the number.",
    Step.SHUT_OUT: "Shut the person out of the desk, and make their tokens void.",
    Step.KEYS_ROTATED: "Replace what their devices could open: keys of the desk, of servers, of services.",
    Step.OTHERS_WARNED: "Warn others who may be next, as far as a duty of secrecy lets you; ask counsel first.",
    Step.PAPERS_KEPT: "Add the papers that were left, and what was said, to this request.",
}


@dataclass(frozen=True)
class Served:
    """None: nobody has said. `on`: a code, kept in the sealed note alone, since it says who is under pressure."""

    on: str
    place: Place | None = None
    country: str | None = None
    wanted: Wanted | None = None
    by_whom: str = ""
    said: str = ""
    papers: str = ""
    devices: str = ""
    secrecy: bool | None = None
    custody: bool | None = None
    reach: str = ""

    @property
    def kind(self) -> DemandKind | None:
        return KINDS[self.wanted] if self.wanted else None

    @property
    def steps(self) -> tuple[Step, ...]:
        """A lawyer is sent unless somebody said that nobody is held; everything else is always asked."""
        return tuple(step for step in Step if step is not Step.LAWYER_SENT or self.custody is not False)

    def note(self, now: datetime) -> str:
        return "".join(f"{name}: {value}\n" for name, value in self._lines(now) if value)

    def _lines(self, now: datetime) -> Iterator[tuple[str, str]]:
        yield "Served on a member in person", now.isoformat(timespec="seconds")
        yield "On", self.on
        yield "Where", self.place.value if self.place else "not said"
        yield "Country", self.country or "not said"
        yield "They want", self.wanted.value if self.wanted else "not said"
        yield "Who they are", self.by_whom
        yield "What was demanded", self.said
        yield "Papers left", self.papers
        yield "Devices taken", self.devices
        yield "A duty of secrecy was stated", _answer(self.secrecy)
        yield "Somebody is held", _answer(self.custody)
        yield "How to reach them", self.reach


def _answer(said: bool | None) -> str:
    return "not said" if said is None else "yes" if said else "no"
