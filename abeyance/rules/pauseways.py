"""What the mode of a pause comes to for one demand. To refuse or to reroute is not always to be had: then it holds
and says why. Of several books (those in force and those proposed) the most cautious counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from abeyance.rules.channels import way_from
from abeyance.rules.facts import DemandFacts
from abeyance.rules.instruments import Refuser
from abeyance.rules.policy import Books
from abeyance.rules.terms import PauseMode


@dataclass(frozen=True)
class Way:
    """`because` says why it holds although the pause would do otherwise, `channel` what is said of the treaty way."""

    mode: PauseMode
    because: str = ""
    channel: str = ""
    citation: str = ""


HOLDS = Way(PauseMode.HOLD)


def way_of(mode: PauseMode, to: str | None, demand: DemandFacts, books: Sequence[Books], *, now: datetime) -> Way:
    if mode is PauseMode.REFUSE:
        return _refusing(demand, books)
    if mode is PauseMode.REROUTE:
        return _rerouting(demand.jurisdiction, to, books, now)
    return HOLDS


def _refusing(demand: DemandFacts, books: Sequence[Books]) -> Way:
    if demand.instrument is None:
        return Way(PauseMode.HOLD, "not refused before it is settled under which law it comes")
    entries = [entry for each in books if (entry := each.entry(demand.instrument)) is not None]
    elsewhere = next((entry for entry in entries if entry.refuser is Refuser.ENFORCING_AUTHORITY), None)
    if elsewhere is not None:
        because = f"not refused, because only the enforcing authority may refuse {elsewhere.instrument}"
        return Way(PauseMode.HOLD, because, citation=elsewhere.citation)
    return Way(PauseMode.REFUSE)


def _rerouting(asking: str | None, to: str | None, books: Sequence[Books], now: datetime) -> Way:
    if asking is None or to is None or not books:
        return Way(PauseMode.HOLD, "not rerouted, because it is not known which treaty channel is the way")
    found = [way_from(asking, to, each.channels, each.adopted, now=now) for each in books]
    closed = next((said for said in found if not said.usable), None)
    if closed is not None:
        return Way(PauseMode.HOLD, f"not rerouted, because {closed.sentence}", citation=closed.citation)
    return Way(PauseMode.REROUTE, channel=found[0].sentence, citation=found[0].citation)
