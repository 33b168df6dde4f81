"""Whether a treaty channel is open. It can be suspended or end while a pause sends people to it, so this is asked each
time; and like every law entry a channel is the desk's reading, which counts only when counsel has adopted it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from abeyance.rules.instruments import Adoption, ChannelState, Standing, TreatyChannel, standing


@dataclass(frozen=True)
class Found:
    """`state` of None: nothing that may decide is on file."""

    state: ChannelState | None
    sentence: str
    citation: str = ""

    @property
    def usable(self) -> bool:
        return self.state is ChannelState.EXISTS


def way_from(
    asking: str, to: str, channels: Iterable[TreatyChannel], adopted: Mapping[str, Adoption], *, now: datetime
) -> Found:
    """Of several entries on the same way the most cautious counts."""
    known = [each for each in channels if each.jurisdiction == asking and each.to == to]
    if not known:
        return Found(None, f"no treaty channel from {asking} to {to} is on file")
    closed = next((each for each in known if each.state is not ChannelState.EXISTS), None)
    if closed is not None:  # that a way is closed is believed at once; that it is open, when counsel says so
        sentence = f"the treaty channel from {asking} to {to} is {closed.state.value}"
        return Found(closed.state, sentence, closed.citation)
    decided = next((each for each in known if standing(each, adopted, now) is Standing.IN_FORCE), None)
    if decided is None:
        state = standing(known[0], adopted, now).value
        return Found(None, f"the entry on the treaty channel from {asking} to {to} is {state}")
    return Found(ChannelState.EXISTS, decided.sentence, decided.citation)
