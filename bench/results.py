"""What a measurement gives back: a figure, the limit measured beside it, and whether the goal was met."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """One line of the measurements. `ratio` is ours against the peer's, in the sense that the goal speaks of."""

    name: str
    figure: float
    unit: str
    goal: str
    met: bool
    peer: str = ""
    peer_figure: float | None = None
    ratio: float | None = None
